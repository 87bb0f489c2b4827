"""Reads and checks a request's body: what leaves here as accepted can be processed, what cannot is refused in detail."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from starlette.requests import Request

from app.access.principal import Principal, foreign, principal_of, source_spoken_for
from app.errors import Fault, InvalidRequest, UnsupportedType
from app.formats.article_object import Given
from app.formats.check import check as check_body
from app.formats.sniff import LONGEST_TYPE
from app.formats.unreadable import UnknownType, Unreadable
from app.intake.body import read_body
from app.intake.schemas import BodyQuery
from app.settings import Settings

Asked = TypeVar("Asked", bound=BodyQuery)

OFF_LOOP_BYTES = 100_000
"""Bodies above this are checked in a thread, so that one large sender does not hold up everybody's requests."""


async def read_submission(request: Request, query: Asked) -> tuple[bytes, str, Asked]:
    """Give the body, decompressed, its Content-Type, and the query, with the source of a key that is bound to one.

    Raises what the body is refused with.
    """
    settings: Settings = request.app.state.settings
    principal = principal_of(request)
    if principal.sources is not None:
        query = query.model_copy(update={"source": source_spoken_for(principal, query.source)})
    content_type = request.headers.get("content-type", "")
    if len(content_type) > LONGEST_TYPE:
        detail = f"longer than {LONGEST_TYPE} characters"
        raise InvalidRequest(f"The Content-Type is {detail}.", faults=[Fault("/header/Content-Type", detail)])
    body = await read_body(request, limit=settings.max_body_bytes)
    if len(body) > OFF_LOOP_BYTES:
        await asyncio.to_thread(check, body, content_type, query, settings.max_items, principal)
    else:
        check(body, content_type, query, settings.max_items, principal)
    return body, content_type, query


def check(body: bytes, content_type: str, query: BodyQuery, max_items: int, principal: Principal) -> None:
    """Refuse what the worker could not read, and what its sender may not say."""
    try:
        found = check_body(body, content_type, query.stated(), max_items=max_items)
    except UnknownType as error:
        raise UnsupportedType(str(error)) from error
    except Unreadable as error:
        faults = [Fault(pointer, detail) for pointer, detail in error.faults]
        message = "; ".join(f"{fault.pointer or 'the body'}: {fault.detail}" for fault in faults[:3])
        raise InvalidRequest(message, faults=faults) from error
    if principal.sources is not None:
        check_sources(found, query.source, principal)


def check_sources(found: Sequence[Given] | None, general: str | None, principal: Principal) -> None:
    """Refuse a body with an item of a source that its sender does not speak for; raises Forbidden.

    `found` is None for formats whose items state no source: all have the general one.
    """
    if found is None and not principal.speaks_for(general):
        raise foreign("/query/source", general)
    for given in found or ():
        source = given.article.source or general
        if not principal.speaks_for(source):
            raise foreign(f"{given.pointer}/source", source)
