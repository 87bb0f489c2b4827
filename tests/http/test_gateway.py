"""`DATELINE_AUTH=gateway`: a gateway's word on who asks is believed from the gateway alone; `none` asks nobody."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.db import Database
from app.main import create_app
from tests.clock import Clock
from tests.running import http, lent, settings_for

CALM = "A calm day at the harbour, said the keeper of the lighthouse."
USER = "X-Authenticated-User"


async def asked(
    client: httpx.AsyncClient, *fields: tuple[str, str], method: str = "GET", path: str = "/v1/articles"
) -> httpx.Response:
    """Ask with these fields."""
    return await client.request(
        method, path, content=CALM if method == "POST" else None, headers=[("Content-Type", "text/plain"), *fields]
    )


async def test_whom_the_gateway_names_may_send_and_read_and_is_known_by_name(
    database_url: str, database: Database
) -> None:
    async with http(database_url, auth="gateway") as client:
        assert (await asked(client, (USER, "maren"))).status_code == 200
        sent = await asked(client, (USER, "maren"), ("X-Forwarded-For", "192.0.2.7"), method="POST")
        assert sent.status_code == 202
        assert (await asked(client, (USER, "maren"), method="DELETE")).status_code == 403
        public = await asked(client, (USER, "maren"))
        assert public.headers["Cache-Control"].startswith("public")
        for fields in [(), ((USER, ""),), ((USER, "maren"), (USER, "admin")), (("Authorization", "Bearer x"),)]:
            refused = await asked(client, *fields)
            assert refused.status_code == 401, fields
            assert "WWW-Authenticate" in refused.headers
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT sender FROM submissions")) == "gateway:maren"


async def test_nobody_but_the_gateway_is_believed(database_url: str) -> None:
    application = create_app(settings_for(database_url, auth="gateway", forwarded_allow_ips="10.0.0.0/8"))
    application.state.lent = lent()
    for peer, status in [("10.1.2.3", 404), ("192.0.2.7", 401), ("::1", 401)]:
        transport = httpx.ASGITransport(application, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            fields = [(USER, "maren"), ("X-Forwarded-For", "10.1.2.3")]
            assert (await asked(client, *fields, path="/nothing")).status_code == status, peer


async def test_scopes_are_those_that_the_gateway_states_where_a_field_is_named_for_them(database_url: str) -> None:
    others: dict[str, Any] = {"gateway_user_header": "X-User", "gateway_scopes_header": "X-Scopes"}
    async with http(database_url, auth="gateway", **others) as client:
        for scopes, expected in [("read", 200), ("ingest, read", 200), ("admin", 200), ("", 403), ("root reader", 403)]:
            answer = await asked(client, ("X-User", "maren"), ("X-Scopes", scopes))
            assert answer.status_code == expected, scopes
        assert (await asked(client, ("X-User", "maren"))).status_code == 403
    async with http(database_url, auth="gateway", gateway_scopes="read") as client:
        assert (await asked(client, (USER, "maren"))).status_code == 200
        assert (await asked(client, (USER, "maren"), method="POST")).status_code == 403


@pytest.mark.parametrize("auth", ["none", None])
async def test_where_nobody_is_asked_everybody_may_and_an_address_has_its_rate(
    database_url: str, database: Database, auth: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock(monkeypatch)
    async with http(database_url, auth=auth, rate_limit="2/hour") as client:
        for address, expected in [("192.0.2.7", 202), ("192.0.2.7", 202), ("192.0.2.7", 429), ("192.0.2.8", 202)]:
            sent = await asked(client, ("X-Forwarded-For", address), method="POST")
            assert sent.status_code == expected
        assert (await client.get("/livez")).status_code == 200
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT string_agg(DISTINCT sender, ',') FROM submissions")) == ""
