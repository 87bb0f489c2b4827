"""Decides of each arrival of a batch which article it is and what it means, with what the ones before it did."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from app.pipeline import changes, corrections, identity
from app.pipeline.article import Article
from app.pipeline.changes import Intent, Key, Revise, Sight
from app.pipeline.corrections import Decided
from app.pipeline.url import identity as identity_of
from app.store.meeting import Candidate, Met, Word, confirm
from app.store.plan import Arrival, Outcome, Plan, Revision, Saved, Sighting

UNREAD: Final = b""
"""What a route said where only the fallback could read it: nothing that it says later is the same."""


@dataclass(frozen=True, slots=True)
class Found:
    """The articles that an arrival is one with, the surest first, and the keys that lead to others alone."""

    owners: tuple[UUID, ...]
    strange: tuple[Key, ...]
    left: UUID | None = None
    """The article that held its words, or that it was a copy of, until it turned out to be another."""


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

    What is known to be cut does not, nor what only the fallback could read, nor what comes late: its route has said other
    things since.
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
