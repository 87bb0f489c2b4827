"""Stories in the store: what ties come to is decided anew around every article that changed, by one at a time."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, REAL, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.pipeline.stories import Bond, Place, Told, form
from app.store.changes import Change, note
from app.store.signatures import tie_of
from app.store.source_counts import note_duplicates

Compare = Callable[[AsyncConnection, Collection[frozenset[UUID]]], Awaitable[list[Bond]]]
"""Compares the texts of pairs of articles, writes their bonds down and gives them."""
LINK_LOCK: Final = 0x64617465_000B
TRY_LINK = text("SELECT pg_try_advisory_xact_lock(:lock)").bindparams(lock=LINK_LOCK)
TAKE_LINK = text("SELECT pg_advisory_xact_lock(:lock)").bindparams(lock=LINK_LOCK)
IDS = bindparam("ids", type_=ARRAY(Uuid))
AROUND = text(
    """
    WITH RECURSIVE around (id) AS (
        SELECT unnest(:ids)
        UNION SELECT other.id FROM around a CROSS JOIN LATERAL (
            SELECT t.other_id AS id FROM article_ties t WHERE t.article_id = a.id
            UNION ALL SELECT t.article_id FROM article_ties t WHERE t.other_id = a.id
            UNION ALL SELECT mate.article_id FROM story_members me
                      JOIN story_members mate ON mate.story_id = me.story_id WHERE me.article_id = a.id
        ) other
    )
    SELECT id FROM around
    """
).bindparams(IDS)
"""All that may be placed otherwise when these articles change: whatever ties and stories lead to."""
TOLD = text(
    "SELECT id, source, published_at, published_precision, received_at, content_hash FROM articles WHERE id = ANY(:ids)"
).bindparams(IDS)
TIES = text("SELECT article_id, other_id, rule, score FROM article_ties WHERE article_id = ANY(:ids)").bindparams(IDS)
PARTED = text("SELECT article_id, other_id FROM partings WHERE article_id = ANY(:ids)").bindparams(IDS)
MEMBERS = text(
    "SELECT article_id, story_id, duplicate_of, rule, score, source FROM story_members WHERE article_id = ANY(:ids)"
).bindparams(IDS)
LEAVE = text("DELETE FROM story_members WHERE article_id = ANY(:ids)").bindparams(IDS)
JOIN = text(
    """
    INSERT INTO story_members (article_id, story_id, source, duplicate_of, rule, score)
    SELECT * FROM unnest(:ids, :stories, :sources, :originals, :rules, :scores)
    ON CONFLICT (article_id) DO UPDATE SET story_id = excluded.story_id, duplicate_of = excluded.duplicate_of,
        rule = excluded.rule, score = excluded.score
    """
).bindparams(
    IDS,
    bindparam("stories", type_=ARRAY(Uuid)),
    bindparam("sources", type_=ARRAY(Text)),
    bindparam("originals", type_=ARRAY(Uuid)),
    bindparam("rules", type_=ARRAY(Text)),
    bindparam("scores", type_=ARRAY(REAL)),
)
END = text("DELETE FROM stories WHERE id = ANY(:ids)").bindparams(IDS)
SUM_UP = text(
    """
    INSERT INTO stories (id, original_id, size, sources, first_at, last_at)
    SELECT m.story_id, min(m.article_id::text) FILTER (WHERE m.duplicate_of IS NULL)::uuid, count(*),
           count(DISTINCT a.source), min(coalesce(a.published_at, a.received_at)),
           max(coalesce(a.published_at, a.received_at))
    FROM story_members m JOIN articles a ON a.id = m.article_id WHERE m.story_id = ANY(:ids) GROUP BY m.story_id
    """
).bindparams(IDS)
PART = text(
    """
    INSERT INTO partings (article_id, other_id) VALUES (least(:one, :other), greatest(:one, :other))
    ON CONFLICT DO NOTHING
    """
).bindparams(bindparam("one", type_=Uuid), bindparam("other", type_=Uuid))
FORGET_PARTINGS = text("DELETE FROM partings WHERE article_id = ANY(:ids) OR other_id = ANY(:ids)").bindparams(IDS)
DUPLICATE_OF = text("SELECT duplicate_of FROM story_members WHERE article_id = :id")


@dataclass(frozen=True, slots=True)
class Member:
    """An article's story, and its place in it where it is a duplicate."""

    story: UUID
    source: str | None
    place: Place | None = None

    @property
    def original(self) -> UUID | None:
        """What it is a duplicate of."""
        return self.place.original if self.place else None


async def told_of(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Told]:
    """Give what decides an article's place, of those that are there."""
    rows = await connection.execute(TOLD, {"ids": list(ids)})
    return {
        row.id: Told(
            row.id, row.source, row.published_at, row.published_precision, row.received_at, bytes(row.content_hash)
        )
        for row in rows
    }


