"""Every setting: name, default, unit and meaning; read from the environment (prefix `DATELINE_`, `DATABASE_URL` as is)."""

import json
import os
import socket
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def parsed(value: object) -> object:
    """Read a setting that is an object, from JSON where the environment gives it; raises ValueError for what is none."""
    return json.loads(value) if isinstance(value, str) else value


Days = Annotated[int, Field(ge=0, le=36_500)]
DaysBySource = Annotated[dict[str, Days | None], NoDecode, BeforeValidator(parsed)]

KEPT_REVISIONS: Final = 100
"""Revisions of an article that are kept where nothing else is said."""


class Settings(BaseSettings):
    """The service's settings; a value that does not fit is refused when the process starts, by name."""

    model_config = SettingsConfigDict(env_prefix="DATELINE_", frozen=True, populate_by_name=True)

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """libpq URL of the Postgres to use (15 to 18); without one, `serve` starts the embedded server."""

    data_dir: Path | None = None
    """Folder of the embedded Postgres and of nothing else; by default one under the user's data folder."""

    host: str = "127.0.0.1"
    """Address that HTTP listens on."""

    port: int = Field(default=8000, ge=0, le=65535)
    """Port that HTTP listens on; 0 takes a free one."""

    root_path: str = ""
    """Path under which a gateway shows the service; `next` and `Location` carry it."""

    forwarded_allow_ips: str = "127.0.0.1"
    """Proxies whose `X-Forwarded-*` is believed: addresses or networks, comma separated."""

    workers: int = Field(default=1, ge=0, le=64)
    """Worker processes that `serve` starts beside HTTP."""

    pool_size: PositiveInt = 10
    """Connections to Postgres that one process holds at most."""

    statement_timeout: PositiveFloat = 30.0
    """Seconds after which Postgres gives up one statement of ours."""

    store_seconds: PositiveFloat = 10.0
    """Seconds that a request waits for Postgres at most; then it is answered 503."""

    max_body_bytes: PositiveInt = 5_000_000
    """Bytes of a body, after decompression too; above it 413."""

    max_items: PositiveInt = 10_000
    """Items of one submission; above it 422."""

    queue_high_water: PositiveInt = 100_000
    """Queued submissions above which intake answers 503 with Retry-After."""

    claim_batch: PositiveInt = 32
    """Submissions that a worker claims at once."""

    claim_bytes: PositiveInt = 16_000_000
    """Bytes of bodies that a worker claims at once (one body always)."""

    lease_seconds: PositiveFloat = 60.0
    """How long a claim holds without a sign of life; after it the submission is claimed again."""

    poll_seconds: PositiveFloat = 1.0
    """How often an idle worker looks for due work that no notification announced."""

    max_failures: PositiveInt = 5
    """Failed attempts after which an item is marked failed."""

    retry_base_seconds: PositiveFloat = 1.0
    """Pause before the second attempt; it doubles with each failure."""

    retry_cap_seconds: PositiveFloat = 300.0
    """Longest pause between two attempts."""

    item_seconds: PositiveFloat = 10.0
    """Wall-clock seconds that one item may take in extraction."""

    item_memory_bytes: PositiveInt = 2_000_000_000
    """Memory that an extraction process may take."""

    extract_processes: PositiveInt = 1
    """Extraction processes of each HTTP process and of each worker."""

    inferred_topics: NonNegativeInt = 10
    """Topics that are inferred at most for an article that declares none; 0 infers none."""

    idempotency_hours: PositiveInt = 24
    """Hours for which an Idempotency-Key is remembered."""

    kept_revisions: int = Field(default=KEPT_REVISIONS, ge=2)
    """Revisions of an article that are kept: the first, and the newest; those between are dropped."""

    keep_articles_days: Days = 0
    """Days that articles are kept, from the arrival of what they say now; 0 is for ever."""

    keep_articles_days_by_source: DaysBySource = {}
    """The same for articles of single sources, as a JSON object; "" are those without one, 0 or null is for ever."""

    keep_bodies_days: Days = 0
    """Days that the bytes of a submission are kept, from the end of its processing; 0 is as long as its articles."""

    keep_receipts_days: Days = 0
    """Days that the receipt of a submission is kept which no article came out of, or none any more; 0 is for ever."""

    keep_changes_days: Days = 0
    """Days that entries of the change feed are kept; 0 is for ever."""

    keep_away_days: Days = 90
    """Days that an article which went by its age stays away, from when it was last sent; 0 is for ever."""

    log_format: Literal["auto", "json", "console"] = "auto"
    """`json` lines for machines, `console` for people; `auto` asks whether a terminal listens."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe message that is printed."""


def worker_name() -> str:
    """Give `host:pid`, by which logs and `/readyz` name this process."""
    return f"{socket.gethostname()}:{os.getpid()}"
