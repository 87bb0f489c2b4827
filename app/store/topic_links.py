"""Which topics are one, and which are narrower than others: data that operators and taxonomies change.

Articles keep what they print. A topic that is an alias counts and is found as the topic at the end of its chain, at
once and for all that is stored; taken back, its articles are its own again.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ARRAY, BigInteger, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.article import Topic
from app.pipeline.slug import fold, slug
from app.store.changes import Change, note
from app.store.topic_counts import TAKE_ALIASES, recount
from app.store.topics import resolve

OPERATOR: Final = "operator"
LEARNED: Final = "acronym"
"""Who says that a topic is an alias, beside taxonomies by their schemes: operators, and what the archive reads of acronyms."""
CHAIN = text(
    """
    WITH RECURSIVE chain (id, alias_of) AS (
        SELECT id, alias_of FROM topics WHERE id = :topic
        UNION SELECT t.id, t.alias_of FROM topics t JOIN chain c ON t.id = c.alias_of
    )
    SELECT id FROM chain
    """
)
"""A topic and all that it is an alias of."""
POINT = text("UPDATE topics SET alias_of = :target, alias_by = :by WHERE id = :alias")
SETTLE = text(
    """
    WITH RECURSIVE below (id) AS (
        SELECT CAST(:topic AS bigint)
        UNION SELECT t.id FROM topics t JOIN below b ON t.alias_of = b.id
    )
    UPDATE topics t SET canonical_id = :root FROM below b WHERE t.id = b.id RETURNING t.id
    """
)
"""Points a topic and all its aliases to the end of their chain."""
ROOT = text("SELECT coalesce(canonical_id, id) FROM topics WHERE id = :topic")
SLUGS = text("SELECT id, slug FROM topics WHERE id = ANY(:topics)").bindparams(
    bindparam("topics", type_=ARRAY(BigInteger))
)
ALIAS_OF = text("SELECT alias_of FROM topics WHERE id = :topic")
ABOVE = text(
    """
    WITH RECURSIVE above (id) AS (
        SELECT CAST(:topic AS bigint)
        UNION SELECT l.broader_id FROM topic_links l JOIN above a ON l.narrower_id = a.id
    )
    SELECT EXISTS (SELECT FROM above WHERE id = :other)
    """
)
"""Whether `other` is among the topics that a topic is narrower than, itself included."""
LINK = text(
    "INSERT INTO topic_links (narrower_id, broader_id, by) VALUES (:narrower, :broader, :by) ON CONFLICT DO NOTHING"
)
UNLINK = text("DELETE FROM topic_links WHERE narrower_id = :narrower AND broader_id = :broader")


class Circle(Exception):  # noqa: N818 - it is answered as a conflict
    """A link that would make a topic its own alias, or broader than itself."""


def topic_named(name: str) -> Topic:
    """Give a topic as an operator names it: by its slug, whose words are then its label."""
    label = name.replace("-", " ")
    return Topic(slug(name), label, 1.0, ("declared",), 0, fold(label))


async def made(connection: AsyncConnection, name: str) -> int:
    """Give the topic of a slug, making it where no article has printed it yet.

    Waits first until nobody counts: a writer that met the new topic would wait for us, while we waited for it.
    """
    await connection.execute(TAKE_ALIASES)
    topic = topic_named(name)
    return (await resolve(connection, [topic]))[topic.slug]


async def root_of(connection: AsyncConnection, topic: int) -> int:
    """Give the topic at the end of a topic's chain of aliases."""
    found: int = await connection.scalar(ROOT, {"topic": topic})
    return found


async def add_alias(connection: AsyncConnection, topic: int, alias: int, *, by: str = OPERATOR) -> None:
    """Make a topic an alias of another, with all that is an alias of it; raises Circle."""
    await connection.execute(TAKE_ALIASES)
    if alias in set(await connection.scalars(CHAIN, {"topic": topic})):
        raise Circle
    before, after = await root_of(connection, alias), await root_of(connection, topic)
    await connection.execute(POINT, {"alias": alias, "target": topic, "by": by})
    if before == after:
        return
    await settle(connection, alias, after)
    await recount(connection, {before, after, alias})
    await tell(connection, {alias: after})


async def remove_alias(connection: AsyncConnection, topic: int, alias: int, *, by: str | None = OPERATOR) -> bool:
    """Let an alias stand for itself again, with what is an alias of it; False where it was none of this topic.

    That an operator said so is kept: neither a taxonomy nor what is learned makes it an alias again.
    """
    await connection.execute(TAKE_ALIASES)
    if await connection.scalar(ALIAS_OF, {"topic": alias}) != topic:
        return False
    before = await root_of(connection, alias)
    await connection.execute(POINT, {"alias": alias, "target": None, "by": by})
    await settle(connection, alias, alias)
    await recount(connection, {before, alias})
    await tell(connection, {alias: alias})
    return True


async def tell(connection: AsyncConnection, moved: Mapping[int, int]) -> None:
    """Tell the change feed which topics count as which from now on."""
    rows = await connection.execute(SLUGS, {"topics": sorted({*moved, *moved.values()})})
    slugs = {row.id: row.slug for row in rows}
    await note(connection, [Change("aliased", topic=slugs[root], alias=slugs[alias]) for alias, root in moved.items()])


async def tell_place(connection: AsyncConnection, narrower: int) -> None:
    """Tell the change feed that what is broader than a topic changed."""
    rows = await connection.execute(SLUGS, {"topics": [narrower]})
    await note(connection, [Change("retopiced", topic=row.slug) for row in rows])


async def settle(connection: AsyncConnection, topic: int, root: int) -> None:
    """Let a topic and all its aliases count as `root`."""
    await connection.execute(SETTLE, {"topic": topic, "root": root})


async def add_broader(connection: AsyncConnection, narrower: int, broader: int) -> None:
    """Say that a topic is narrower than another; raises Circle."""
    await connection.execute(TAKE_ALIASES)
    if await connection.scalar(ABOVE, {"topic": broader, "other": narrower}):
        raise Circle
    linked = await connection.execute(LINK, {"narrower": narrower, "broader": broader, "by": OPERATOR})
    if linked.rowcount:
        await tell_place(connection, narrower)


async def remove_broader(connection: AsyncConnection, narrower: int, broader: int) -> bool:
    """Take such a link back; False where there was none."""
    await connection.execute(TAKE_ALIASES)
    unlinked = await connection.execute(UNLINK, {"narrower": narrower, "broader": broader})
    if unlinked.rowcount:
        await tell_place(connection, narrower)
    return unlinked.rowcount > 0
