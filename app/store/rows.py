"""The statements that write articles and what hangs on them; each takes a whole batch."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, case, column, delete, func, insert, text, update, values
from sqlalchemy.dialects.postgresql import REGCONFIG
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.article import Article, Topic
from app.store import author_counts, topic_counts, topics
from app.store.documents import blocks_json, evidence_json, topic_lists_json
from app.store.folding import author_fold
from app.store.plan import Arrival, Revision, Sighting
from app.store.search import regconfig, search_text
from app.store.tables import article_authors, article_keys, article_topics, articles, sightings

KEEP_REVISIONS = text(
    """
    INSERT INTO article_revisions (article_id, revision, at, until, article)
    SELECT a.id, a.revision, a.updated_at, now(),
           to_jsonb(a) - ARRAY['words', 'stems', 'content_hash', 'field_hash', 'guid', 'position', 'current_since']
           || jsonb_build_object('topics', coalesce((
                SELECT jsonb_agg(jsonb_build_object('slug', c.slug, 'label', x.label, 'score', x.score,
                                                    'origins', x.origins, 'mentions', x.mentions) ORDER BY x.position)
                FROM article_topics x JOIN topics t ON t.id = x.topic_id
                JOIN topics c ON c.id = coalesce(t.canonical_id, t.id) WHERE x.article_id = a.id), '[]'))
    FROM articles a WHERE a.id = ANY(:ids)
    """
)
"""Keeps the current revision as a document: the columns that are served, under their names, and `topics`."""


async def repoint_keys(connection: AsyncConnection, merged: Sequence[tuple[UUID, UUID]]) -> None:
    """Lead the keys that a merged candidate had claimed to the article that it was merged into."""
    if not merged:
        return
    pairs = values(column("candidate", Uuid), column("owner", Uuid), name="merged").data(list(merged))
    await connection.execute(
        update(article_keys).values(article_id=pairs.c.owner).where(article_keys.c.article_id == pairs.c.candidate)
    )


READ = (
    "guid", "word_count", "repairs", "evidence", "content_hash", "field_hash", "pipeline_version", "background",
)  # fmt: skip
"""Columns that tell how an article was read."""
NAME = text(
    "UPDATE articles SET url = coalesce(url, CAST(:url AS text)), guid = coalesce(guid, CAST(:guid AS text)) WHERE id = :id"
)
CODED = 0.9
"""The score of a subject that a code alone declares."""
SEARCH: dict[str, Any] = {
    "words": func.to_tsvector("simple", bindparam("search_text")),
    "stems": func.to_tsvector(bindparam("search_config", type_=REGCONFIG), bindparam("search_text")),
}
"""The two search vectors: as printed, and stemmed in the article's own language."""


def offset_of(at: datetime | None) -> int | None:
    """Give the minutes from UTC at which an instant is shown; None in UTC."""
    offset = at.utcoffset() if at else None
    return offset // timedelta(minutes=1) if offset else None


def row(article_id: UUID, revision: int, arrival: Arrival) -> dict[str, Any]:
    """Give the row of an article, with the parameters of its search vectors."""
    article = arrival.article
    return columns_of(article_id, revision, arrival) | {
        "search_text": search_text(f"{article.title or ''}\n\n{article.text}"),
        "search_config": regconfig(article.language),
    }


