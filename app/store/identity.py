"""Finds out which stored articles a batch of arrivals meets, and decides each arrival with what the ones before it did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy import Text, column, select, values
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline import changes, corrections
from app.pipeline.changes import Intent, Key, Known, Revise, Sight
from app.pipeline.corrections import Correction, Decided
from app.store.corrections import graves_and_corrections
from app.store.plan import Arrival, Outcome, Plan, Revision, Saved, Sighting
from app.store.tables import article_keys, articles, sightings


@dataclass(frozen=True, slots=True)
class Candidate:
    """An arrival with the keys of its article, and the id that it takes if it is new."""

    id: UUID
    arrival: Arrival
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Met:
    """What the batch's keys lead to: owners by key, the state, graves and routes of those owners.

    `known`, `corrections`, `routes` and `merged` (candidates that turned out to be another article) move on with each
    decision.
    """

    owners: Mapping[Key, UUID]
    known: dict[UUID, Known] = field(default_factory=dict)
    dead: frozenset[UUID] = frozenset()
    routes: set[tuple[UUID, bytes]] = field(default_factory=set)
    merged: dict[UUID, UUID] = field(default_factory=dict)
    corrections: dict[UUID, Correction] = field(default_factory=dict)


async def meet(connection: AsyncConnection, batch: Sequence[Candidate]) -> Met:
    """Claim every key for its candidate, read who really owns it, and lock the articles that were there before."""
    claimed: dict[Key, UUID] = {}
    for candidate in batch:
        for key in candidate.keys:
            claimed.setdefault(key, candidate.id)
    ordered = sorted(claimed, key=lambda key: (key.scope, key.value))
    await connection.execute(
        upsert(article_keys).on_conflict_do_nothing(),
        [{"scope": key.scope, "key": key.value, "article_id": claimed[key]} for key in ordered],
    )
    wanted = values(column("scope", Text), column("key", BYTEA), name="wanted").data(
        [(key.scope, key.value) for key in ordered]
    )
    rows = await connection.execute(
        select(article_keys.c.scope, article_keys.c.key, article_keys.c.article_id).join(
            wanted, (article_keys.c.scope == wanted.c.scope) & (article_keys.c.key == wanted.c.key)
        )
    )
    owners = {Key(scope, bytes(value)): owner for scope, value, owner in rows}
    return await read_owners(connection, owners, set(owners.values()) - {candidate.id for candidate in batch})


async def read_owners(connection: AsyncConnection, owners: Mapping[Key, UUID], older: set[UUID]) -> Met:
    """Lock and read the articles that the keys led to, their graves and the routes they came by."""
    if not older:
        return Met(owners)
    rows = await connection.execute(
        select(
            articles.c.id,
            articles.c.revision,
            articles.c.field_hash,
            articles.c.source,
            articles.c.modified_at,
            articles.c.received_at,
            articles.c.current_since,
            articles.c.processing,
            articles.c.version,
        )
        .where(articles.c.id.in_(older))
        .order_by(articles.c.id)
        .with_for_update(key_share=True)
    )
    known = {row.id: Known(*row[1:]) for row in rows}
    graves, said = await graves_and_corrections(connection, older)
    routes = await connection.execute(
        select(sightings.c.article_id, sightings.c.route).where(sightings.c.article_id.in_(older))
    )
    return Met(owners, known, graves, {(owner, bytes(route)) for owner, route in routes}, corrections=said)


def decide(batch: Sequence[Candidate], met: Met) -> Plan:
    """Decide arrivals in order, each seeing what the ones before it will have done.

    Ends before an arrival that revises what the plan itself writes: every revision is kept, so that one must wait
    until the plan is carried out. `plan.saved` says how far it came.
    """
    plan = Plan()
    for candidate in batch:
        owners = [met.merged.get(met.owners[key], met.owners[key]) for key in candidate.keys]
        owner = next((owner for owner in owners if owner in met.known or owner in met.dead), candidate.id)
        if owner in met.dead:
            outcome: Outcome = "deleted"
        else:
            arrival, known = candidate.arrival, met.known.get(owner)
            decided = corrections.decide(arrival.article, arrival.received_at, known, met.corrections.get(owner))
            if isinstance(decided.intent, Revise) and (owner in plan.inserts or owner in plan.revisions):
                break
            arrival = replace(arrival, article=decided.article)
            outcome = note(plan, met, arrival, owner, decided.intent)
            note_reading(plan, met, arrival, owner, decided)
        if owner != candidate.id:
            met.merged[candidate.id] = plan.merged[candidate.id] = owner
        plan.saved.append(Saved(outcome, owner))
    return plan


def note(plan: Plan, met: Met, arrival: Arrival, owner: UUID, intent: Intent) -> Outcome:
    """Note a decided arrival in the plan, and what it makes of the article for the arrivals after it."""
    came_before = note_sighting(plan, met, arrival, owner)
    known = met.known.get(owner)
    if isinstance(intent, Sight):
        return "unchanged" if came_before else "duplicate"
    met.known[owner] = changes.after(arrival.article, arrival.received_at, known)
    if known is None:
        plan.inserts[owner] = arrival
        return "stored"
    plan.revisions[owner] = Revision(known.revision + 1, arrival, known.received_at)
    return "revised"


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


def note_sighting(plan: Plan, met: Met, arrival: Arrival, owner: UUID) -> bool:
    """Add the arrival to the article's sightings; say whether it had come by that route before."""
    route = (owner, changes.route(arrival.article.source, arrival.article.url))
    came_before = route in met.routes
    met.routes.add(route)
    if (sighting := plan.sightings.get(route)) is None:
        plan.sightings[route] = Sighting(arrival, arrival.received_at)
    else:
        sighting.count += 1
        sighting.last_at = max(sighting.last_at, arrival.received_at)
    return came_before
