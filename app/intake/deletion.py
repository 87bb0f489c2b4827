"""`DELETE /v1/articles/{id}`."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Gone, problems
from app.query.answers import database_of
from app.query.article import missing
from app.store.deletion import delete_article

router = APIRouter(prefix="/v1", tags=["articles"])


@router.delete(
    "/articles/{article_id}",
    status_code=204,
    summary="Delete an article for good",
    response_class=Response,
    responses={
        204: {"description": "Deleted; it stays so when it is sent again."},
        **problems(308, 404, 410, 422, 503),
    },
)
async def delete(request: Request, article_id: UUID) -> Response:
    """Delete an article and leave a tombstone: sent again it stays deleted, asked for it is `410`.

    The submission's bytes go too, once no live article shares them.
    """

    async def deleted(connection: AsyncConnection) -> str:
        outcome = await delete_article(connection, article_id)
        if outcome == "unknown":
            raise await missing(connection, article_id)
        return outcome

    if await database_of(request).commit(deleted) == "gone":
        raise Gone("This article was deleted before.")
    return Response(status_code=204)
