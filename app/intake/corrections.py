"""`PATCH /v1/articles/{id}`: an editor's word on an article's authors, date and topics (JSON Merge Patch, RFC 7396)."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request, Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import to_json
from app.errors import Fault, InvalidRequest, UnsupportedType, problems
from app.formats.article_object import pointer
from app.intake.body import read_body
from app.intake.correction_schemas import ArticlePatch
from app.intake.preconditions import IfMatch, check_unchanged
from app.pipeline.corrections import Wish
from app.query.answers import ETAG, database_of, etag, only_known_parameters
from app.query.article import current_article, missing
from app.query.schemas import Article
from app.settings import Settings
from app.store.editing import amend, hold

router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(only_known_parameters)])

TYPES = ("application/merge-patch+json", "application/json")
MOST_BYTES = 1_000_000
"""Bytes of a correction: all it may hold takes a quarter of that, with every character escaped."""
SCHEMA = ArticlePatch.model_json_schema()
EXAMPLE = {"authors": ["Maren Holt"], "published_at": "2026-03-14", "topics": None}
REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "The fields to correct; null takes a correction back.",
    "content": {kind: {"schema": SCHEMA, "example": EXAMPLE} for kind in TYPES},
}


async def read_wish(request: Request) -> Wish:
    """Read what an editor asks for; raises what the body is refused with."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in TYPES:
        detail = f"A correction is {' or '.join(TYPES)}, not {kind[:100]!r}."
        raise UnsupportedType(detail, headers={"Accept-Patch": ", ".join(TYPES)})
    settings: Settings = request.app.state.settings
    body = await read_body(request, limit=min(settings.max_body_bytes, MOST_BYTES))
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise refused([Fault("", f"not JSON: {error}")]) from error
    if not isinstance(found, dict):
        raise refused([Fault("", "not an object; a correction is an object with the fields to correct")])
    try:
        return ArticlePatch.model_validate(found).wish()
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [Fault(pointer(one["loc"]), one["msg"].removeprefix("Value error, ")) for one in wrong[:20]]
        raise refused(faults) from error


def refused(faults: list[Fault]) -> InvalidRequest:
    """Give the refusal of a body, part by part."""
    return InvalidRequest("; ".join(f"{one.pointer or 'the body'}: {one.detail}" for one in faults[:3]), faults=faults)


@router.patch(
    "/articles/{article_id}",
    summary="Correct an article",
    response_model=Article,
    responses={200: {"headers": {"ETag": ETAG}}, **problems(308, 404, 408, 410, 412, 413, 415, 422, 503)},
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def patch_article(request: Request, article_id: UUID, if_match: IfMatch = None) -> Response:
    """Correct authors, date and topics, and answer `200` with the whole article.

    A correction makes a revision, with evidence from `editor`, unless clients see nothing change. It holds for later
    arrivals and when stored articles are processed again, until null takes it back: then the article shows what the
    pipeline reads. An empty list says that there are none. `412` where `If-Match` names another state of the article.
    """
    wish = await read_wish(request)
    settings: Settings = request.app.state.settings

    async def corrected(connection: AsyncConnection) -> bytes:
        row = await hold(connection, article_id)
        if row is None:
            raise await missing(connection, article_id)
        await check_unchanged(connection, article_id, if_match)
        if wish != Wish():
            await amend(connection, row, wish, kept_revisions=settings.kept_revisions)
        return to_json(await current_article(connection, article_id)).encode()

    body = await database_of(request).commit(corrected)
    return Response(body, headers={"ETag": etag(body)}, media_type="application/json")
