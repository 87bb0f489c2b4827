"""What a client asks of the store meets other transactions: it is begun again, and who asked need not know."""

import asyncpg
import pytest

from app.db import COLLISIONS
from tests.running import ended, http, post, service

CALM = "Harbour news\n\nA calm day at the harbour of Port Ellery, said its keeper on Saturday."
COLLIDING = """
CREATE SEQUENCE tries;
CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('tries') <= {times} THEN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER collide BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION collide();
"""
"""Sequences do not go back with a transaction."""


async def colliding(url: str, table: str, times: int) -> None:
    """Have so many transactions end that change a table, as Postgres ends one of two that wait for each other."""
    connection = await asyncpg.connect(url)
    await connection.execute(COLLIDING.format(table=table, times=times))
    await connection.close()


@pytest.mark.parametrize("times", [1, COLLISIONS])
@pytest.mark.parametrize(
    ("request_line", "table"),
    [
        ("DELETE /v1/articles/{id}", "articles"),
        ("PATCH /v1/articles/{id}", "articles"),
        ("PUT /v1/topics/{slug}/aliases/harbor", "topics"),
        ("PUT /v1/topics/{slug}/broader/coast", "topic_links"),
    ],
)
async def test_what_collides_is_begun_again(database_url: str, request_line: str, table: str, times: int) -> None:
    method, _, path = request_line.partition(" ")
    async with service(database_url) as client:
        stored = (await ended(client, (await post(client, CALM)).json()["id"]))["items"][0]["article_id"]
        await client.patch(f"/v1/articles/{stored}", json={"topics": ["Harbours"]})
        [topic] = (await client.get(f"/v1/articles/{stored}")).json()["topics"]
    async with http(database_url) as client:  # without a worker, which would meet them first
        await colliding(database_url, table, times)
        wish = {"authors": ["Jo Lund"]} if method == "PATCH" else None
        answer = await client.request(method, path.format(id=stored, slug=topic["slug"]), json=wish)
        assert answer.status_code == (200 if wish else 204), answer.text


async def test_what_collides_again_and_again_is_refused_for_now(database_url: str) -> None:
    async with service(database_url) as client:
        stored = (await ended(client, (await post(client, CALM)).json()["id"]))["items"][0]["article_id"]
        await colliding(database_url, "articles", 100)
        answer = await client.delete(f"/v1/articles/{stored}")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.get(f"/v1/articles/{stored}")).status_code == 200
