"""Links near-duplicates into stories: reads the change feed like any other reader, in its order, one linker at a time.

Two copies that arrive at once do not see each other in their own transactions; whoever reads what is committed sees both.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.likeness import Wording, look_up_keys, promising, tied, wording
from app.pipeline.stories import Bond, Told, is_bond
from app.store import signatures, stories

log = structlog.get_logger()

MOST_LINKED: Final = 64
"""Changes that are linked in one transaction."""
REMEMBERED: Final = 512
"""Texts whose wording is kept at hand: copies of one text come close together."""
NEXT = text(
    """
    SELECT c.seq, c.kind, c.article_id, c.other_id FROM change_feed f
    JOIN changes c ON c.seq > f.linked_seq ORDER BY c.seq LIMIT :most
    """
)
ADVANCE = text("UPDATE change_feed SET linked_seq = :seq")
TEXTS = text("SELECT id, revision, text FROM articles WHERE id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)
GONE: Final = frozenset({"deleted", "retracted", "merged"})
THERE: Final = frozenset({"created", "revised", "split"})


class Linker:
    """Carries out what changes mean for stories; its memory is only a cache."""

    def __init__(self) -> None:
        self.wordings: dict[tuple[UUID, int], Wording] = {}

    async def link(self, connection: AsyncConnection) -> bool:
        """Link what the next changes touched, inside the caller's transaction; False where nothing was due."""
        if not await connection.scalar(stories.TRY_LINK):
            return False
        rows = (await connection.execute(NEXT, {"most": MOST_LINKED})).all()
        if not rows:
            return False
        touched = {row.article_id for row in rows if row.kind in GONE | THERE}
        touched |= {row.other_id for row in rows if row.kind in {"merged", "split"}}
        if touched:
            await self.place(connection, touched)
        await connection.execute(ADVANCE, {"seq": rows[-1].seq})
        return True

    async def place(self, connection: AsyncConnection, touched: Collection[UUID]) -> None:
        """Tie articles to those that tell the same, and decide their stories anew."""
        there = await self.read(connection, touched)
        gone = [one for one in touched if one not in there]
        keys = {one: look_up_keys(found.shingles) for one, found in there.items()}
        await signatures.keep(connection, gone, keys)
        await signatures.untie(connection, touched)
        await self.compare(connection, await signatures.near(connection, keys))
        await stories.settle(connection, touched, self.compare)
        await stories.forget(connection, gone)

    async def compare(self, connection: AsyncConnection, pairs: Collection[frozenset[UUID]]) -> list[Bond]:
        """Compare the texts of pairs of articles, and write their bonds down; those whose keys rule it out are not read."""
        keys = await signatures.keys_of(connection, {one for pair in pairs for one in pair})
        likely = [(one, other) for one, other in map(sorted, pairs) if may_be_alike(one, other, keys)]
        wanted = {one for pair in likely for one in pair}
        texts = await self.read(connection, wanted)
        told = await stories.told_of(connection, wanted)
        bonds = [bond for pair in likely for bond in bond_of(pair, texts, told)]
        await signatures.tie(connection, bonds)
        return bonds

    async def read(self, connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Wording]:
        """Give the wording of articles, of those that are there."""
        if not ids:
            return {}
        found: dict[UUID, Wording] = {}
        for row in await connection.execute(TEXTS, {"ids": list(ids)}):
            key = (row.id, row.revision)
            found[row.id] = self.wordings.pop(key) if key in self.wordings else wording_of(row.id, row.text)
            self.wordings[key] = found[row.id]  # the last one in, so that the first is the one longest unused
        for key in list(self.wordings)[: max(0, len(self.wordings) - REMEMBERED)]:
            del self.wordings[key]
        return found


def may_be_alike(one: UUID, other: UUID, keys: Mapping[UUID, Sequence[int]]) -> bool:
    """Say by their keys whether two texts may be tied."""
    if one not in keys or other not in keys:
        return False
    return promising(keys[one], keys[other], len({*keys[one]}.intersection(keys[other])))


def wording_of(article_id: UUID, printed: str) -> Wording:
    """Give the wording of a text; of one that cannot be compared that of no text, so that it holds up no other."""
    try:
        return wording(printed)
    except Exception:
        log.exception("text_not_compared", article_id=str(article_id))
        return wording("")


def bond_of(pair: Sequence[UUID], texts: dict[UUID, Wording], told: dict[UUID, Told]) -> list[Bond]:
    """Give the bond of two articles, none where they are not tied or one is gone."""
    one, other = pair
    if not {one, other} <= texts.keys() & told.keys():
        return []
    tie = tied(texts[one], texts[other])
    return [Bond(one, other, tie)] if tie and is_bond(told[one], told[other], tie) else []
