"""The first door: builds the HTTP application out of its parts; nothing else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial

from fastapi import Depends, FastAPI
from fastapi_offline import FastAPIOffline

import app as package
from app import errors, learning, operating
from app.access.gateway import Forwarded
from app.access.guard import Guard
from app.access.keyring import Keyring
from app.bounds import Bounds
from app.db import connect
from app.drain import Drain
from app.errors import StartError
from app.extractor import Extractor
from app.heads import Heads
from app.intake import corrections, deletion, extract, partings, receipt_routes, routes, topic_links
from app.intake.accept import Intake
from app.intake.receipts import Waiters
from app.metrics import Observe
from app.openapi import DESCRIPTION, TAGS, document, operation_id
from app.pace import Pace
from app.places import places
from app.query import article, articles, authors, changes, raw, revisions, sources, stories, topics
from app.query.answers import each_once
from app.query.following import Followers
from app.query.related import Related
from app.queue.claims import FINISHED_CHANNEL
from app.queue.wake import listen
from app.settings import Settings
from app.store.api_keys import KEYS_CHANNEL
from app.store.changes import CHANGED_CHANNEL

ROUTED = (
    routes, extract, receipt_routes, articles, article, revisions, raw, corrections, deletion, stories, partings, topics,
    topic_links, authors, sources, changes, operating,
)  # fmt: skip
"""The route modules, in the order in which `/docs` shows them."""


@contextlib.asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    """Open what requests need, the store first, and close it in the other order once the last of them is answered."""
    settings: Settings = application.state.settings
    if settings.database_url is None:
        message = (
            "DATABASE_URL is not set; `dateline serve` starts a Postgres of its own, the bare application does not."
        )
        raise StartError(message)
    database = connect(settings.database_url, settings, seconds=settings.store_seconds)
    intake = Intake(database, settings)
    waiters = Waiters(database)
    keyring = application.state.keyring = Keyring(database)
    followers: Followers = application.state.followers
    application.state.database, application.state.intake, application.state.waiters = database, intake, waiters
    async with Extractor(settings, lent=application.state.lent) as application.state.extractor:
        tasks = [
            asyncio.create_task(intake.run()),
            asyncio.create_task(intake.room.watch()),
            asyncio.create_task(intake.watch_trouble()),
            asyncio.create_task(listen(settings.database_url, FINISHED_CHANNEL, waiters.finished, waiters.look_again)),
            asyncio.create_task(
                listen(settings.database_url, CHANGED_CHANNEL, lambda _: followers.wake(), followers.wake)
            ),
            asyncio.create_task(learning.follow(database, application.state.extractor)),
        ]
        if settings.auth == "keys":
            tasks += [
                asyncio.create_task(listen(settings.database_url, KEYS_CHANNEL, keyring.forget, keyring.forget_all)),
                asyncio.create_task(keyring.keep_used()),
            ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await keyring.close()
            await database.close()


def stand_before(application: FastAPI) -> None:
    """Put what every request passes before an application; the last one here is met first."""
    settings: Settings = application.state.settings
    application.add_middleware(Heads)
    application.add_middleware(Guard, settings=settings)
    application.add_middleware(Pace, settings=settings)
    application.add_middleware(Bounds, settings=settings)
    application.add_middleware(Drain)
    application.add_middleware(Forwarded, trusted_hosts=settings.forwarded_allow_ips)
    application.add_middleware(Observe)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Give the application; it connects when its lifespan begins."""
    application = FastAPIOffline(
        title="Dateline",
        version=package.__version__,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(each_once)],
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
    )
    application.state.settings = settings or Settings()
    application.state.related = Related()
    application.state.lent = ()
    application.state.followers = Followers()
    application.state.places = places(
        waiting=application.state.settings.max_waiting,
        streams=application.state.settings.max_streams,
        extracting=application.state.settings.max_extracting,
    )
    errors.install(application)
    for module in ROUTED:
        application.include_router(module.router)
    application.state.routes = [route for module in ROUTED for route in module.router.routes]
    stand_before(application)
    application.openapi = partial(document, application)  # type: ignore[method-assign] # FastAPI's documented way
    return application
