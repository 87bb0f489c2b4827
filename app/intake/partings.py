"""`DELETE /v1/articles/{id}/duplicate_of`: somebody's word that an article is not the same as its original."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound, problems
from app.linker import Linker
from app.query.answers import database_of, only_known_parameters
from app.query.article import missing
from app.store.stories import part
from app.store.tables import articles

router = APIRouter(prefix="/v1", tags=["stories"], dependencies=[Depends(only_known_parameters)])


@router.delete(
    "/articles/{article_id}/duplicate_of",
    status_code=204,
    summary="Say that an article is no duplicate",
    response_class=Response,
    responses={204: {"description": "The two are not the same, for good."}, **problems(308, 404, 410, 422, 503)},
)
async def delete_duplicate_of(request: Request, article_id: UUID) -> Response:
    """Take an article out of its story: it and its original are never in one story again, whatever arrives later.

    A `404` says that it is no duplicate; it may still be one of another article then, which takes another word.
    """

    async def parted(connection: AsyncConnection) -> None:
        if await part(connection, article_id, Linker().compare):
            return
        if await connection.scalar(
            articles.select().with_only_columns(articles.c.id).where(articles.c.id == article_id)
        ):
            raise NotFound("This article is no duplicate of another.")
        raise await missing(connection, article_id)

    await database_of(request).commit(parted)
    return Response(status_code=204)
