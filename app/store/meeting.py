"""Finds out which stored articles a batch of arrivals meets: claims their keys, and reads and locks what those lead to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline import changes, identity
from app.pipeline.changes import Key, Known
from app.pipeline.corrections import Correction
from app.pipeline.identity import Profile
from app.store import holders
from app.store.corrections import graves_and_corrections
from app.store.holders import MOST_SHARERS
from app.store.plan import Arrival
from app.store.tables import sightings

TRIES: Final = 3
"""How often keys are looked at again whose article went while it was waited for."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An arrival with the keys and the profile of its article, and the id that it takes if it is new."""

    id: UUID
    arrival: Arrival
    keys: tuple[Key, ...]
    profile: Profile


@dataclass(frozen=True, slots=True)
class Word:
    """What a route said of an article the last time, hashed, and when that was."""

    said: bytes | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Met:
    """What the batch's keys lead to: owners by key, who shares it, and the state, graves and routes of those articles.

    `routes` gives what each route said last, and when. `keepers` says which candidate of several of one submission a stored article is, where they cannot all be it; `parted`
    which pairs somebody told apart. `owners`, `known`, `corrections`, `routes`, `sharers` and `merged` (articles and candidates that
    turned out to be another article) move on with each decision.
    """

    owners: dict[Key, UUID]
    known: dict[UUID, Known] = field(default_factory=dict)
    dead: Mapping[UUID, Profile | None] = field(default_factory=dict)
    routes: dict[tuple[UUID, bytes], Word] = field(default_factory=dict)
    merged: dict[UUID, UUID] = field(default_factory=dict)
    corrections: dict[UUID, Correction] = field(default_factory=dict)
    sharers: dict[Key, set[UUID]] = field(default_factory=dict)
    keepers: Mapping[tuple[UUID, UUID], Candidate] = field(default_factory=dict)
    parted: set[frozenset[UUID]] = field(default_factory=set)

    def now(self, article: UUID) -> UUID:
        """Give the article that an article or a candidate is by now."""
        while article in self.merged:
            article = self.merged[article]
        return article

    def holders(self, key: Key) -> list[UUID]:
        """Give the articles that hold a key and are there, or were deleted; none of a key that too many share."""
        found = dict.fromkeys(self.now(one) for one in (self.owners[key], *sorted(self.sharers.get(key, ()))))
        there = [one for one in found if one in self.known or one in self.dead]
        return there if len(there) <= MOST_SHARERS else []


def candidates(arrivals: Iterable[Arrival], ids: Iterable[UUID]) -> list[Candidate]:
    """Give arrivals as candidates, under these ids."""
    return [
        Candidate(id_, arrival, changes.keys(arrival.article), identity.profile(arrival.article, arrival.submission_id))
        for arrival, id_ in zip(arrivals, ids, strict=False)
    ]


async def meet(connection: AsyncConnection, batch: Sequence[Candidate]) -> Met:
    """Claim every key for its candidate, read who really holds it, and lock the articles that were there before."""
    claimed: dict[Key, UUID] = {}
    for candidate in batch:
        for key in candidate.keys:
            claimed.setdefault(key, candidate.id)
    met, certain = await lock(connection, claimed)
    for _ in range(TRIES):
        if not certain:
            met, certain = await lock(connection, claimed)
    if not met.known and not met.dead:
        return met
    await read_doubted(connection, batch, met)
    return replace(met, keepers=keepers(batch, met))


async def lock(connection: AsyncConnection, claimed: Mapping[Key, UUID]) -> tuple[Met, bool]:
    """Give what keys lead to, locked, and whether nothing of that was merged or withdrawn before it could be locked."""
    held = await holders.claim(connection, claimed)
    owners = {**claimed, **held}
    older = set(held.values()) - set(claimed.values())
    if not older:
        return Met(owners), len(held) == len(claimed)
    known = await holders.hold(connection, older)
    shared = await holders.sharers(connection, [key for key, owner in owners.items() if owner in older])
    if others := {one for ids in shared.values() for one in ids} - older:
        known |= await holders.hold(connection, others)
    graves, said = await graves_and_corrections(connection, older | others)
    seen = sightings.c
    there = seen.article_id.in_(older | others)
    statement = select(seen.article_id, seen.route, seen.source, seen.said, seen.last_at).where(there)
    rows = (await connection.execute(statement)).all()
    for row in rows:
        confirm(known, row.article_id, row.source, row.said, row.last_at)
    routes = {(row.article_id, bytes(row.route)): Word(row.said, row.last_at) for row in rows}
    certain = len(held) == len(claimed) and older <= known.keys() | graves.keys()
    return Met(owners, known, graves, routes, corrections=said, sharers=shared), certain


def confirm(known: dict[UUID, Known], article: UUID, source: str | None, said: bytes | None, at: datetime) -> None:
    """Let an article be as new as the last time that its publisher said the same again.

    Else a delivery of between, that comes late, would count as newer than what was said before it and after it.
    """
    there = known.get(article)
    if there and source == there.source and said == there.field_hash and at > there.current_since:
        known[article] = replace(there, current_since=at)


async def read_doubted(connection: AsyncConnection, batch: Sequence[Candidate], met: Met) -> None:
    """Read the texts of articles of which only their words can say whether an arrival is one with them."""
    beside = Counter((candidate.arrival.submission_id, key) for candidate in batch for key in candidate.keys)
    doubted: set[UUID] = set()
    for candidate in batch:
        led = {key: [one for one in met.holders(key) if one in met.known] for key in candidate.keys}
        several = len({one for ids in led.values() for one in ids}) > 1
        for key, ids in led.items():
            if several or beside[candidate.arrival.submission_id, key] > 1:
                doubted.update(ids)
            else:
                mine = candidate.profile
                doubted.update(one for one in ids if identity.doubt(mine, met.known[one].profile, key.scope))
    for one, text in (await holders.texts(connection, doubted)).items():
        met.known[one] = replace(met.known[one], profile=met.known[one].profile.with_text(text))


def keepers(batch: Sequence[Candidate], met: Met) -> dict[tuple[UUID, UUID], Candidate]:
    """Give for each stored article and submission the candidate that is most like it, where several lead to it."""
    leading: defaultdict[tuple[UUID, UUID], list[Candidate]] = defaultdict(list)
    for candidate in batch:
        for one in {one for key in candidate.keys for one in met.holders(key) if one in met.known}:
            leading[one, candidate.arrival.submission_id].append(candidate)
    return {
        place: max(found, key=lambda one: identity.kinship(one.profile, met.known[place[0]].profile))
        for place, found in leading.items()
        if len(found) > 1
    }
