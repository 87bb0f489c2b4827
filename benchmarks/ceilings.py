"""What accepting could cost at least: applications that do less than the service, under the same server and middleware.

`bare` is ASGI alone and shows what the load can send; `checked` is a FastAPI route that reads and checks a body as the service does
and answers the same receipt, but keeps nothing; `inserted` does that with an INSERT and a commit for each request, written by hand on
the driver's own pool: one round trip, no transaction block, no reset of connections.
"""

import argparse
import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uuid_utils.compat import uuid7

from app import errors, log
from app.db import raw_connection, to_json
from app.intake.parameters import read_headers, read_query
from app.intake.receipt_routes import receipt_response
from app.intake.receipts import queued
from app.intake.schemas import Receipt
from app.intake.submission import read_submission
from app.main import stand_before
from app.serve import listening_socket
from app.settings import Settings

POOL: Final = 10
"""Connections, as many as the service may open."""
INSERT: Final = """
INSERT INTO submissions (id, content_type, body, body_bytes, source, hints) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING received_at
"""


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Read a body and answer 202."""
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})


def application(settings: Settings, *, inserting: bool) -> FastAPI:
    """Give a service that checks bodies, and keeps them where it is told to."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if not inserting:
            yield
            return

        async def connect(*_: Any, **__: Any) -> "asyncpg.Connection[asyncpg.Record]":
            return await raw_connection(settings.database_url or "", statement_timeout=settings.statement_timeout)

        async def leave(_: Any) -> None:
            """Leave a connection as it is: nothing here changes it."""

        async with asyncpg.create_pool(min_size=POOL, max_size=POOL, connect=connect, reset=leave) as app.state.pool:
            yield

    made = FastAPI(lifespan=lifespan)
    made.state.settings, made.state.routes = settings, []
    errors.install(made)

    @made.post("/v1/articles", status_code=202, response_model=Receipt)
    async def post_articles(request: Request) -> Response:
        query, _ = read_query(request), read_headers(request)
        body, content_type, query = await read_submission(request, query)
        hints = query.hints()
        receipt_id, received_at = uuid7(), datetime.now(UTC)
        if inserting:
            values = (receipt_id, content_type, body, len(body), hints.get("source"), to_json(hints))
            received_at = await request.app.state.pool.fetchval(INSERT, *values)
        return receipt_response(request, queued(receipt_id, received_at), status=202)

    stand_before(made)
    return made


def main() -> None:
    """Serve one of them on a free port, which is printed, until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=("bare", "checked", "inserted"))
    which = parser.parse_args().which
    settings = Settings(port=0)
    log.configure(settings)
    app: ASGIApp = bare if which == "bare" else application(settings, inserting=which == "inserted")
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, lifespan="off" if which == "bare" else "on"
    )
    listener: socket.socket = listening_socket(settings)
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
