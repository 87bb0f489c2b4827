"""Receipts over HTTP: one, all, and the replay of what failed."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from app.db import to_json
from app.intake import receipts

router = APIRouter(prefix="/v1", tags=["intake"])


def receipt_response(
    request: Request, receipt: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer a receipt, with its Location and the path of the items that follow the ones shown."""
    path = f"{request.scope.get('root_path', '')}/v1/receipts/{receipt['id']}"
    items = list(receipt["items"])
    following = items[receipts.ITEMS_SHOWN :]
    shown = dict(receipt) | {
        "items": items[: receipts.ITEMS_SHOWN],
        "next": f"{path}?from_position={following[0]['position']}" if following else None,
    }
    all_headers = {"Location": path, "Cache-Control": "no-store", **(headers or {})}
    return Response(to_json(shown), status, all_headers, "application/json")
