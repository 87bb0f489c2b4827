"""`POST /v1/extract`: the pipeline alone, nothing stored."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.db import to_json
from app.errors import problems
from app.extraction import Broken, Extracted, Job, Recalled, Refused
from app.intake.bodies import REQUEST_BODY
from app.intake.schemas import BodyQuery, ExtractResult
from app.intake.submission import read_submission
from app.query.schemas import article_json

router = APIRouter(prefix="/v1", tags=["intake"])


@router.post(
    "/extract",
    summary="Try an article out",
    response_model=ExtractResult,
    responses=problems(408, 413, 415, 422, 503),
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def post_extract(request: Request, query: Annotated[BodyQuery, Query()]) -> Response:
    """Run a body through the pipeline and answer what it would be stored as; nothing is stored.

    `200` holds an entry for each item: its article, or why there is none.
    """
    with request.app.state.places.extracting.held():
        body, content_type, query = await read_submission(request, query)
        job = Job(body, content_type, query.stated(), datetime.now(UTC), None)
        [results] = await request.app.state.extractor.extract([job])
    return Response(to_json({"items": [entry(found) for found in results]}), media_type="application/json")


def entry(found: Extracted) -> dict[str, object]:
    """Give one item's answer."""
    if isinstance(found, Refused):
        return {"position": found.position, "outcome": "rejected", "reason": found.reason, "article": None}
    if isinstance(found, Broken):
        return {"position": found.position, "outcome": "failed", "reason": found.error, "article": None}
    if isinstance(found, Recalled):
        reason = f"It holds no article: it says that one is {found.retraction.status}."
        return {"position": found.position, "outcome": "rejected", "reason": reason, "article": None}
    return {
        "position": found.position,
        "outcome": "article",
        "reason": None,
        "article": article_json(found.article),
    }
