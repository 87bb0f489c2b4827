"""Which articles hold which keys: claimed by the first, shared by those that were told apart from it; read under lock.

A key's own row is what concurrent deliveries wait for. Who shares it is read after its holder is locked, whom everybody
locks that would share it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, column, func, select, text
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import TableValuedAlias

from app.pipeline.changes import Key, Known
from app.pipeline.fingerprint import content_hash
from app.pipeline.identity import Profile
from app.pipeline.url import identity
from app.store.tables import article_keys, articles, key_sharers

MOST_SHARERS: Final = 20
"""Articles that may share a key; one that more do says nothing (every item links to the front page)."""
KNOWN: Final = (
    "id", "revision", "field_hash", "source", "modified_at", "received_at", "current_since", "processing", "version",
    "guid", "url", "title", "published_at", "content_hash",
)  # fmt: skip
TEXTS = select(articles.c.id, articles.c.text)
IDS = bindparam("ids", type_=ARRAY(Uuid))
INHERIT = text(
    """
    WITH heirs AS (
        SELECT DISTINCT ON (s.scope, s.key) s.scope, s.key, s.article_id
        FROM article_keys h JOIN key_sharers s ON s.scope = h.scope AND s.key = h.key
        WHERE h.article_id = ANY(:ids) AND NOT s.article_id = ANY(:ids) ORDER BY s.scope, s.key, s.article_id
    ), inherited AS (
        UPDATE article_keys k SET article_id = heirs.article_id FROM heirs
        WHERE k.scope = heirs.scope AND k.key = heirs.key RETURNING k.scope, k.key, k.article_id
    )
    DELETE FROM key_sharers s USING inherited i
    WHERE s.scope = i.scope AND s.key = i.key AND s.article_id = i.article_id
    """
).bindparams(IDS)
UNSHARE = text("DELETE FROM key_sharers WHERE article_id = ANY(:ids)").bindparams(IDS)
GIVE_UP = text(
    """
    DELETE FROM article_keys WHERE (scope, key) IN (
        SELECT scope, key FROM article_keys WHERE article_id = ANY(:ids) ORDER BY scope, key FOR UPDATE)
    """
).bindparams(IDS)
REPOINT = text("UPDATE article_keys SET article_id = :owner WHERE scope = :scope AND key = :key")


def wanted(keys: Iterable[Key]) -> TableValuedAlias:
    """Give keys as rows, out of two arrays: one statement for any number of them, which is compiled and planned once."""
    listed = list(keys)
    scopes = bindparam("scopes", [key.scope for key in listed], ARRAY(Text))
    given = bindparam("given", [key.value for key in listed], ARRAY(BYTEA))
    rows = func.unnest(scopes, given).table_valued(column("scope", Text), column("key", BYTEA), name="wanted")
    return rows.render_derived()


async def claim(connection: AsyncConnection, claimed: Mapping[Key, UUID]) -> dict[Key, UUID]:
    """Claim keys, in their order, for articles; give who really holds them."""
    ordered = sorted(claimed, key=lambda key: (key.scope, key.value))
    await connection.execute(
        upsert(article_keys).on_conflict_do_nothing(),
        [{"scope": key.scope, "key": key.value, "article_id": claimed[key]} for key in ordered],
    )
    asked = wanted(ordered)
    rows = await connection.execute(
        select(article_keys.c.scope, article_keys.c.key, article_keys.c.article_id).join(
            asked, (article_keys.c.scope == asked.c.scope) & (article_keys.c.key == asked.c.key)
        )
    )
    return {Key(scope, bytes(value)): holder for scope, value, holder in rows}


async def hold(connection: AsyncConnection, ids: Collection[UUID], *, for_good: bool = False) -> dict[UUID, Known]:
    """Lock articles, in the order of their ids, and give what must be known of each; those that are gone are left out.

    `for_good` is asked for by whoever deletes them.
    """
    statement = select(*(articles.c[name] for name in KNOWN)).where(articles.c.id.in_(list(ids)))
    rows = await connection.execute(statement.order_by(articles.c.id).with_for_update(key_share=not for_good))
    return {row.id: known_of(row) for row in rows}


def known_of(row: Any) -> Known:
    """Give what is known of the article of a row."""
    return Known(
        revision=row.revision,
        field_hash=bytes(row.field_hash),
        source=row.source,
        modified_at=row.modified_at,
        received_at=row.received_at,
        current_since=row.current_since,
        processing=row.processing,
        version=row.version,
        profile=Profile(
            source=row.source,
            guid=row.guid,
            url=identity(row.url) if row.url else None,
            title=content_hash(row.title, "") if row.title else None,
            published_at=row.published_at,
            version=row.version,
            content=bytes(row.content_hash),
        ),
    )


async def sharers(connection: AsyncConnection, keys: Iterable[Key]) -> dict[Key, set[UUID]]:
    """Give who shares keys besides their first holders."""
    asked = wanted(keys)
    found: dict[Key, set[UUID]] = {}
    of_key = (
        select(key_sharers.c.article_id)
        .where(key_sharers.c.scope == asked.c.scope, key_sharers.c.key == asked.c.key)
        .limit(MOST_SHARERS + 1)
        .lateral("of_key")
    )
    rows = await connection.execute(
        select(asked.c.scope, asked.c.key, of_key.c.article_id).select_from(asked).join(of_key, text("true"))
    )
    for scope, value, article_id in rows:
        found.setdefault(Key(scope, bytes(value)), set()).add(article_id)
    return found


async def texts(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, str]:
    """Give the texts of articles."""
    if not ids:
        return {}
    rows = await connection.execute(TEXTS.where(articles.c.id.in_(list(ids))))
    return {row.id: row.text for row in rows}


async def share(connection: AsyncConnection, shared: Collection[tuple[Key, UUID]]) -> None:
    """Write down that articles share keys that others hold."""
    rows = sorted(shared, key=lambda pair: (pair[0].scope, pair[0].value, pair[1]))
    if rows:
        await connection.execute(
            upsert(key_sharers).on_conflict_do_nothing(),
            [{"scope": key.scope, "key": key.value, "article_id": owner} for key, owner in rows],
        )


async def give_up(connection: AsyncConnection, gone: Collection[UUID]) -> None:
    """Forget what articles were known by; a key that others share is held by the first of those from then on."""
    for statement in (INHERIT, UNSHARE, GIVE_UP):
        await connection.execute(statement, {"ids": list(gone)})


async def hand_over(connection: AsyncConnection, keys: Sequence[tuple[Key, UUID]]) -> None:
    """Give keys to articles that were split off the ones that held them."""
    for key, owner in keys:
        await connection.execute(REPOINT, {"scope": key.scope, "key": key.value, "owner": owner})