def columns_of(article_id: UUID, revision: int, arrival: Arrival) -> dict[str, Any]:
    """Give the row of an article without its search vectors, which are the most of its cost."""
    article = arrival.article
    return {
        "id": article_id,
        "revision": revision,
        "submission_id": arrival.submission_id,
        "position": arrival.position,
        "url": article.url,
        "guid": article.guid,
        "source": article.source,
        "title": article.title,
        "lead": article.lead,
        "language": article.language,
        "authors": list(article.authors),
        "agency": article.agency,
        "published_at": article.published_at,
        "published_precision": article.published_precision,
        "published_zone": article.published_zone,
        "published_offset": offset_of(article.published_at),
        "modified_at": article.modified_at,
        "modified_offset": offset_of(article.modified_at),
        "dateline_place": article.dateline_place,
        "rights": article.rights,
        "topic_lists": topic_lists_json(article.topic_lists),
        "blocks": blocks_json(article.blocks),
        "text": article.text,
        "word_count": article.word_count,
        "repairs": dict(article.repairs),
        "evidence": evidence_json(article.evidence),
        "content_hash": article.content_hash,
        "field_hash": article.field_hash,
        "processing": article.processing,
        "pipeline_version": article.pipeline_version,
        "background": article.background,
        "version": article.version,
        "urgency": article.urgency,
        "truncated": article.truncated,
        "received_at": arrival.received_at,
        "current_since": arrival.received_at,
    }


async def insert_articles(connection: AsyncConnection, inserts: Mapping[UUID, Arrival]) -> None:
    """Write new articles as their first revision."""
    if inserts:
        rows = [row(article_id, 1, arrival) for article_id, arrival in inserts.items()]
        await connection.execute(insert(articles).values(**SEARCH), rows)


async def revise_articles(connection: AsyncConnection, revisions: Mapping[UUID, Revision]) -> None:
    """Keep the current revisions as documents, and put the new ones in their place."""
    if not revisions:
        return
    ids = list(revisions)
    await topic_counts.hold_aliases(connection)
    await topic_counts.count(connection, ids, -1)
    await author_counts.count(connection, ids, -1)
    await connection.execute(KEEP_REVISIONS, {"ids": ids})
    rows = [row(article_id, new.number, new.arrival) for article_id, new in revisions.items()]
    kept = {"id", "received_at", "search_text", "search_config"}
    changed: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name not in kept}
    await connection.execute(
        update(articles).where(articles.c.id == bindparam("id_")).values(**changed, **SEARCH, updated_at=func.now()),
        [{name: value for name, value in new.items() if name != "received_at"} | {"id_": new["id"]} for new in rows],
    )
    for table in (article_authors, article_topics):
        await connection.execute(delete(table).where(table.c.article_id.in_(ids)))


async def write_in_place(connection: AsyncConnection, arrivals: Mapping[UUID, Arrival], names: Sequence[str]) -> None:
    """Give articles these columns of an arrival; no revision, no new time."""
    rows = [columns_of(article_id, 0, arrival) for article_id, arrival in arrivals.items()]
    if rows:
        await connection.execute(
            update(articles).where(articles.c.id == bindparam("id_")).values({name: bindparam(name) for name in names}),
            [{"id_": new["id"]} | {name: new[name] for name in names} for new in rows],
        )


async def name_articles(connection: AsyncConnection, named: Sequence[tuple[UUID, Arrival]]) -> None:
    """Give articles the URL and the guid of an arrival, where they have none."""
    if named:
        ordered = sorted(named, key=lambda one: one[0])
        await connection.execute(
            NAME, [{"id": one, "url": arrival.article.url, "guid": arrival.article.guid} for one, arrival in ordered]
        )


async def follow_arrivals(connection: AsyncConnection, followed: Mapping[UUID, Arrival]) -> None:
    """Let articles be read from an arrival that shows the same under a correction, though it says something else."""
    await write_in_place(connection, followed, (*READ, "submission_id", "position", "current_since"))


async def refresh_articles(
    connection: AsyncConnection, refreshed: Mapping[UUID, Arrival], retopiced: Mapping[UUID, tuple[Arrival, datetime]]
) -> None:
    """Put right in place how articles were read, and the details of the topics of some; no revision, no new time."""
    await write_in_place(connection, refreshed, READ)
    if retopiced:
        await topic_counts.hold_aliases(connection)
        await topic_counts.count(connection, list(retopiced), -1)
        await connection.execute(delete(article_topics).where(article_topics.c.article_id.in_(list(retopiced))))
        await write_topics(connection, retopiced)


