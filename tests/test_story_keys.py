"""Postgres finds by keys what memory finds, a batch at a time, and gives no more than was asked for."""

import asyncpg
import pytest

from app.pipeline.likeness import look_up_keys, shingles
from benchmarks.near_copies import Press, near_copies
from benchmarks.story_keys import CREATE, INDEX, article_id, measure, put, whole

WIRE = Press(3).prose(300)


async def test_copies_of_one_batch_see_each_other_and_those_stored_before(database_url: str) -> None:
    connection = await asyncpg.connect(database_url.replace("postgresql+asyncpg:", "postgresql:"))
    try:
        await connection.execute(f"{CREATE}; {INDEX}")
        _, pairs = await whole(
            connection, [WIRE, Press(4).prose(300), "A\n" + WIRE, WIRE + " So it goes.", Press(5).prose(200)]
        )
        assert pairs == 3
    finally:
        await connection.close()


async def test_a_text_that_everybody_prints_gives_no_more_than_32(database_url: str) -> None:
    connection = await asyncpg.connect(database_url.replace("postgresql+asyncpg:", "postgresql:"))
    try:
        await connection.execute(f"{CREATE}; {INDEX}")
        keys = look_up_keys(shingles(WIRE))
        await put(connection, [(article_id(number), keys) for number in range(300)])
        _, _, found = await put(connection, [(article_id(300), keys)])
        assert {str(row["article_id"]) for row in found} == {article_id(number) for number in range(268, 300)}
        assert {row["shared"] for row in found} == {len(keys)}
    finally:
        await connection.close()


async def test_the_sizes_are_measured_and_nothing_is_left(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = database_url.replace("postgresql+asyncpg:", "postgresql:")
    await measure(url, [*near_copies(60).texts.values()], 1_000.0, [100, 3_000])
    printed = capsys.readouterr().out
    assert "through Postgres" in printed
    assert "3,000" in printed
    connection = await asyncpg.connect(url)
    try:
        assert await connection.fetchval("SELECT to_regclass('story_keys_benchmark')") is None
    finally:
        await connection.close()
