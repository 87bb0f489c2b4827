"""Renews stored articles with what the pipeline makes of their submissions today; the decision is pure, the rest is SQL.

What a client sees change becomes a revision, as one that arrives does; what tells alone how an article was read is put
right in place. A poorer result never replaces a better one, and an article that was deleted or revised meanwhile is
left alone. Locks in the order of `store/articles.py`: keys sorted, articles by id, aliases, topics by fold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, Text, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline import changes
from app.pipeline.article import Article
from app.pipeline.changes import Key
from app.pipeline.corrections import Correction, corrected, moved_on
from app.settings import KEPT_REVISIONS
from app.store import history, rows, topic_counts
from app.store.candidates import Candidate
from app.store.changes import Change, note
from app.store.corrections import read_corrections, write_corrections
from app.store.differences import Differences, Printed, differences
from app.store.plan import Arrival, Revision
from app.store.printed_topics import printed_now, printed_then
from app.store.tables import articles
from app.store.tally import Finding, Outcome

CLAIM_KEYS = text(
    """
    INSERT INTO article_keys (scope, key, article_id) SELECT * FROM unnest(:scopes, :keys, :ids)
    ON CONFLICT DO NOTHING RETURNING scope, key, article_id
    """
).bindparams(
    bindparam("scopes", type_=ARRAY(Text)),
    bindparam("keys", type_=ARRAY(LargeBinary)),
    bindparam("ids", type_=ARRAY(Uuid)),
)
DROP_KEYS = text(
    """
    DELETE FROM article_keys k USING unnest(:scopes, :keys) AS claimed (scope, key)
    WHERE k.scope = claimed.scope AND k.key = claimed.key
    """
).bindparams(bindparam("scopes", type_=ARRAY(Text)), bindparam("keys", type_=ARRAY(LargeBinary)))
STORED = select(*(column for column in articles.c if column.name not in {"words", "stems"}))


@dataclass(frozen=True, slots=True)
class Result:
    """What the pipeline makes of a candidate today: an arrival, or an outcome that leaves it as it is, and why."""

    candidate: Candidate
    arrival: Arrival | None = None
    left: Outcome = "broken"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """An article as it is stored, and its topics as it prints them."""

    row: Mapping[str, Any]
    topics: Sequence[Printed]


def decide(result: Result, stored: Stored | None, topics: Sequence[Printed], now: datetime) -> Finding:
    """Decide about one article; `topics` are those of the result. Whatever is to be kept as it stands is kept here."""
    candidate = result.candidate
    if stored is None or place(stored.row) != (candidate.revision, candidate.submission_id, candidate.position):
        return Finding(candidate.article_id, "overtaken")
    if result.arrival is None:
        return Finding(candidate.article_id, result.left, reason=result.reason)
    article = result.arrival.article
    if article.processing == "fallback" and stored.row["processing"] == "full":
        return Finding(candidate.article_id, "poorer", reason="The full pipeline broke on it, the fallback did not.")
    if article.embargoed_until is not None and article.embargoed_until > now:
        reason = f"It is under embargo until {article.embargoed_until.isoformat()}."
        return Finding(candidate.article_id, "embargoed", reason=reason)
    if candidate.shared and not is_same(article, result.arrival.span, stored.row):
        return Finding(
            candidate.article_id, "elsewhere", reason=f"Another item stands there: {article.title or article.lead}"
        )
    found = differences(
        stored.row, stored.topics, rows.columns_of(candidate.article_id, candidate.revision, result.arrival), topics
    )
    return Finding(candidate.article_id, outcome_of(found), found)


def place(row: Mapping[str, Any]) -> tuple[int, UUID, int]:
    """Give what tells that an article is still the one that was read: its revision, and the item that it came in."""
    return row["revision"], row["submission_id"], row["position"]


def is_same(article: Article, span: tuple[int, int] | None, row: Mapping[str, Any]) -> bool:
    """Say whether an item of many is the one that an article was made of: readers may find other items than they did.

    One that has bytes of its own keeps its place; of others the guid decides, else anything that is still the same.
    """
    if span is not None:
        return True
    if article.guid is not None and row["guid"] is not None:
        return bool(article.guid == row["guid"])
    return bool(article.url == row["url"] or article.title == row["title"] or article.text == row["text"])


def outcome_of(found: Differences) -> Outcome:
    """Give the outcome of an article that may take its result."""
    if found.served:
        return "changed"
    return "refreshed" if found.beside else "unchanged"


async def renew(
    connection: AsyncConnection,
    results: Sequence[Result],
    now: datetime,
    *,
    dry_run: bool,
    kept_revisions: int = KEPT_REVISIONS,
) -> list[Finding]:
    """Compare results with what is stored and, unless it is a dry run, store them; inside the caller's transaction."""
    ids = sorted(result.candidate.article_id for result in results)
    claimed = {} if dry_run else await claim_keys(connection, results)
    statement = STORED.where(articles.c.id.in_(ids)).order_by(articles.c.id)
    locked = statement if dry_run else statement.with_for_update(key_share=True)
    stored_rows = {row["id"]: dict(row) for row in (await connection.execute(locked)).mappings()}
    await topic_counts.hold_aliases(connection)
    said = await read_corrections(connection, ids)
    read, results = results, [laid_over(result, said.get(result.candidate.article_id)) for result in results]
    then = await printed_then(connection, ids)
    arrivals = [result.arrival.article for result in results if result.arrival is not None]
    today = await printed_now(connection, arrivals)
    findings = []
    for result in results:
        article_id = result.candidate.article_id
        row = stored_rows.get(article_id)
        stored = None if row is None else Stored(row, then.get(article_id, ()))
        topics = next(today) if result.arrival is not None else ()
        findings.append(decide(result, stored, topics, now))
    if not dry_run:
        taken = [
            pair
            for pair in zip(results, findings, strict=True)
            if pair[1].outcome in {"changed", "refreshed", "unchanged"}
        ]
        kept = {found.article_id for _, found in taken}
        await drop_keys(connection, [key for key, owner in claimed.items() if owner not in kept])
        await carry_out(connection, taken, stored_rows, kept_revisions)
        fresh = {one.candidate.article_id: one.arrival.article for one in read if one.arrival is not None}
        await write_corrections(
            connection, {id_: moved_on(one, fresh[id_]) for id_, one in said.items() if id_ in kept and id_ in fresh}
        )
    return findings


