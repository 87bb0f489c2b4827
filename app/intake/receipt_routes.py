"""Receipts over HTTP: one, all, and the replay of what failed."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.db import to_json
from app.errors import Conflict, NotFound, problems
from app.intake import receipts
from app.intake.schemas import Receipt, ReceiptList, ReceiptPage, ReceiptsQuery
from app.query.answers import only_known_parameters, page_of
from app.queue.claims import replay

router = APIRouter(prefix="/v1", tags=["intake"])


def receipt_response(
    request: Request, receipt: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer a receipt, with its Location and the page of items that follows the ones shown."""
    path = f"{request.scope.get('root_path', '')}/v1/receipts/{receipt['id']}"
    items = list(receipt["items"])
    shown = dict(receipt) | {"items": items[: receipts.ITEMS_SHOWN], "next": None}
    if len(items) > receipts.ITEMS_SHOWN:
        shown["next"] = f"{path}?after={items[receipts.ITEMS_SHOWN]['position']}"
    return Response(
        to_json(shown),
        status,
        {"Location": path, "Cache-Control": "no-store", **(headers or {})},
        "application/json",
    )
