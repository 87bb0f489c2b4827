"""What texts are found by among near-duplicates, and which are tied to which; written by the linker alone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, REAL, BigInteger, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.likeness import Tie
from app.pipeline.stories import Bond

MOST_EACH: Final = 128
"""Texts that are read for one key, the newest: of a phrase that everybody prints, no more than of any other. More than are
linked at once, so that those linked before are among them."""
MOST_NEAR: Final = 12
"""Texts that one is compared with at first, those with most keys in common."""
MOST_ORIGINALS: Final = 8
"""Originals of the stories of all that were found, which it is compared with too."""
LEAST_SHARED: Final = 2
"""Keys; one is shared by many for a phrase of five words."""
IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
OWNED: Final = (bindparam("owners", type_=ARRAY(Uuid)), bindparam("keys", type_=ARRAY(BigInteger)))
KEYS = text("SELECT article_id, keys FROM article_signatures WHERE article_id = ANY(:ids)").bindparams(IDS)
FORGET_KEYS = text(
    """
    DELETE FROM story_keys k
    USING (SELECT article_id, unnest(keys) AS key FROM article_signatures WHERE article_id = ANY(:ids)) held
    WHERE k.key = held.key AND k.article_id = held.article_id
    """
).bindparams(IDS)
FORGET = text("DELETE FROM article_signatures WHERE article_id = ANY(:ids)").bindparams(IDS)
KEEP_KEYS = text(
    """
    INSERT INTO story_keys (key, article_id)
    SELECT key, owner FROM unnest(:owners, :keys) AS found (owner, key) ORDER BY key, owner
    """
).bindparams(*OWNED)
KEEP = text(
    """
    INSERT INTO article_signatures (article_id, keys)
    SELECT owner, array_agg(key ORDER BY key) FROM unnest(:owners, :keys) AS found (owner, key) GROUP BY owner
    """
).bindparams(*OWNED)
LOOK_UP = text(
    """
    WITH found AS MATERIALIZED (
        SELECT owner, article_id, count(*) AS shared
        FROM unnest(:owners, :keys) AS wanted (owner, key) CROSS JOIN LATERAL (
            SELECT article_id FROM story_keys k WHERE k.key = wanted.key ORDER BY article_id DESC LIMIT :most_each
        ) held
        WHERE article_id <> owner GROUP BY owner, article_id HAVING count(*) >= :least_shared
    ), ranked AS (
        SELECT owner, article_id, row_number() OVER (PARTITION BY owner ORDER BY shared DESC, article_id DESC) AS place
        FROM found
    ), originals AS (
        SELECT owner, coalesce(m.duplicate_of, m.article_id) AS article_id,
               row_number() OVER (PARTITION BY owner ORDER BY max(shared) DESC,
                                  coalesce(m.duplicate_of, m.article_id)) AS place
        FROM found JOIN story_members m USING (article_id) GROUP BY owner, coalesce(m.duplicate_of, m.article_id)
    )
    SELECT owner, article_id FROM ranked WHERE place <= :most_near
    UNION SELECT owner, article_id FROM originals WHERE place <= :most_originals AND article_id <> owner
    """
).bindparams(*OWNED)
UNTIE = text("DELETE FROM article_ties WHERE article_id = ANY(:ids) OR other_id = ANY(:ids)").bindparams(IDS)
TIE = text(
    """
    INSERT INTO article_ties (article_id, other_id, rule, score)
    SELECT * FROM unnest(:ones, :others, :rules, :scores) ON CONFLICT (article_id, other_id) DO NOTHING
    """
).bindparams(
    bindparam("ones", type_=ARRAY(Uuid)),
    bindparam("others", type_=ARRAY(Uuid)),
    bindparam("rules", type_=ARRAY(Text)),
    bindparam("scores", type_=ARRAY(REAL)),
)


async def keep(connection: AsyncConnection, gone: Sequence[UUID], keys: Mapping[UUID, Sequence[int]]) -> None:
    """Put texts' keys in the place of what they were found by before; `gone` are found no more."""
    for statement in (FORGET_KEYS, FORGET):
        await connection.execute(statement, {"ids": [*gone, *keys]})
    flat = [(owner, key) for owner, found in keys.items() for key in found]
    if flat:
        for statement in (KEEP_KEYS, KEEP):
            await connection.execute(statement, owned(flat))


def owned(flat: Sequence[tuple[UUID, int]]) -> dict[str, list[UUID] | list[int]]:
    """Give articles with their keys as two lists."""
    return {"owners": [owner for owner, _ in flat], "keys": [key for _, key in flat]}


async def near(connection: AsyncConnection, keys: Mapping[UUID, Sequence[int]]) -> set[frozenset[UUID]]:
    """Give the pairs of these texts and those that share most keys with them, and with the originals of stories near them.

    What a look-up costs is bounded however many texts share a key.
    """
    flat = [(owner, key) for owner, found in keys.items() for key in found]
    if not flat:
        return set()
    limits = {
        "most_each": MOST_EACH,
        "most_near": MOST_NEAR,
        "most_originals": MOST_ORIGINALS,
        "least_shared": LEAST_SHARED,
    }
    rows = await connection.execute(LOOK_UP, owned(flat) | limits)
    return {frozenset((row.owner, row.article_id)) for row in rows}


async def untie(connection: AsyncConnection, articles: Collection[UUID]) -> None:
    """Forget all bonds of these articles."""
    await connection.execute(UNTIE, {"ids": list(articles)})


async def keys_of(connection: AsyncConnection, articles: Collection[UUID]) -> dict[UUID, tuple[int, ...]]:
    """Give the keys of articles, of those that have any."""
    rows = await connection.execute(KEYS, {"ids": list(articles)})
    return {row.article_id: tuple(row.keys) for row in rows}


async def tie(connection: AsyncConnection, bonds: Iterable[Bond]) -> None:
    """Write bonds down, beside those that there are."""
    rows = sorted((*sorted((bond.one, bond.other)), bond.tie.rule, bond.tie.score) for bond in bonds)
    if rows:
        ones, others, rules, scores = (list(column) for column in zip(*rows, strict=True))
        await connection.execute(TIE, {"ones": ones, "others": others, "rules": rules, "scores": scores})


def tie_of(rule: str, score: float) -> Tie:
    """Give a stored tie."""
    return Tie(rule, score)  # type: ignore[arg-type] # only what Tie holds is written
