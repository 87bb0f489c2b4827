"""What texts are found by among near-duplicates, and which are tied to which; written by the linker alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, REAL, BigInteger, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.likeness import Tie
from app.pipeline.stories import Bond

MOST_EACH: Final = 64
"""Texts that are read for one key, the newest: of a phrase that everybody prints, no more than of any other."""
MOST_NEAR: Final = 32
"""Texts that one is compared with, those with most keys in common first; copies of one text are tied to its original too."""
LEAST_SHARED: Final = 2
FORGET_KEYS = text(
    """
    DELETE FROM story_keys k
    USING (SELECT article_id, unnest(keys) AS key FROM article_signatures WHERE article_id = ANY(:ids)) held
    WHERE k.key = held.key AND k.article_id = held.article_id
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
FORGET = text("DELETE FROM article_signatures WHERE article_id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)
KEEP_KEYS = text(
    """
    INSERT INTO story_keys (key, article_id)
    SELECT key, owner FROM unnest(:owners, :keys) AS found (owner, key) ORDER BY key, owner
    """
).bindparams(bindparam("owners", type_=ARRAY(Uuid)), bindparam("keys", type_=ARRAY(BigInteger)))
KEEP = text(
    """
    INSERT INTO article_signatures (article_id, keys)
    SELECT owner, array_agg(key ORDER BY key) FROM unnest(:owners, :keys) AS found (owner, key) GROUP BY owner
    """
).bindparams(bindparam("owners", type_=ARRAY(Uuid)), bindparam("keys", type_=ARRAY(BigInteger)))
LOOK_UP = text(
    """
    SELECT asked.owner, s.article_id, s.keys FROM (
        SELECT owner, article_id, row_number() OVER (
            PARTITION BY owner ORDER BY count(*) DESC, article_id DESC) AS place
        FROM unnest(:owners, :keys) AS wanted (owner, key) CROSS JOIN LATERAL (
            SELECT article_id FROM story_keys k WHERE k.key = wanted.key ORDER BY article_id DESC LIMIT :most_each
        ) found
        WHERE article_id <> owner GROUP BY owner, article_id HAVING count(*) >= :least_shared
    ) asked JOIN article_signatures s USING (article_id) WHERE asked.place <= :most_near
    """
).bindparams(bindparam("owners", type_=ARRAY(Uuid)), bindparam("keys", type_=ARRAY(BigInteger)))
ORIGINALS = text(
    """
    SELECT m.article_id, m.duplicate_of, s.keys FROM story_members m
    JOIN article_signatures s ON s.article_id = m.duplicate_of WHERE m.article_id = ANY(:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
UNTIE = text("DELETE FROM article_ties WHERE article_id = ANY(:ids) OR other_id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)
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
Near = dict[UUID, dict[UUID, tuple[int, ...]]]
"""For each article those that it may be tied to, with their keys."""


async def keep(connection: AsyncConnection, gone: Sequence[UUID], keys: Mapping[UUID, Sequence[int]]) -> None:
    """Put texts' keys in the place of what they were found by before; `gone` are found no more."""
    for statement in (FORGET_KEYS, FORGET):
        await connection.execute(statement, {"ids": [*gone, *keys]})
    flat = [(owner, key) for owner, found in keys.items() for key in found]
    if flat:
        for statement in (KEEP_KEYS, KEEP):
            await connection.execute(
                statement, {"owners": [owner for owner, _ in flat], "keys": [key for _, key in flat]}
            )


async def near(connection: AsyncConnection, keys: Mapping[UUID, Sequence[int]]) -> Near:
    """Give for each text those that share most keys with it, 32 at most, and the originals that those are duplicates of.

    What a look-up costs is bounded however many texts share a key: of each no more than 64 are read.
    """
    flat = [(owner, key) for owner, found in keys.items() for key in found]
    if not flat:
        return {}
    rows = await connection.execute(
        LOOK_UP,
        {
            "owners": [owner for owner, _ in flat],
            "keys": [key for _, key in flat],
            "most_each": MOST_EACH,
            "most_near": MOST_NEAR,
            "least_shared": LEAST_SHARED,
        },
    )
    found: Near = {}
    for row in rows:
        found.setdefault(row.owner, {})[row.article_id] = tuple(row.keys)
    mates = {mate for others in found.values() for mate in others}
    originals = {
        row.article_id: (row.duplicate_of, tuple(row.keys))
        for row in await connection.execute(ORIGINALS, {"ids": list(mates)})
    }
    for owner, others in found.items():
        others |= dict(originals[mate] for mate in list(others) if mate in originals and originals[mate][0] != owner)
    return found


async def tie(connection: AsyncConnection, anew: Sequence[UUID], bonds: Iterable[Bond]) -> None:
    """Put bonds in the place of all that these articles had."""
    await connection.execute(UNTIE, {"ids": list(anew)})
    rows = sorted((*sorted((bond.one, bond.other)), bond.tie.rule, bond.tie.score) for bond in bonds)
    if rows:
        ones, others, rules, scores = (list(column) for column in zip(*rows, strict=True))
        await connection.execute(TIE, {"ones": ones, "others": others, "rules": rules, "scores": scores})


def tie_of(rule: str, score: float) -> Tie:
    """Give a stored tie."""
    return Tie(rule, score)  # type: ignore[arg-type] # only what Tie holds is written