async def settle(connection: AsyncConnection, changed: Collection[UUID], compare: Compare) -> None:
    """Decide anew who is in which story around the articles that changed, and tell whose link is another now.

    The caller holds the linker's lock; what a worker commits meanwhile comes to the linker as the next change. Where
    somebody else becomes an original, `compare` gives the ties of those that were never compared with it.
    """
    around = list(await connection.scalars(AROUND, {"ids": list(changed)}))
    told = await told_of(connection, around)
    ties = await connection.execute(TIES, {"ids": around})
    bonds = [Bond(row.article_id, row.other_id, tie_of(row.rule, row.score)) for row in ties]
    parted = {frozenset((row.article_id, row.other_id)) for row in await connection.execute(PARTED, {"ids": around})}
    before = {
        row.article_id: Member(
            row.story_id, row.source, Place(row.duplicate_of, tie_of(row.rule, row.score)) if row.duplicate_of else None
        )
        for row in await connection.execute(MEMBERS, {"ids": around})
    }
    risen = {one for one, member in before.items() if member.place is not None}
    formed, compared = form(told.values(), bonds, parted, set(changed), risen), frozenset[frozenset[UUID]]()
    while asked := formed.asked - compared:
        compared |= asked
        bonds += await compare(connection, asked)
        formed = form(told.values(), bonds, parted, set(changed), risen)
    after = members(told, formed.places, before)
    await write(connection, before, after)
    await note_duplicates(connection, fewer_or_more(before, after))
    moved = [one for one in around if link_of(before.get(one)) != link_of(after.get(one)) and one in told]
    await note(connection, [linked(one, after.get(one)) for one in moved])


def fewer_or_more(before: Mapping[UUID, Member], after: Mapping[UUID, Member]) -> Counter[str]:
    """Give by how much the number of every source's duplicates changes; those without a source are those of ''."""
    now = Counter(member.source or "" for member in after.values() if member.place)
    now.subtract(member.source or "" for member in before.values() if member.place)
    return now


def link_of(member: Member | None) -> tuple[UUID, UUID | None] | None:
    """Give what a client sees of an article's link."""
    return (member.story, member.original) if member else None


def linked(article_id: UUID, member: Member | None) -> Change:
    """Give the entry of the change feed."""
    return Change(
        "linked",
        article_id,
        other_id=member.original if member else None,
        story_id=member.story if member else None,
    )


def members(
    told: Mapping[UUID, Told], places: Mapping[UUID, Place], before: Mapping[UUID, Member]
) -> dict[UUID, Member]:
    """Name the stories: one keeps its id with its original, else with its earliest article that had one; else it is new."""
    stories: dict[UUID, list[UUID]] = {}
    for duplicate, place in places.items():
        stories.setdefault(place.original, [place.original]).append(duplicate)
    taken: set[UUID] = set()
    found: dict[UUID, Member] = {}
    for _, ids in sorted(stories.items(), key=lambda story: told[story[0]].order):
        names = (before[one].story for one in sorted(ids, key=lambda one: told[one].order) if one in before)
        name = next((name for name in names if name not in taken), None) or uuid7()
        taken.add(name)
        found |= {one: Member(name, told[one].source, places.get(one)) for one in ids}
    return found


async def write(connection: AsyncConnection, before: Mapping[UUID, Member], after: Mapping[UUID, Member]) -> None:
    """Write what changed of members, and sum their stories up."""
    gone = [one for one in before if one not in after]
    rows = [(one, member) for one, member in after.items() if before.get(one) != member]
    if gone:
        await connection.execute(LEAVE, {"ids": gone})
    if rows:
        await connection.execute(
            JOIN,
            {
                "ids": [one for one, _ in rows],
                "stories": [member.story for _, member in rows],
                "sources": [member.source for _, member in rows],
                "originals": [member.original for _, member in rows],
                "rules": [member.place and member.place.tie.rule for _, member in rows],
                "scores": [member.place and member.place.tie.score for _, member in rows],
            },
        )
    stories = {member.story for member in (*before.values(), *after.values())}
    if stories:
        await connection.execute(END, {"ids": list(stories)})
        await connection.execute(SUM_UP, {"ids": list(stories)})


async def part(connection: AsyncConnection, article_id: UUID, compare: Compare) -> bool:
    """Say for good that an article is not the same as its original; False where it is no duplicate."""
    await connection.execute(TAKE_LINK)
    original = await connection.scalar(DUPLICATE_OF, {"id": article_id})
    if original is None:
        return False
    await connection.execute(PART, {"one": article_id, "other": original})
    await settle(connection, [article_id], compare)
    return True


async def forget(connection: AsyncConnection, gone: Iterable[UUID]) -> None:
    """Drop what was said of articles that are no more."""
    ids = list(gone)
    if ids:
        await connection.execute(FORGET_PARTINGS, {"ids": ids})
