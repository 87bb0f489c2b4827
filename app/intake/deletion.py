"""`DELETE /v1/articles/{id}`."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Gone, problems
from app.intake.preconditions import IfMatch, check_unchanged
from app.query.answers import database_of, only_known_parameters
from app.query.article import missing
from app.store import holders
from app.store.deletion import delete_article, lock_submissions

router = APIRouter(prefix="/v1", tags=["articles"])


@router.delete(
    "/articles/{article_id}",
    status_code=204,
    summary="Delete an article for good",
    response_class=Response,
    responses={
        204: {"description": "Deleted; it stays so when it is sent again."},
        **problems(308, 404, 410, 412, 422, 503),
    },
    dependencies=[Depends(only_known_parameters)],
)
async def delete(request: Request, article_id: UUID, if_match: IfMatch = None) -> Response:
    """Delete an article and leave a tombstone: sent again it stays deleted, asked for it is `410`.

    The submission's bytes go too, once no live article shares them. `412` where `If-Match` names another state of it.
    """

    async def deleted(connection: AsyncConnection) -> str:
        if if_match is not None:
            await lock_submissions(connection, [article_id])
            if await holders.hold(connection, [article_id]):
                await check_unchanged(connection, article_id, if_match)
        outcome = await delete_article(connection, article_id)
        if outcome == "unknown":
            raise await missing(connection, article_id)
        return outcome

    if await database_of(request).commit(deleted) == "gone":
        raise Gone("This article was deleted before.")
    return Response(status_code=204)
