"""Finds out which stored articles a batch of arrivals meets, and decides each arrival with what the ones before it did."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline import changes, corrections, identity
from app.pipeline.article import Article
from app.pipeline.changes import Intent, Key, Known, Revise, Sight
from app.pipeline.corrections import Correction, Decided
from app.pipeline.identity import Profile
from app.pipeline.url import identity as identity_of
from app.store import holders
from app.store.corrections import graves_and_corrections
from app.store.holders import MOST_SHARERS
from app.store.plan import Arrival, Outcome, Plan, Revision, Saved, Sighting
from app.store.tables import sightings

TRIES: Final = 3
"""How often keys are looked at again whose article went while it was waited for."""


UNREAD: Final = b""
"""What a route said where only the fallback could read it: nothing that it says later is the same."""


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


@dataclass(frozen=True, slots=True)
class Found:
    """The articles that an arrival is one with, the surest first, and the keys that lead to others alone."""

    owners: tuple[UUID, ...]
    strange: tuple[Key, ...]
    left: UUID | None = None
    """The article that held its words, or that it was a copy of, until it turned out to be another."""


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


def find(candidate: Candidate, met: Met) -> Found:
    """Find the articles that an arrival is one with, by its keys, the strongest first."""
    owners: list[UUID] = []
    strange: list[Key] = []
    left: UUID | None = None
    for key in candidate.keys:
        held = met.holders(key)
        if not held:
            continue
        peers = [one for one in held if key.scope != "guid" or is_of(candidate.profile.source, one, met)] or held
        fitting = [one for one in held if fits(candidate, one, key, met, alone=peers == [one])]
        if fitting:
            owners.append(max(fitting, key=lambda one: rank(candidate, one, met)))
        else:
            strange.append(key)
            if held[0] in met.known and (key.scope == "content" or has_left(candidate, held[0], met)):
                left = held[0]
    return Found(tuple(dict.fromkeys(owners)), tuple(strange), left)


def is_of(source: str | None, article: UUID, met: Met) -> bool:
    """Say whether an article is of a source, or was deleted; a guid is a name within one source."""
    known = met.known.get(article)
    return known is None or known.source == source


def rank(candidate: Candidate, article: UUID, met: Met) -> int:
    """Rank what speaks for one article."""
    known = met.known.get(article)
    if known is not None:
        return identity.kinship(candidate.profile, known.profile)
    dead = met.dead.get(article)
    return identity.kinship(identity.remains(candidate.profile), dead) if dead else 0


def fits(candidate: Candidate, article: UUID, key: Key, met: Met, *, alone: bool) -> bool:
    """Say whether an arrival may be an article that holds one of its keys; of a shared key, only what speaks for it is."""
    known = met.known.get(article)
    if known is None:
        dead = met.dead.get(article)
        if dead and identity.is_another(identity.remains(candidate.profile), dead, key.scope):
            return False
        return alone or key.scope == "content" or rank(candidate, article, met) > 0
    keeper = met.keepers.get((article, candidate.arrival.submission_id))
    if keeper and keeper is not candidate and identity.told_apart(candidate.profile, keeper.profile, "url"):
        return False
    if identity.told_apart(candidate.profile, known.profile, key.scope) or has_left(candidate, article, met):
        return False
    return alone or identity.kinship(candidate.profile, known.profile) > 0


def has_left(candidate: Candidate, article: UUID, met: Met) -> bool:
    """Say whether an arrival is a copy that goes its own way: what it says, the article never said.

    An excerpt does not, nor what only the fallback could read, nor what comes late: its route has said other things since.
    """
    arrival = candidate.arrival
    word = met.routes.get((article, changes.route(arrival.article.source, arrival.article.url)))
    late = word is not None and word.at > arrival.received_at
    if late or arrival.article.truncated or arrival.article.processing == "fallback":
        return False
    words = [key for key in candidate.keys if key.scope == "content"]
    said = any(article in met.holders(key) for key in words)
    return bool(words) and not said and changes.is_its_own(candidate.profile, met.known[article])


def decide(batch: Sequence[Candidate], met: Met) -> Plan:
    """Decide arrivals in order, each seeing what the ones before it will have done.

    Ends before an arrival that revises what the plan itself writes: every revision is kept, so that one must wait
    until the plan is carried out. `plan.saved` says how far it came. Ends too before an arrival that shows that two
    stored articles are one; `plan.one` says which.
    """
    plan = Plan()
    for candidate in batch:
        found = find(candidate, met)
        owner = next(iter(found.owners), candidate.id)
        if (pair := one_article(found, met)) is not None:
            plan.one = None if {*pair} & {*plan.inserts, *plan.revisions} else pair
            break
        if owner in met.dead:
            outcome: Outcome = "deleted"
        else:
            arrival, known = candidate.arrival, met.known.get(owner)
            decided = corrections.decide(arrival.article, arrival.received_at, known, met.corrections.get(owner))
            if isinstance(decided.intent, Revise) and says_again(met, owner, decided.article):
                decided = Decided(Sight(), decided.article)
            if isinstance(decided.intent, Revise) and (owner in plan.inserts or owner in plan.revisions):
                break
            arrival = replace(arrival, article=decided.article)
            outcome = note(plan, met, arrival, owner, decided.intent)
            note_reading(plan, met, arrival, owner, decided)
            note_keys(plan, met, owner, found)
        if owner != candidate.id:
            met.merged[candidate.id] = plan.merged[candidate.id] = owner
        plan.saved.append(Saved(outcome, owner))
    return plan


def one_article(found: Found, met: Met) -> tuple[UUID, UUID] | None:
    """Give two stored articles that an arrival shows to be one, where more speaks for that than the arrival alone."""
    living = [one for one in found.owners if one in met.known]
    for other in living[1:]:
        one, two = met.known[living[0]].profile, met.known[other].profile
        apart = (
            shares_key(living[0], other, met)
            or frozenset((living[0], other)) in met.parted
            or changes.is_its_own(one, met.known[other])
            or changes.is_its_own(two, met.known[living[0]])
        )
        if apart or identity.kinship(one, two) == 0:
            continue
        if identity.alike(one, two) or not identity.other_guid(one, two):
            return living[0], other
    return None


def shares_key(one: UUID, other: UUID, met: Met) -> bool:
    """Say whether two articles were told apart before: both hold a key."""
    return any(
        {one, other} <= {met.now(owner) for owner in (met.owners[key], *ids)} for key, ids in met.sharers.items()
    )


def note_keys(plan: Plan, met: Met, owner: UUID, found: Found) -> None:
    """Note that an article shares the keys that others hold, and that its words are its own where it was split off."""
    if found.left is not None:
        words = tuple(key for key in found.strange if key.scope == "content")
        met.owners.update(dict.fromkeys(words, owner))
        plan.split[owner] = (plan.split.get(owner, ((), found.left))[0] + words, found.left)
    for key in found.strange:
        if found.left is not None and key.scope == "content":
            continue
        if owner not in met.sharers.setdefault(key, set()):
            met.sharers[key].add(owner)
            plan.shared.append((key, owner))


def note(plan: Plan, met: Met, arrival: Arrival, owner: UUID, intent: Intent) -> Outcome:
    """Note a decided arrival in the plan, and what it makes of the article for the arrivals after it."""
    came_before = note_sighting(plan, met, arrival, owner)
    known = met.known.get(owner)
    if isinstance(intent, Sight):
        note_name(plan, met, arrival, owner)
        confirm(met.known, owner, arrival.article.source, arrival.article.field_hash, arrival.received_at)
        return "unchanged" if came_before else "duplicate"
    met.known[owner] = changes.after(arrival.article, arrival.received_at, known, arrival.submission_id)
    if known is None:
        plan.inserts[owner] = arrival
        return "stored"
    plan.revisions[owner] = Revision(known.revision + 1, arrival, known.received_at)
    return "revised"


def note_name(plan: Plan, met: Met, arrival: Arrival, owner: UUID) -> None:
    """Note the URL or guid that the publisher of an article did not give before: a name is no news, and no order decides about it."""
    known, article = met.known[owner], arrival.article
    had = known.profile
    url = had.url or (identity_of(article.url) if article.url else None)
    guid = had.guid or article.guid
    if article.source == known.source and (url, guid) != (had.url, had.guid):
        plan.named.append((owner, arrival))
        met.known[owner] = replace(known, profile=replace(had, url=url, guid=guid))


def note_reading(plan: Plan, met: Met, arrival: Arrival, owner: UUID, decided: Decided) -> None:
    """Note what was read under a correction; where no revision comes of it, the article follows the arrival unseen."""
    if decided.moved is None:
        return
    met.corrections[owner] = plan.corrections[owner] = decided.moved
    if isinstance(decided.intent, Revise):
        plan.followed.pop(owner, None)
    else:
        plan.followed[owner] = arrival
        met.known[owner] = replace(met.known[owner], current_since=arrival.received_at)


def says_again(met: Met, owner: UUID, article: Article) -> bool:
    """Say whether the publisher's route to an article said the same the last time: it is no news, whatever others said since.

    Where versions or times of modification tell which is newer, they decide.
    """
    known, word = met.known.get(owner), met.routes.get((owner, changes.route(article.source, article.url)))
    if known is None or word is None or changes.ordered(article, known):
        return False
    return (article.source, article.field_hash) == (known.source, word.said)


def note_sighting(plan: Plan, met: Met, arrival: Arrival, owner: UUID) -> bool:
    """Add the arrival to the article's sightings; say whether it had come by that route before."""
    route = (owner, changes.route(arrival.article.source, arrival.article.url))
    before, known = met.routes.get(route), met.known.get(owner)
    poorer = known is not None and known.processing == "full" and arrival.article.processing == "fallback"
    said = UNREAD if poorer else arrival.article.field_hash
    if before is None or arrival.received_at >= before.at:
        met.routes[route] = Word(said, arrival.received_at)
    if (sighting := plan.sightings.get(route)) is None:
        plan.sightings[route] = Sighting(arrival, arrival.received_at, said)
    else:
        sighting.add(arrival, said)
    return before is not None


def candidates(arrivals: Iterable[Arrival], ids: Iterable[UUID]) -> list[Candidate]:
    """Give arrivals as candidates, under these ids."""
    return [
        Candidate(id_, arrival, changes.keys(arrival.article), identity.profile(arrival.article, arrival.submission_id))
        for arrival, id_ in zip(arrivals, ids, strict=False)
    ]
