"""`GET /v1/changes` and its stream: every change once, in an order in which nothing appears before what was read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import anyio
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from app.db import Database, to_json
from app.errors import Fault, Gone, InvalidRequest
from app.places import Kinds, Places
from app.query import examples
from app.query.answers import answer, database_of, only_known_parameters, reads
from app.query.following import Followers
from app.query.pages import MAX_LIMIT, public_path
from app.store.changes import Kind

router = APIRouter(prefix="/v1", tags=["changes"], dependencies=[Depends(only_known_parameters)])

LARGEST: Final = 2**63 - 1
LONGEST_WAIT: Final = 30
STREAMED: Final = 500
"""Entries that a stream reads at once."""
PING_SECONDS: Final = 15
RETRY_MILLISECONDS: Final = 2_000
ENDING_SECONDS: Final = 5.0
"""For a stream to end by itself when the service does, so that its client sees a whole answer."""
READ = text(
    """
    SELECT f.horizon, f.last_seq AS newest, least(coalesce(CAST(:since AS bigint), f.horizon), f.last_seq) AS since, c.*
    FROM change_feed f LEFT JOIN LATERAL (
        SELECT seq, kind, article_id, revision, other_id, story_id, topic, alias, at FROM changes
        WHERE seq > coalesce(CAST(:since AS bigint), f.horizon) ORDER BY seq LIMIT :most
    ) c ON true ORDER BY c.seq
    """
)
"""One statement, so that horizon, newest and entries are of one moment."""
ENTRY: Final = ("seq", "kind", "article_id", "revision", "other_id", "story_id", "topic", "alias", "at")

Seq = Annotated[int, Field(ge=0, le=LARGEST)]
SINCE: Final = "The `seq` up to which everything was read; without it the feed's beginning."


class ChangeShown(BaseModel):
    """One entry of the change feed."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CHANGE]})

    seq: int = Field(ge=1, description="Its number: consecutive, and never read past.")
    kind: Kind = Field(
        description="`merged`: the article is gone into `other_id`. `split`: it was taken for a revision of `other_id`. "
        "`linked`: its story or what it is a duplicate of is another. `retopiced`: its topics changed without a revision, or "
        "the place of `topic` among others did. `aliased`: `alias` counts as `topic` from now on."
    )
    article_id: UUID | None = Field(description="The article; null where topics alone changed.")
    revision: int | None = Field(description="The revision that was made.")
    other_id: UUID | None = Field(description="The other article: merged into, split off, or duplicate of.")
    story_id: UUID | None = Field(description="`linked`: the story, null where the article is in none any more.")
    topic: str | None
    alias: str | None
    at: datetime = Field(description="When its transaction began; not the feed's order.")


class ChangePage(BaseModel):
    """Some entries of the change feed, and where to go on."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CHANGES]})

    items: list[ChangeShown]
    next: str | None = Field(description="URL path and query of what comes next, where there is more already.")
    last_seq: int = Field(ge=0, description="Everything up to here has been read: the `since` to go on with.")


class ChangeQuery(BaseModel):
    """Where to go on in the feed."""

    model_config = ConfigDict(extra="forbid")

    since: Seq | None = Field(None, description=SINCE)
    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="Entries of a page.")
    wait: int = Field(0, ge=0, le=LONGEST_WAIT, description="Seconds to wait for an entry where there is none yet.")


class StreamQuery(BaseModel):
    """Where a stream begins."""

    model_config = ConfigDict(extra="forbid")

    since: Seq | None = Field(None, description=SINCE)


@dataclass(frozen=True, slots=True)
class Read:
    """Entries behind `since`, which is clipped to what the feed has; `newest` is its last number."""

    since: int
    newest: int
    entries: list[dict[str, Any]]

    @property
    def last_seq(self) -> int:
        """Up to where everything has been read."""
        return int(self.entries[-1]["seq"]) if self.entries else self.since


async def read(connection: AsyncConnection, since: int | None, most: int) -> Read:
    """Give the entries behind `since`; raises Gone where some of them are no longer kept."""
    rows = (await connection.execute(READ, {"since": since, "most": most})).all()
    horizon = rows[0].horizon
    if since is not None and since < horizon:
        raise Gone(
            f"Changes up to {horizon} are no longer kept: read what is stored now, then go on with since={horizon}.",
            faults=[Fault("/query/since", f"must be {horizon} or more")],
        )
    entries = [{name: getattr(row, name) for name in ENTRY} for row in rows if row.seq is not None]
    return Read(rows[0].since, rows[0].newest, entries)


async def read_or_wait(database: Database, followers: Followers, query: ChangeQuery) -> Read:
    """Give the entries behind `since` as soon as there are some, or none when the time is over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + query.wait
    since = query.since
    while True:
        async with database.reading() as connection:
            found = await read(connection, since, query.limit)
        left = deadline - loop.time()
        if found.entries or left <= 0:
            return found
        since = found.since
        await followers.wait(left)


