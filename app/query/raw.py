"""`GET /v1/articles/{id}/raw`: the bytes that an article was read from, in a wrapping that no browser will run."""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Select, case, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Gone
from app.query.answers import NOT_MODIFIED, database_of, only_known_parameters, reads, respond
from app.query.article import missing
from app.store.tables import articles, submission_items, submissions

router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(only_known_parameters)])

UNRUN: Final = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
"""Keeps a browser from guessing a type, and from running what it shows after all."""
BYTES: Final = {
    "description": "The bytes, under the Content-Type that they came with.",
    "content": {
        "*/*": {
            "schema": {"description": "Bytes; `application/octet-stream` or JSON where they are an item's own slice."}
        }
    },
    "headers": NOT_MODIFIED[200]["headers"]
    | {name: {"schema": {"type": "string"}, "example": value} for name, value in UNRUN.items()}
    | {
        "Content-Disposition": {
            "schema": {"type": "string"},
            "example": 'attachment; filename="019a1b2c-3d62-7c11-9e0f-5a6b7c8d9e0f"',
        }
    },
}


def raw_statement(article_id: UUID) -> Select[Any]:
    """Give type and bytes of the submission; of the item's own slice alone where a mate of it is there no more.

    Not its tombstone tells that: those of what was withheld, or went by its age long ago, are gone too.
    """
    mate, live = submission_items.alias("mate"), articles.alias("live")
    deleted_mate = exists().where(
        mate.c.submission_id == submissions.c.id,
        mate.c.article_id.is_not(None),
        ~exists().where(live.c.id == mate.c.article_id),
    )
    first, end = submission_items.c.span_start, submission_items.c.span_end
    slice_alone = func.substring(submissions.c.body, first + 1, end - first)
    return (
        select(
            submissions.c.content_type,
            deleted_mate.label("sliced"),
            case((deleted_mate, slice_alone), else_=submissions.c.body).label("body"),
        )
        .join_from(articles, submissions)
        .outerjoin(
            submission_items,
            (submission_items.c.submission_id == submissions.c.id)
            & (submission_items.c.position == articles.c.position),
        )
        .where(articles.c.id == article_id)
    )


async def raw_bytes(connection: AsyncConnection, article_id: UUID) -> tuple[str, bytes]:
    """Give an article's Content-Type and bytes; raises NotFound, or Gone where the bytes are."""
    row = (await connection.execute(raw_statement(article_id))).first()
    if row is None:
        raise await missing(connection, article_id)
    if row.body is None:
        raise Gone("The bytes of this article are no longer kept.")
    if not row.sliced:
        return row.content_type, bytes(row.body)
    return "application/json" if "json" in row.content_type else "application/octet-stream", bytes(row.body)


@router.get(
    "/articles/{article_id}/raw",
    summary="Fetch the bytes behind an article",
    response_class=Response,
    responses=reads(308, 404, 410, 422) | {200: BYTES},
)
async def read_raw(request: Request, article_id: UUID) -> Response:
    """Answer `200` with the submission byte for byte; `410` once the bytes are gone.

    Where another article of the submission was deleted, only this one's own slice of it is answered.
    """
    async with database_of(request).reading() as connection:
        content_type, body = await raw_bytes(connection, article_id)
    attachment = {"Content-Type": content_type, "Content-Disposition": f'attachment; filename="{article_id}"'}
    return respond(request, body, attachment | UNRUN)
