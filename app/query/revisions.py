"""What changed between two revisions of an article."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from orjson import loads
from pydantic import BaseModel, ConfigDict, Field

from app.db import to_json
from app.errors import NotFound
from app.query.answers import answer, database_of, only_known_parameters, reads
from app.query.article import MAX_REVISION, RevisionNumber, article_revision
from app.query.comparison import RevisionDiff, compared

router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(only_known_parameters)])

OFF_LOOP_CHARACTERS = 50_000
"""Longer texts are compared in a thread, so that others are answered meanwhile."""
MOST_CONTEXT = 100


class DiffQuery(BaseModel):
    """What to compare with, and how much to show."""

    model_config = ConfigDict(extra="forbid")

    against: int | None = Field(
        None, ge=1, le=MAX_REVISION, description="The revision to compare with; the one before unless given."
    )
    context: int = Field(
        1, ge=0, le=MOST_CONTEXT, description="Sentences that stay to show on either side of a change."
    )


async def both(request: Request, article_id: UUID, revision: int, against: int | None) -> tuple[Any, Any]:
    """Give the two revisions as they are served; raises NotFound or Gone."""
    async with database_of(request).reading() as connection:
        after = await article_revision(connection, article_id, revision)
        if against is None and revision == 1:
            raise NotFound("There is no revision before the first; `against` names another to compare with.")
        before = await article_revision(connection, article_id, revision - 1 if against is None else against)
    return loads(to_json(before)), loads(to_json(after))


@router.get(
    "/articles/{article_id}/revisions/{revision}/diff",
    summary="Compare two revisions",
    response_model=RevisionDiff,
    responses=reads(308, 404, 410, 422),
)
async def read_diff(
    request: Request, article_id: UUID, revision: RevisionNumber, query: Annotated[DiffQuery, Query()]
) -> Response:
    """Answer `200` with what changed from the revision before (or `against`) to this one: field by field, the text by
    sentence.

    The first revision has none before it: `404`, unless `against` is given. `410` where either is no longer kept.
    """
    before, after = await both(request, article_id, revision, query.against)
    if len(before["text"]) + len(after["text"]) > OFF_LOOP_CHARACTERS:
        found = await asyncio.to_thread(compared, before, after, query.context)
    else:
        found = compared(before, after, query.context)
    names = {"article_id": str(article_id), "revision": after["revision"], "against": before["revision"]}
    return answer(request, names | found)
