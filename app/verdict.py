"""Decides how an attempt at a submission ends, apart from the store: what is kept, tried again, held back or given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.extraction import Broken, Done, Extracted, Recalled, Refused
from app.queue import claims
from app.queue.claims import Claimed, Ending, Item
from app.queue.retry import RetryPolicy, pause
from app.store.plan import Arrival, Recall

LONGEST_EMBARGO_WAIT = timedelta(days=30)
"""After which an embargoed item is looked at again, and put back."""


@dataclass(frozen=True, slots=True)
class Processed:
    """One claimed submission with what extraction made of its items."""

    submission: Claimed
    results: Sequence[Extracted]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an attempt ends: the submission's state, and the articles and item outcomes to write with it."""

    ending: Ending
    arrivals: tuple[Arrival, ...]
    items: tuple[Item, ...]
    recalls: tuple[Recall, ...] = ()


def judge(processed: Processed, policy: RetryPolicy, now: datetime) -> Verdict:
    """Decide how an attempt ends: what came out is stored now, what broke is tried again until the policy gives up.

    An article under embargo is not stored before its time: its item stays in the queue until then.
    """
    submission = processed.submission
    done = [found for found in processed.results if isinstance(found, Done)]
    held = [found for found in done if is_held(found, now)]
    arrivals = tuple(
        Arrival(submission.id, found.position, submission.received_at, found.article, found.span)
        for found in done
        if found not in held
    )
    recalls = tuple(
        Recall(submission.id, found.position, found.retraction, found.span)
        for found in processed.results
        if isinstance(found, Recalled)
    )
    refused = [found for found in processed.results if isinstance(found, Refused)]
    broken = [found for found in processed.results if isinstance(found, Broken)]
    items = [Item(submission.id, found.position, "rejected", None, found.reason, found.span) for found in refused]
    if not broken:
        ending = waiting(submission, held, now) if held else Ending(submission.id, "done", submission.failures)
        return Verdict(ending, arrivals, tuple(items), recalls)
    failures = submission.failures + 1
    error = printable(broken[0].error)
    wait = pause(policy, failures, spread=submission.id.int % 100 / 100)
    if wait is not None:
        pending = (*(found.position for found in broken), *(found.position for found in held))
        return Verdict(Ending(submission.id, "queued", failures, error, wait, pending), arrivals, tuple(items), recalls)
    items += [
        Item(submission.id, found.position, "failed", None, printable(found.error), found.span) for found in broken
    ]
    if held:
        return Verdict(waiting(submission, held, now), arrivals, tuple(items), recalls)
    some_processed = arrivals or refused or recalls or submission.partly_done
    state: claims.State = "done" if some_processed else "quarantined"
    return Verdict(Ending(submission.id, state, failures, error), arrivals, tuple(items), recalls)


def is_held(found: Done, now: datetime) -> bool:
    """Say whether an article may not be used yet."""
    until = found.article.embargoed_until
    return until is not None and until > now


def waiting(submission: Claimed, held: Sequence[Done], now: datetime) -> Ending:
    """Put a submission back until the first of its embargoes ends."""
    first = min(found.article.embargoed_until or now for found in held)
    pause = min(first - now, LONGEST_EMBARGO_WAIT)
    return Ending(submission.id, "queued", 0, None, pause, tuple(found.position for found in held))


def printable(error: str) -> str:
    """Make an error's text fit for Postgres, which takes no NUL and no lone surrogate, and for a reader."""
    return error.replace("\x00", "").encode("utf-8", "replace").decode()[:2000]


def not_stored(verdict: Verdict, error: str, policy: RetryPolicy) -> Verdict:
    """Turn a verdict that the store refused into a failure of all its articles."""
    failures = verdict.ending.failures + (verdict.ending.state != "queued")
    positions = (
        *(arrival.position for arrival in verdict.arrivals),
        *(recall.position for recall in verdict.recalls),
        *(verdict.ending.pending or ()),
    )
    message = printable(error)
    wait = pause(policy, failures, spread=verdict.ending.id.int % 100 / 100)
    if wait is not None:
        return Verdict(Ending(verdict.ending.id, "queued", failures, message, wait, positions), (), verdict.items)
    failed = tuple(Item(verdict.ending.id, position, "failed", None, message) for position in positions)
    state: claims.State = "done" if verdict.items else "quarantined"
    return Verdict(Ending(verdict.ending.id, state, failures, message), (), verdict.items + failed)