def laid_over(result: Result, correction: Correction | None) -> Result:
    """Give a result with what an editor says of the article laid over it."""
    if result.arrival is None or correction is None:
        return result
    return replace(result, arrival=replace(result.arrival, article=corrected(result.arrival.article, correction)))


async def carry_out(
    connection: AsyncConnection,
    taken: Sequence[tuple[Result, Finding]],
    stored: Mapping[UUID, Mapping[str, Any]],
    kept_revisions: int,
) -> None:
    """Write what was decided: revisions as those that arrive, the rest in place."""
    revisions: dict[UUID, Revision] = {}
    refreshed: dict[UUID, Arrival] = {}
    retopiced: dict[UUID, tuple[Arrival, datetime]] = {}
    for result, found in taken:
        arrival = result.arrival
        if arrival is None:
            continue
        received_at = stored[found.article_id]["received_at"]
        if found.outcome == "changed":
            revisions[found.article_id] = Revision(result.candidate.revision + 1, arrival, received_at)
        elif found.differences.beside or found.differences.unseen:
            refreshed[found.article_id] = arrival
            if found.differences.topic_details:
                retopiced[found.article_id] = (arrival, received_at)
    written = {article_id: (new.arrival, new.received_at) for article_id, new in revisions.items()}
    await rows.revise_articles(connection, revisions)
    await history.drop_middle(connection, revisions, kept_revisions)
    await rows.write_authors(connection, written)
    await rows.write_topics(connection, written)
    await rows.refresh_articles(connection, refreshed, retopiced)
    await note(connection, [Change("revised", article_id, new.number) for article_id, new in revisions.items()])
    await note(connection, [Change("retopiced", article_id) for article_id in retopiced])


async def claim_keys(connection: AsyncConnection, results: Sequence[Result]) -> dict[Key, UUID]:
    """Claim what the results are known by, for articles that nobody has claimed it for; give the keys that are new."""
    wanted: dict[Key, UUID] = {}
    for result in results:
        for key in changes.keys(result.arrival.article) if result.arrival is not None else ():
            wanted.setdefault(key, result.candidate.article_id)
    ordered = sorted(wanted, key=lambda key: (key.scope, key.value))
    if not ordered:
        return {}
    claimed = await connection.execute(
        CLAIM_KEYS,
        {
            "scopes": [key.scope for key in ordered],
            "keys": [key.value for key in ordered],
            "ids": [wanted[key] for key in ordered],
        },
    )
    return {Key(row.scope, bytes(row.key)): row.article_id for row in claimed}


async def drop_keys(connection: AsyncConnection, keys: Sequence[Key]) -> None:
    """Give back keys that were claimed for articles which stay as they are."""
    if keys:
        await connection.execute(
            DROP_KEYS, {"scopes": [key.scope for key in keys], "keys": [key.value for key in keys]}
        )
