"""Loads a taxonomy: its codes lead to topics, its names are their aliases, its tree says which are narrower.

Loaded again, a newer edition takes the place of what the older one said. What operators said stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.article import Topic
from app.pipeline.slug import fold, slug
from app.store.topic_counts import TAKE_ALIASES, recount
from app.store.topic_links import LEARNED, tell
from app.store.topics import resolve

BATCH: Final = 1_000
FORGET = (
    text("DELETE FROM topic_codes WHERE scheme = :scheme"),
    text("DELETE FROM topic_links WHERE by = :scheme"),
)
WERE_LEARNED = text("SELECT id, canonical_id FROM topics WHERE alias_by = :by AND id = ANY(:topics)").bindparams(
    bindparam("topics", type_=ARRAY(BigInteger)), by=LEARNED
)
UNLEARN = text(
    "UPDATE topics SET alias_of = NULL, alias_by = NULL, canonical_id = NULL WHERE alias_by = :by AND id = ANY(:topics)"
).bindparams(bindparam("topics", type_=ARRAY(BigInteger)), by=LEARNED)
"""A taxonomy's word on a topic takes the place of what was learned of it."""
WERE_ALIASES = text("SELECT id, canonical_id FROM topics WHERE alias_by = :scheme")
UNALIAS = text("UPDATE topics SET alias_of = NULL, alias_by = NULL, canonical_id = NULL WHERE alias_by = :scheme")
CODE = text(
    """
    INSERT INTO topic_codes (scheme, code, topic_id) SELECT :scheme, code, topic_id
    FROM unnest(:codes, :topics) AS found (code, topic_id)
    """
).bindparams(bindparam("codes", type_=ARRAY(Text)), bindparam("topics", type_=ARRAY(BigInteger)))
FREE = text(
    """
    SELECT t.id FROM topics t WHERE t.id = ANY(:topics) AND t.alias_of IS NULL AND t.alias_by IS NULL
      AND NOT EXISTS (SELECT FROM topic_codes k WHERE k.topic_id = t.id)
      AND NOT EXISTS (SELECT FROM topics other WHERE other.alias_of = t.id)
    """
).bindparams(bindparam("topics", type_=ARRAY(BigInteger)))
"""Topics that may become aliases: without a code or an alias, and no operator said that they are none."""
POINT = text(
    """
    UPDATE topics t SET alias_of = found.target, alias_by = :scheme, canonical_id = coalesce(r.canonical_id, r.id)
    FROM unnest(:aliases, :targets) AS found (alias, target) JOIN topics r ON r.id = found.target
    WHERE t.id = found.alias
    """
).bindparams(bindparam("aliases", type_=ARRAY(BigInteger)), bindparam("targets", type_=ARRAY(BigInteger)))
LINK = text(
    """
    INSERT INTO topic_links (narrower_id, broader_id, by) SELECT narrower, broader, :scheme
    FROM unnest(:narrower, :broader) AS found (narrower, broader) ON CONFLICT DO NOTHING
    """
).bindparams(bindparam("narrower", type_=ARRAY(BigInteger)), bindparam("broader", type_=ARRAY(BigInteger)))
RESETTLE = text(
    """
    WITH RECURSIVE below (id, root) AS (
        SELECT id, coalesce(canonical_id, id) FROM topics WHERE id = ANY(:moved)
        UNION SELECT t.id, b.root FROM topics t JOIN below b ON t.alias_of = b.id
    )
    UPDATE topics t SET canonical_id = b.root FROM below b WHERE t.id = b.id AND t.canonical_id IS DISTINCT FROM b.root
    """
).bindparams(bindparam("moved", type_=ARRAY(BigInteger)))
"""Points what is an alias of a topic, by an operator's word, to where that topic leads in the new edition."""
ALIASES = text("SELECT id, canonical_id FROM topics WHERE canonical_id <> id")
OTHER_LINKS = text("SELECT narrower_id, broader_id FROM topic_links")


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a concept and its language, None where that is not said."""

    label: str
    language: str | None = None

    def topic(self) -> Topic:
        """Give the topic of the name."""
        return Topic(slug(self.label), self.label, 1.0, ("declared",), 0, fold(self.label, self.language))


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept: its code, its name, its other names, and the codes of those broader than it."""

    code: str
    name: Name
    others: tuple[Name, ...] = ()
    broader: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load came to: codes, aliases and links that are in force, and links that would have closed a circle."""

    codes: int
    aliases: int
    links: int
    circles: int


async def resolved(connection: AsyncConnection, names: Iterable[Name]) -> dict[str, int]:
    """Give the topic of every name by its slug, in batches."""
    wanted = list({topic.slug: topic for topic in (name.topic() for name in names)}.values())
    found: dict[str, int] = {}
    for at in range(0, len(wanted), BATCH):
        found |= await resolve(connection, wanted[at : at + BATCH])
    return found


async def load(connection: AsyncConnection, scheme: str, concepts: Sequence[Concept]) -> Loaded:
    """Put a taxonomy in force inside the caller's transaction, in place of what it said before."""
    await connection.execute(TAKE_ALIASES)
    before = await aliases_in_force(connection)
    moved = {topic for row in await connection.execute(WERE_ALIASES, {"scheme": scheme}) for topic in row if topic}
    for statement in (*FORGET, UNALIAS):
        await connection.execute(statement, {"scheme": scheme})
    topics = await resolved(connection, (concept.name for concept in concepts))
    by_code = {concept.code: topics[slug(concept.name.label)] for concept in concepts}
    await connection.execute(CODE, {"scheme": scheme, "codes": list(by_code), "topics": list(by_code.values())})
    others = await resolved(connection, (name for concept in concepts for name in concept.others))
    moved |= await unlearn(connection, {*topics.values(), *others.values()})
    aliases = await alias(connection, scheme, concepts, by_code, others)
    links, circles = await link(connection, scheme, concepts, by_code)
    await connection.execute(RESETTLE, {"moved": sorted(moved)})
    await recount(connection, {*moved, *aliases, *aliases.values()})
    after = await aliases_in_force(connection)
    other = {topic for topic, _ in before.items() ^ after.items()}
    await tell(connection, {topic: after.get(topic, topic) for topic in sorted(other)})
    return Loaded(len(by_code), len(aliases), links, circles)


