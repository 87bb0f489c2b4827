"""`GET /v1/authors`."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy import func, literal, select

from app.query.answers import answer, database_of, reads
from app.query.counts import Counted, counted_page
from app.query.filters import Name
from app.query.pages import WalkQuery, page
from app.query.schemas import AuthorPage
from app.store.folding import author_fold
from app.store.tables import article_authors, articles

router = APIRouter(prefix="/v1", tags=["topics"])


class AuthorQuery(WalkQuery):
    """Filters of authors."""

    q: Name | None = Field(
        None, description="Beginning of any word of the name, blind to case and accents.", examples=["hol"]
    )
    sort: Literal["-articles", "name"] = Field("-articles", description="By the number of articles, or by name.")


def counted_authors(query: AuthorQuery) -> Counted:
    """Give the persons that articles name, under the printing that most of them use."""
    fold = article_authors.c.fold
    rows = (
        select(
            fold,
            func.mode().within_group(article_authors.c.name).label("name"),
            func.count(article_authors.c.article_id.distinct()).label("articles"),
            func.min(articles.c.received_at).label("first_seen"),
            func.max(articles.c.received_at).label("last_seen"),
        )
        .join_from(article_authors, articles)
        .group_by(fold)
    )
    if query.q is not None:
        rows = rows.where(func.strpos(literal(" ").concat(fold), f" {author_fold(query.q)}") > 0)
    names = ("name", "articles", "first_seen", "last_seen")
    return Counted(rows.subquery("authors_counted"), names, "fold", "fold", query.sort == "-articles")


@router.get("/authors", summary="List authors", response_model=AuthorPage, responses=reads(422))
async def list_authors(request: Request, query: Annotated[AuthorQuery, Query()]) -> Response:
    """Answer `200` with a page of the persons that articles name as their authors.

    Printings that differ in case or accents only are one person here.
    """
    if query.q is not None and not author_fold(query.q):
        return answer(request, page(request, [], None, (0, True) if query.total else None))
    async with database_of(request).reading() as connection:
        found = await counted_page(request, connection, counted_authors(query), query, query.walk("authors"))
    return answer(request, found)
