"""`POST /v1/articles`: one body in, one receipt out, and nothing kept of what is refused."""

import re
from contextlib import nullcontext
from typing import Any

from fastapi import APIRouter, Request, Response

from app.access.principal import principal_of
from app.db import STORE_ERRORS
from app.errors import problems
from app.intake import receipts
from app.intake.bodies import REQUEST_BODY
from app.intake.direct import Direct
from app.intake.parameters import PARAMETERS, read_headers, read_query
from app.intake.receipt_routes import receipt_response
from app.intake.schemas import Receipt
from app.intake.submission import read_submission
from app.intake.submitted import Accepted, Submission
from app.places import Places

router = APIRouter(prefix="/v1", tags=["intake"], route_class=Direct)

LONGEST_WAIT = 30.0
WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,9})\"?\s*(?=$|[,;])", re.IGNORECASE)
"""The `wait` preference of RFC 7240, section 4.3."""


def wait_seconds(prefer: str | None) -> float:
    """Give the seconds that a client asks to wait, cut at 30; 0 where it does not ask."""
    found = WAIT.search(prefer or "")
    return min(float(found[1]), LONGEST_WAIT) if found else 0.0


@router.post(
    "/articles",
    status_code=202,
    summary="Take raw articles in",
    response_model=Receipt,
    responses={
        200: {"model": Receipt, "description": "With `Prefer: wait`: the finished receipt."},
        202: {"description": "Committed, and will be processed whatever crashes."},
        **problems(408, 413, 415, 422, 503),
    },
    openapi_extra={"parameters": PARAMETERS, "requestBody": REQUEST_BODY},
)
async def post_articles(request: Request) -> Response:
    """Take one body and answer with its receipt.

    `202` means: the submission is committed to the store and will be processed, whatever crashes. With
    `Prefer: wait=N` the answer is `200` with the finished receipt if that takes no longer than N seconds, and if not too
    many wait already. Any other answer means that nothing of the body was kept; but where the connection to the store is
    lost at the moment of the commit, nobody knows, and the answer is `503`: whoever sends again with the same
    `Idempotency-Key` doubles nothing.
    """
    query, headers = read_query(request), read_headers(request)
    sender = principal_of(request).id
    request.app.state.intake.room.admit(query.lane, sender or query.source or "")  # before the body costs anything
    body, content_type, query = await read_submission(request, query)
    submission = Submission(body, content_type, query.hints(), headers.idempotency_key, sender, query.lane)
    accepted = await request.app.state.intake.accept(submission)
    waiting: Places = request.app.state.places.waiting
    seconds = 0.0 if waiting.full else wait_seconds(headers.prefer)
    if accepted.received_at is not None and not seconds:
        receipt = receipts.queued(accepted.receipt_id, accepted.received_at)
    else:
        with waiting.held() if seconds else nullcontext():
            receipt = await follow(request, accepted, seconds)
    status = 200 if seconds and receipt["state"] in receipts.ENDED else 202
    applied = {"Preference-Applied": f"wait={seconds:.0f}"} if seconds else {}
    return receipt_response(request, receipt, status=status, headers=applied)


async def follow(request: Request, accepted: Accepted, seconds: float) -> dict[str, Any]:
    """Wait for an outcome; where the store is away since the commit, give what is known without it."""
    try:
        receipt: dict[str, Any] = await request.app.state.waiters.wait(accepted.receipt_id, seconds)
    except STORE_ERRORS:
        if accepted.received_at is None:
            raise
        return receipts.queued(accepted.receipt_id, accepted.received_at)
    return receipt
