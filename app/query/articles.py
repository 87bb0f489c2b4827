"""`GET /v1/articles`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.query.answers import answer, reads
from app.query.filters import ArticleQuery
from app.query.listing import articles_page
from app.query.schemas import ArticlePage

router = APIRouter(prefix="/v1", tags=["articles"])


@router.get("/articles", summary="List articles", response_model=ArticlePage, responses=reads(422))
async def list_articles(request: Request, query: Annotated[ArticleQuery, Query()]) -> Response:
    """Answer `200` with a page of the articles for which every given filter holds.

    A walk over `next` returns each article that was there when it began exactly once. An unknown topic, author or
    source is an empty page. Of a `q` with more than 100,000 matches `total` says so.
    """
    return answer(request, await articles_page(request, query))
