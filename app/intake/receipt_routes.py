"""Receipts over HTTP: one, all, what is held back, and its replay."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.principal import principal_of
from app.db import to_json
from app.errors import Conflict, NotFound, problems
from app.intake import receipts
from app.intake.schemas import HeldPage, Receipt, ReceiptPage, ReceiptQuery, ReceiptsQuery
from app.query.answers import database_of, only_known_parameters
from app.query.cursor import TIME_ID, decode, encode
from app.query.pages import WalkQuery, page, under_root
from app.queue.claims import replay

router = APIRouter(prefix="/v1", tags=["intake"])
LIVE = {"Cache-Control": "no-store"}
"""Receipts change by the moment."""


def receipt_response(
    request: Request, receipt: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer a receipt, with its Location and the path of the items that follow the ones shown."""
    path = under_root(request, f"/v1/receipts/{receipt['id']}")
    items = list(receipt["items"])
    following = items[receipts.ITEMS_SHOWN :]
    shown = dict(receipt) | {
        "items": items[: receipts.ITEMS_SHOWN],
        "next": f"{path}?from_position={following[0]['position']}" if following else None,
    }
    return Response(to_json(shown), status, {"Location": path, **LIVE, **(headers or {})}, "application/json")


@router.get(
    "/receipts/{receipt_id}", summary="Read a receipt", response_model=Receipt, responses=problems(404, 422, 503)
)
async def get_receipt(request: Request, receipt_id: UUID, query: Annotated[ReceiptQuery, Query()]) -> Response:
    """Answer what became of a submission so far; 200 items at most, the others along `next`. `404` also once it is no longer kept.

    A key with the scope `ingest` alone sees the receipts of what it sent itself.
    """
    principal = principal_of(request)
    own = None if principal.may("read") else principal.id
    async with request.app.state.database.reading() as connection:
        receipt = await receipts.read(connection, receipt_id, after=query.from_position, sender=own)
    if receipt is None:
        raise NotFound("There is no such receipt.")
    return receipt_response(request, receipt)


@router.get("/receipts", summary="List receipts", response_model=ReceiptPage, responses=problems(422, 503))
async def list_receipts(request: Request, query: Annotated[ReceiptsQuery, Query()]) -> Response:
    """Answer receipts, newest first."""
    walk = query.walk("receipts")
    before = decode(walk, query.cursor, TIME_ID) if query.cursor else (None, None)
    filters = {"state": query.state, "source": query.source}
    async with request.app.state.database.reading() as connection:
        count = await connection.scalar(receipts.COUNT, filters) if query.total else None
        found = await connection.execute(
            receipts.LIST, filters | {"before": before[0], "before_id": before[1], "most": query.limit + 1}
        )
        rows = [dict(row) for row in found.mappings()]
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    cursor = encode(walk, (last["received_at"], last["id"])) if last else None
    return live_page(request, rows[: query.limit], cursor, count)


def live_page(request: Request, rows: Sequence[Mapping[str, Any]], cursor: str | None, count: int | None) -> Response:
    """Answer a page that no cache may keep."""
    return Response(
        to_json(page(request, rows, cursor, None if count is None else (count, True))), 200, LIVE, "application/json"
    )


@router.get(
    "/quarantine", summary="List what could not be processed", response_model=HeldPage, responses=problems(422, 503)
)
async def list_quarantine(request: Request, query: Annotated[WalkQuery, Query()]) -> Response:
    """Answer failed items and quarantined submissions with the error, oldest first; `replay` tries them again."""
    walk = query.walk("quarantine")
    after = decode(walk, query.cursor, (UUID, int)) if query.cursor else (None, None)
    async with request.app.state.database.reading() as connection:
        count = await connection.scalar(receipts.COUNT_QUARANTINE) if query.total else None
        found = await connection.execute(
            receipts.QUARANTINE, {"after": after[0], "after_place": after[1], "most": query.limit + 1}
        )
        rows = [dict(row) for row in found.mappings()]
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    place = -1 if last is None or last["position"] is None else last["position"]
    cursor = encode(walk, (last["receipt_id"], place)) if last else None
    return live_page(request, rows[: query.limit], cursor, count)


@router.post(
    "/receipts/{receipt_id}/replay",
    status_code=202,
    summary="Try again what failed",
    response_model=Receipt,
    responses=problems(404, 409, 422, 503),
    dependencies=[Depends(only_known_parameters)],
)
async def post_replay(request: Request, receipt_id: UUID) -> Response:
    """Queue the failed items of a submission, or the whole of a quarantined one, again; `409` where nothing failed."""

    async def queued(connection: AsyncConnection) -> tuple[bool, dict[str, Any] | None]:
        done = await replay(connection, receipt_id)
        return done, await receipts.read(connection, receipt_id)

    done, receipt = await database_of(request).commit(queued)
    if receipt is None:
        raise NotFound("There is no such receipt.")
    if not done:
        raise Conflict("Nothing of this submission failed, or its bytes were dropped.")
    return receipt_response(request, receipt, status=202)