async def write_authors(connection: AsyncConnection, written: Mapping[UUID, tuple[Arrival, datetime]]) -> None:
    """Write the bylines of new and revised articles, and count them; a name that differs in accents alone is there once."""
    rows: dict[tuple[UUID, str], dict[str, Any]] = {}
    for article_id, (arrival, received_at) in written.items():
        for position, name in enumerate(arrival.article.authors):
            fold = author_fold(name)
            rows.setdefault(
                (article_id, fold),
                {
                    "article_id": article_id,
                    "position": position,
                    "name": name,
                    "fold": fold,
                    "published_at": arrival.article.published_at,
                    "received_at": received_at,
                },
            )
    if rows:
        await connection.execute(insert(article_authors), list(rows.values()))
    await author_counts.count(connection, list(written), 1)


async def write_topics(connection: AsyncConnection, written: Mapping[UUID, tuple[Arrival, datetime]]) -> None:
    """Write the subjects of new and revised articles, and count them; two spellings that are one subject keep the better.

    A code that a taxonomy knows says which subject its label is, and is one by itself where it has no label.
    """
    if not written:
        return
    await topic_counts.hold_aliases(connection)
    found = [arrival.article for arrival, _ in written.values()]
    ids = await topics.resolve(connection, [topic for article in found for topic in article.topics])
    known = await topics.of_codes(connection, [code for article in found for code in article.codes])
    rows: dict[tuple[UUID, int], dict[str, Any]] = {}
    for article_id, (arrival, received_at) in written.items():
        for position, (topic_id, topic) in enumerate(subjects(arrival.article, ids, known)):
            rows.setdefault(
                (article_id, topic_id),
                {
                    "article_id": article_id,
                    "topic_id": topic_id,
                    "position": position,
                    "label": topic.label,
                    "score": topic.score,
                    "origins": list(topic.origins),
                    "mentions": topic.mentions,
                    "published_at": arrival.article.published_at,
                    "received_at": received_at,
                },
            )
    if rows:
        await connection.execute(insert(article_topics), list(rows.values()))
    await topic_counts.count(connection, list(written), 1)


def subjects(
    article: Article, ids: Mapping[str, int], known: Mapping[tuple[str, str], topics.Coded]
) -> Iterator[tuple[int, Topic]]:
    """Give each subject of an article with the topic that it is; those of codes without a label come last."""
    coded = [(code.slug, known[code.scheme, code.code]) for code in article.codes if (code.scheme, code.code) in known]
    meant = {slug: one.id for slug, one in coded}
    for topic in article.topics:
        yield meant.get(topic.slug, ids[topic.slug]), topic
    for slug, one in coded:
        if slug is None:
            yield one.id, Topic(one.slug, one.label, CODED, ("declared",), 0, one.slug)


async def write_sightings(connection: AsyncConnection, seen: Mapping[tuple[UUID, bytes], Sighting]) -> None:
    """Add the batch's sightings; one that came by a known route raises its count."""
    rows = [
        {
            "article_id": article_id,
            "route": route,
            "source": sighting.first.article.source,
            "url": sighting.first.article.url,
            "submission_id": sighting.first.submission_id,
            "received_at": sighting.first.received_at,
            "last_at": sighting.last_at,
            "said": sighting.said,
            "count": sighting.count,
        }
        for (article_id, route), sighting in sorted(seen.items(), key=lambda entry: entry[0])
    ]
    if not rows:
        return
    statement = upsert(sightings)
    new = statement.excluded
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["article_id", "route"],
            set_={
                "count": sightings.c.count + new.count,
                "last_at": func.greatest(sightings.c.last_at, new.last_at),
                "said": case((new.last_at >= sightings.c.last_at, new.said), else_=sightings.c.said),
            },
        ),
        rows,
    )
