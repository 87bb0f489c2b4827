"""`POST /v1/articles`: one body in, one receipt out, and nothing kept of what is refused."""

import re
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from app.db import STORE_ERRORS
from app.errors import problems
from app.intake import receipts
from app.intake.accept import Submission
from app.intake.bodies import REQUEST_BODY
from app.intake.receipt_routes import receipt_response
from app.intake.schemas import IntakeQuery, Receipt
from app.intake.submission import read_submission

router = APIRouter(prefix="/v1", tags=["intake"])

LONGEST_WAIT = 30.0
WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,9})\"?\s*(?=$|[,;])", re.IGNORECASE)
"""The `wait` preference of RFC 7240, section 4.3."""

Prefer = Annotated[
    str | None,
    Header(description="`wait=N` (RFC 7240): wait up to N seconds, 30 at most, for the outcome.", examples=["wait=10"]),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key with the same type, query and body answers the first receipt again, for a day.",
        examples=["9f1c2d64-feed-42"],
    ),
]


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
        **problems(413, 415, 422, 503),
    },
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def post_articles(
    request: Request,
    query: Annotated[IntakeQuery, Query()],
    prefer: Prefer = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Take one body and answer with its receipt.

    `202` means: the submission is committed to the store and will be processed, whatever crashes. With
    `Prefer: wait=N` the answer is `200` with the finished receipt if that takes no longer than N seconds. Any other
    answer means that nothing of the body was kept; but where the connection to the store is lost at the moment of the
    commit, nobody knows, and the answer is `503`: whoever sends again with the same `Idempotency-Key` doubles nothing.
    """
    body, content_type = await read_submission(request, query)
    submission = Submission(body, content_type, query.hints(), idempotency_key)
    receipt_id = await request.app.state.intake.accept(submission)
    seconds = wait_seconds(prefer)
    try:
        receipt = await request.app.state.waiters.wait(receipt_id, seconds)
    except STORE_ERRORS:  # since then; but it is committed, and that is what has to be answered
        receipt = receipts.unread(receipt_id)
    status = 200 if seconds and receipt["state"] in receipts.ENDED else 202
    headers = {"Preference-Applied": f"wait={seconds:.0f}"} if seconds else {}
    return receipt_response(request, receipt, status=status, headers=headers)
