"""A run is one at a time, held by one worker at a time, and goes on carefully after a worker was lost with it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

from app.db import Database
from app.queue import reprocessings
from app.queue.reprocessings import CAREFUL, Reprocessing, Wish
from app.store.candidates import Filters
from app.store.tally import Tally
from tests.processing_again import asked, story, taken_in

LONG, OVER = timedelta(seconds=60), timedelta(seconds=-1)
WISH = Wish(Filters(source=("a.example",)), "3", dry_run=False, rate=0.5, most_examples=2)


async def started(database: Database, wish: Wish = WISH) -> UUID | None:
    """Start a run."""
    async with database.transaction() as connection:
        return await reprocessings.start(connection, wish)


async def claimed(database: Database, token: UUID, lease: timedelta, version: str = "3") -> Reprocessing | None:
    """Claim the run that is on."""
    async with database.transaction() as connection:
        return await reprocessings.claim(connection, token, version, lease)


async def test_one_run_is_on_at_a_time(database: Database) -> None:
    await taken_in(database, story(1), source="a.example")
    await taken_in(database, story(2), source="b.example")
    first = await started(database)
    assert first is not None
    assert await started(database) is None
    async with database.transaction() as connection:
        found = await reprocessings.read(connection, first)
        assert found == await reprocessings.last(connection)
        assert found is not None
        assert (found.wish, found.articles, found.state, found.held) == (
            replace(WISH, background=0),
            1,
            "running",
            False,
        )
        ended = await reprocessings.cancel(connection)
        assert ended is not None
        assert (ended.id, ended.state) == (first, "cancelled")
        assert await reprocessings.cancel(connection) is None
    second = await started(database)
    async with database.reading() as connection:
        last = await reprocessings.last(connection)
        assert last is not None
        assert last.id == second


async def test_a_run_is_held_by_one_worker_with_its_pipeline(database: Database) -> None:
    await started(database)
    assert await claimed(database, uuid4(), LONG, "4") is None
    mine = uuid4()
    assert await claimed(database, mine, LONG) is not None
    assert await claimed(database, uuid4(), LONG) is None
    async with database.transaction() as connection:
        await reprocessings.release(connection, mine)
        assert await reprocessings.hold(connection, mine) is None
    again = await claimed(database, uuid4(), LONG)
    assert again is not None
    assert (again.careful, again.strikes) == (0, 0)


async def test_after_a_lost_lease_its_next_holder_goes_on_carefully(database: Database) -> None:
    await started(database)
    lost, mine, place = uuid4(), uuid4(), uuid7()
    await claimed(database, lost, OVER)
    found = await claimed(database, mine, LONG)
    assert found is not None
    assert (found.careful, found.strikes) == (CAREFUL, 1)
    async with database.transaction() as connection:
        assert await reprocessings.hold(connection, lost) is None
        assert await reprocessings.advance(connection, lost, uuid7(), Tally()) is None
        await reprocessings.extend(connection, mine, LONG)
        held = await reprocessings.hold(connection, mine)
        assert held is not None
        assert held.held
        moved = await reprocessings.advance(connection, mine, place, Tally({"changed": 1}))
        assert moved is not None
        assert (moved.after_id, moved.tally.seen, moved.careful, moved.strikes) == (place, 1, CAREFUL - 1, 0)
        await reprocessings.finish(connection, mine)
    assert await asked(database, "SELECT state = 'done' AND finished_at IS NOT NULL FROM reprocessings")
