"""The service that strangers try: the whole application over a database of its own."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.running import http


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application, without a worker."""
    async with http(database_url, max_body_bytes=200_000) as opened:
        yield opened
