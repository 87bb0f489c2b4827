"""What operators say of topics: which are one, and which is narrower than which; in force at once, and taken back likewise."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict, NotFound, problems
from app.pipeline.slug import slug as slug_of
from app.query.answers import database_of, only_known_parameters
from app.query.filters import Name
from app.store.topic_links import Circle, add_alias, add_broader, made, remove_alias, remove_broader
from app.store.topics import known

router = APIRouter(prefix="/v1", tags=["topics"], dependencies=[Depends(only_known_parameters)])


def a_slug(value: str) -> str:
    """Refuse what is no slug, saying what its slug would be."""
    if slug_of(value) != value:
        hint = {"slug": slug_of(value) or "of letters and digits"}
        raise PydanticCustomError("refused", "must be a slug, such as {slug}", hint)
    return value


Known = Annotated[Name, Path(description="The slug of a known topic.")]
Named = Annotated[
    Name,
    AfterValidator(a_slug),
    Path(description="A slug; the topic is made where no article has printed it yet."),
]
DONE: dict[int | str, dict[str, Any]] = {204: {"description": "So it is, from now on and for all that is stored."}}


async def topic_of(connection: AsyncConnection, name: str) -> int:
    """Give the topic of a slug; raises NotFound."""
    found = (await known(connection, [name])).get(name)
    if found is None:
        raise NotFound(f"There is no topic `{name}`.")
    return found


@router.put(
    "/topics/{slug}/aliases/{alias}",
    status_code=204,
    summary="Make a topic another's alias",
    response_class=Response,
    responses={**DONE, **problems(404, 409, 422, 503)},
)
async def put_alias(request: Request, slug: Known, alias: Named) -> Response:
    """Let `alias` mean the same as `slug`: its articles are found and counted there at once, and those to come.

    Articles keep the labels that they print. A `409` says that `slug` is itself an alias of `alias`.
    """

    async def linked(connection: AsyncConnection) -> None:
        topic = await topic_of(connection, slug)
        try:
            await add_alias(connection, topic, await made(connection, alias))
        except Circle as error:
            raise Conflict(f"`{slug}` is `{alias}`, or an alias of it; take that back first.") from error

    await database_of(request).commit(linked)
    return Response(status_code=204)


@router.delete(
    "/topics/{slug}/aliases/{alias}",
    status_code=204,
    summary="Take an alias back",
    response_class=Response,
    responses={204: {"description": "The alias is a topic of its own again."}, **problems(404, 422, 503)},
)
async def delete_alias(request: Request, slug: Known, alias: Known) -> Response:
    """Let `alias` stand for itself again, with all its articles; a `404` says that it was no alias of `slug`.

    Neither a taxonomy nor what is learned of acronyms makes it an alias again.
    """

    async def parted(connection: AsyncConnection) -> None:
        topic = await topic_of(connection, slug)
        if not await remove_alias(connection, topic, await topic_of(connection, alias)):
            raise NotFound(f"`{alias}` is no alias of `{slug}`.")

    await database_of(request).commit(parted)
    return Response(status_code=204)


@router.put(
    "/topics/{slug}/broader/{broader}",
    status_code=204,
    summary="Make a topic narrower than another",
    response_class=Response,
    responses={**DONE, **problems(404, 409, 422, 503)},
)
async def put_broader(request: Request, slug: Known, broader: Named) -> Response:
    """Say that `slug` is narrower than `broader`, which then finds its articles too where `narrower=true` is asked.

    A `409` says that `broader` is itself narrower than `slug`.
    """

    async def linked(connection: AsyncConnection) -> None:
        topic = await topic_of(connection, slug)
        try:
            await add_broader(connection, topic, await made(connection, broader))
        except Circle as error:
            raise Conflict(f"`{broader}` is `{slug}`, or narrower than it; take that back first.") from error

    await database_of(request).commit(linked)
    return Response(status_code=204)


@router.delete(
    "/topics/{slug}/broader/{broader}",
    status_code=204,
    summary="Take such a link back",
    response_class=Response,
    responses={204: {"description": "The link is gone."}, **problems(404, 422, 503)},
)
async def delete_broader(request: Request, slug: Known, broader: Known) -> Response:
    """Take back that `slug` is narrower than `broader`; a `404` says that nobody said so."""

    async def parted(connection: AsyncConnection) -> None:
        topic = await topic_of(connection, slug)
        if not await remove_broader(connection, topic, await topic_of(connection, broader)):
            raise NotFound(f"`{broader}` is not known to be broader than `{slug}`.")

    await database_of(request).commit(parted)
    return Response(status_code=204)
