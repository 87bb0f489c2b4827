"""A client of the query routes over a fresh database."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.db import Database
from tests.http.seed import reading


@pytest.fixture
async def reader(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """The query routes, over `database`."""
    async with reading(database) as client:
        yield client
