"""Reads and checks a request's body: what leaves here as accepted can be processed, what cannot is refused in detail."""

import asyncio

from starlette.requests import Request

from app.errors import Fault, InvalidRequest, UnsupportedType
from app.formats.check import check as check_body
from app.formats.sniff import LONGEST_TYPE
from app.formats.unreadable import UnknownType, Unreadable
from app.intake.body import read_body
from app.intake.schemas import IntakeQuery
from app.settings import Settings

OFF_LOOP_BYTES = 100_000
"""Bodies above this are checked in a thread, so that one large sender does not hold up everybody's requests."""


async def read_submission(request: Request, query: IntakeQuery) -> tuple[bytes, str]:
    """Give the body, decompressed, and its Content-Type; raises what the body is refused with."""
    settings: Settings = request.app.state.settings
    content_type = request.headers.get("content-type", "")
    if len(content_type) > LONGEST_TYPE:
        detail = f"longer than {LONGEST_TYPE} characters"
        raise InvalidRequest(f"The Content-Type is {detail}.", faults=[Fault("/header/Content-Type", detail)])
    body = await read_body(request, limit=settings.max_body_bytes)
    if len(body) > OFF_LOOP_BYTES:
        await asyncio.to_thread(check, body, content_type, query, settings.max_items)
    else:
        check(body, content_type, query, settings.max_items)
    return body, content_type


def check(body: bytes, content_type: str, query: IntakeQuery, max_items: int) -> None:
    """Refuse what the worker could not read."""
    try:
        check_body(body, content_type, query.stated(), max_items=max_items)
    except UnknownType as error:
        raise UnsupportedType(str(error)) from error
    except Unreadable as error:
        faults = [Fault(pointer, detail) for pointer, detail in error.faults]
        message = "; ".join(f"{fault.pointer or 'the body'}: {fault.detail}" for fault in faults[:3])
        raise InvalidRequest(message, faults=faults) from error
