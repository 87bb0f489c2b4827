"""Decides how an attempt at a submission ends, apart from the store: what is kept, tried again, held back or given up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.extraction import NONE_LEFT, Broken, Done, Extracted, Recalled, Refused
from app.queue import claims
from app.queue.claims import Claimed, Ending, Item
from app.queue.retry import RetryPolicy, pause
from app.store.plan import Arrival, Recall

LONGEST_EMBARGO_WAIT = timedelta(days=30)
"""After which an embargoed item is looked at again, and put back."""
NOTHING_BUT_HELD_WAIT = timedelta(minutes=1)
"""After which a submission goes on of which all that there was time for is under embargo."""


@dataclass(frozen=True, slots=True)
class Processed:
    """One claimed submission with what extraction made of its items; for those in `left` (None for all) there was no time.

    `broke` says how it broke its process, if it did.
    """

    submission: Claimed
    results: Sequence[Extracted]
    left: frozenset[int] | None = NONE_LEFT
    broke: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an attempt ends: the submission's state, and the articles and item outcomes to write with it.

    `counted` says that the ending counts a failure already.
    """

    ending: Ending
    arrivals: tuple[Arrival, ...]
    items: tuple[Item, ...]
    recalls: tuple[Recall, ...] = ()
    counted: bool = False


def judge(processed: Processed, policy: RetryPolicy, now: datetime) -> Verdict:
    """Decide how an attempt ends: what came out is stored now, what broke is tried again until the policy gives up.

    An article under embargo is not stored before its time: its item stays in the queue until then. What there was no
    time for is put back behind what waits already. What broke its process goes on alone, and fails where it cannot be read
    there either.
    """
    submission = processed.submission
    if processed.broke is not None and submission.alone:
        return unread(processed.broke, submission, policy)
    done = [found for found in processed.results if isinstance(found, Done)]
    held = [found for found in done if is_held(found, now)]
    arrivals = tuple(arrival_of(found, submission) for found in done if found not in held)
    recalls = tuple(recall_of(found, submission) for found in processed.results if isinstance(found, Recalled))
    refused = [found for found in processed.results if isinstance(found, Refused)]
    broken = [found for found in processed.results if isinstance(found, Broken)]
    items = [Item(submission.id, found.position, "rejected", None, found.reason, found.span) for found in refused]
    left = still_to_do(processed)
    if not broken:
        if processed.left != NONE_LEFT:
            ending = put_back(processed, held, submission.failures)
        elif held:
            ending = waiting(submission, held, now, submission.failures)
        else:
            ending = Ending(submission.id, "done", submission.failures)
        return Verdict(ending, arrivals, tuple(items), recalls)
    failures = submission.failures + 1
    error = printable(broken[0].error)
    wait = pause(policy, failures, spread=submission.id.int % 100 / 100)
    if wait is not None:
        pending = (*left, *(found.position for found in broken), *(found.position for found in held))
        ending = Ending(submission.id, "queued", failures, error, wait, pending, alone=processed.broke is not None)
        return Verdict(ending, arrivals, tuple(items), recalls, counted=True)
    items += [
        Item(submission.id, found.position, "failed", None, printable(found.error), found.span) for found in broken
    ]
    if left:
        return Verdict(put_back(processed, held, 0), arrivals, tuple(items), recalls)
    if held:
        return Verdict(waiting(submission, held, now, 0), arrivals, tuple(items), recalls)
    some_processed = arrivals or refused or recalls or submission.partly_done
    state: claims.State = "done" if some_processed else "quarantined"
    return Verdict(Ending(submission.id, state, failures, error), arrivals, tuple(items), recalls)


def arrival_of(found: Done, submission: Claimed) -> Arrival:
    """Give an article as it arrived."""
    return Arrival(submission.id, found.position, submission.received_at, found.article, found.span)


def recall_of(found: Recalled, submission: Claimed) -> Recall:
    """Give a retraction as it arrived."""
    return Recall(submission.id, found.position, found.retraction, found.span)


def is_held(found: Done, now: datetime) -> bool:
    """Say whether an article may not be used yet."""
    until = found.article.embargoed_until
    return until is not None and until > now


def waiting(submission: Claimed, held: Sequence[Done], now: datetime, failures: int) -> Ending:
    """Put a submission back until the first of its embargoes ends."""
    first = min(found.article.embargoed_until or now for found in held)
    pause = min(first - now, LONGEST_EMBARGO_WAIT)
    return Ending(submission.id, "queued", failures, None, pause, tuple(found.position for found in held))


def still_to_do(processed: Processed) -> tuple[int, ...]:
    """Give the positions that there was no time for, in the order in which they come next."""
    first = processed.submission.first
    return tuple(sorted(processed.left or (), key=lambda position: (position < first, position)))


def put_back(processed: Processed, held: Sequence[Done], failures: int) -> Ending:
    """Put a submission back that there was too little time for; as if it had not been claimed where none of it was begun."""
    submission, alone = processed.submission, processed.broke is not None
    if not processed.results:
        pending = None if processed.left is None else still_to_do(processed)
        return Ending(submission.id, "queued", failures, pending=pending, begun=False, alone=alone)
    pause = NOTHING_BUT_HELD_WAIT if len(held) == len(processed.results) else timedelta()
    pending = (*still_to_do(processed), *(found.position for found in held))
    return Ending(submission.id, "queued", failures, None, pause, pending, alone=alone)


def unread(error: str, submission: Claimed, policy: RetryPolicy) -> Verdict:
    """End an attempt at a submission that broke its process, alone, before any of its items was there."""
    failures, message = submission.failures + 1, printable(error)
    pending = None if submission.pending is None else tuple(sorted(submission.pending))
    wait = pause(policy, failures, spread=submission.id.int % 100 / 100)
    if wait is not None:
        return Verdict(Ending(submission.id, "queued", failures, message, wait, pending), (), (), counted=True)
    items = tuple(Item(submission.id, position, "failed", None, message) for position in pending or (0,))
    state: claims.State = "done" if submission.partly_done else "quarantined"
    return Verdict(Ending(submission.id, state, failures, message), (), items)


def printable(error: str) -> str:
    """Make an error's text fit for Postgres, which takes no NUL and no lone surrogate, and for a reader."""
    return error.replace("\x00", "").encode("utf-8", "replace").decode()[:2000]


def not_stored(verdict: Verdict, error: str, policy: RetryPolicy) -> Verdict:
    """Turn a verdict that the store refused into a failure of all its articles; what was not tried yet goes on without them."""
    ending, message = verdict.ending, printable(error)
    failures = ending.failures + (not verdict.counted)
    refused = (
        *(arrival.position for arrival in verdict.arrivals),
        *(recall.position for recall in verdict.recalls),
    )
    wait = pause(policy, failures, spread=ending.id.int % 100 / 100)
    if wait is not None:
        pending = (*refused, *(ending.pending or ()))
        again = replace(
            ending, state="queued", failures=failures, error=message, pause=wait, pending=pending, begun=True
        )
        return Verdict(again, (), verdict.items)
    items = (*verdict.items, *(Item(ending.id, position, "failed", None, message) for position in refused))
    if ending.state == "queued":
        return Verdict(replace(ending, failures=0, error=message), (), items)
    state: claims.State = "done" if verdict.items else "quarantined"
    return Verdict(Ending(ending.id, state, failures, message), (), items)