async def aliases_in_force(connection: AsyncConnection) -> dict[int, int]:
    """Give every alias with the topic that it counts as."""
    return {row.id: row.canonical_id for row in await connection.execute(ALIASES)}


async def unlearn(connection: AsyncConnection, named: Iterable[int]) -> set[int]:
    """Take back what was learned of topics that a taxonomy names; give the topics that this moves."""
    found = {"topics": sorted(named)}
    moved = {topic for row in await connection.execute(WERE_LEARNED, found) for topic in row}
    await connection.execute(UNLEARN, found)
    return moved


async def alias(
    connection: AsyncConnection,
    scheme: str,
    concepts: Sequence[Concept],
    by_code: Mapping[str, int],
    others: Mapping[str, int],
) -> dict[int, int]:
    """Make every other name of a concept an alias of it, unless the name is a topic that stands for more already."""
    free = set(await connection.scalars(FREE, {"topics": sorted(set(others.values()))}))
    found: dict[int, int] = {}
    for concept in concepts:
        for name in concept.others:
            topic = others[slug(name.label)]
            if topic in free and topic != by_code[concept.code]:
                found.setdefault(topic, by_code[concept.code])
    await connection.execute(POINT, {"scheme": scheme, "aliases": list(found), "targets": list(found.values())})
    return found


async def link(
    connection: AsyncConnection, scheme: str, concepts: Sequence[Concept], by_code: Mapping[str, int]
) -> tuple[int, int]:
    """Link narrower topics to broader ones; a link that would close a circle with those there are is left out."""
    above: dict[int, set[int]] = {}
    for row in await connection.execute(OTHER_LINKS):
        above.setdefault(row.narrower_id, set()).add(row.broader_id)
    links: list[tuple[int, int]] = []
    circles = 0
    for concept in concepts:
        for code in concept.broader:
            narrower, broader = by_code[concept.code], by_code.get(code)
            if broader is None:
                continue
            if leads_to(above, broader, narrower):
                circles += 1
            elif broader not in above.setdefault(narrower, set()):
                above[narrower].add(broader)
                links.append((narrower, broader))
    await connection.execute(
        LINK, {"scheme": scheme, "narrower": [one for one, _ in links], "broader": [other for _, other in links]}
    )
    return len(links), circles


def leads_to(above: Mapping[int, set[int]], start: int, wanted: int) -> bool:
    """Say whether going up from a topic comes to another, itself included."""
    seen, coming = {start}, [start]
    while coming:
        here = coming.pop()
        if here == wanted:
            return True
        new = above.get(here, set()) - seen
        seen |= new
        coming += new
    return False