@router.get("/changes", summary="Follow what changes", response_model=ChangePage, responses=reads(410, 422))
async def list_changes(request: Request, query: Annotated[ChangeQuery, Query()]) -> Response:
    """Answer `200` with the entries behind `since`, oldest first; with `wait` as soon as there is one.

    Whoever goes on with `last_seq` misses none, however many write meanwhile, and for as long as it likes to stay away:
    a `410` says from where on entries are kept, once `since` lies before that. A `since` that is ahead of the feed is
    taken for its end.
    """
    places: Kinds = request.app.state.places
    with places.waiting.held() if query.wait else nullcontext():
        found = await read_or_wait(database_of(request), request.app.state.followers, query)
    more = found.last_seq < found.newest
    path = f"{public_path(request)}?since={found.last_seq}&limit={query.limit}" if more else None
    return answer(request, {"items": found.entries, "next": path, "last_seq": found.last_seq})


async def events(
    database: Database, followers: Followers, since: int, ending: anyio.Event
) -> AsyncIterator[ServerSentEvent]:
    """Give every entry behind `since` as an event, until the service ends.

    Ends too where entries are gone that were not read, so that the reader asks again and is told so.
    """
    yield ServerSentEvent(comment="entries follow as they come", retry=RETRY_MILLISECONDS)
    while not ending.is_set():
        try:
            async with database.reading() as connection:
                found = await read(connection, since, STREAMED)
        except Gone:
            return
        for entry in found.entries:
            yield ServerSentEvent(to_json(entry), event=entry["kind"], id=str(entry["seq"]))
        since = found.last_seq
        if not found.entries:
            await followers.wait(PING_SECONDS)


class Stream(EventSourceResponse):
    """A stream that holds a place for as long as it is open."""

    def __init__(self, places: Places, *about: Any, **named: Any) -> None:
        super().__init__(*about, **named)
        self.places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        with self.places.held():
            await super().__call__(scope, receive, send)


def resumed(last_event_id: str | None) -> int | None:
    """Read `Last-Event-ID`; raises InvalidRequest for what no event of ours was called."""
    if not last_event_id:
        return None
    if last_event_id.isascii() and last_event_id.isdigit() and int(last_event_id) <= LARGEST:
        return int(last_event_id)
    detail = "must be the `id` of an event of this stream"
    raise InvalidRequest(f"Last-Event-ID {detail}.", faults=[Fault("/header/Last-Event-ID", detail)])


@router.get(
    "/changes/stream",
    summary="Follow what changes, as a stream",
    response_class=EventSourceResponse,
    responses=reads(410, 422)
    | {
        200: {
            "description": "Server-Sent Events: `id` the `seq`, `event` the `kind`, `data` the entry as JSON.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def stream_changes(
    request: Request,
    query: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[str | None, Header(max_length=20, description="Where a lost stream goes on.")] = None,
) -> Response:
    """Answer `200` with the entries behind `Last-Event-ID`, else behind `since`, and then each new one as it comes.

    A lost connection is taken up again where it was by any client of Server-Sent Events (WHATWG HTML, section 9.2).
    """
    resume = resumed(last_event_id)
    asked = query.since if resume is None else resume
    database = database_of(request)
    async with database.reading() as connection:
        first = await read(connection, asked, 1)
    ending = anyio.Event()
    places: Kinds = request.app.state.places
    places.streams.make_sure()
    return Stream(
        places.streams,
        events(database, request.app.state.followers, first.since, ending),
        ping=PING_SECONDS,
        headers={"Cache-Control": "no-store"},
        shutdown_event=ending,
        shutdown_grace_period=ENDING_SECONDS,
    )
