"""Every setting: name, default, unit and meaning; read from the environment (prefix `DATELINE_`, `DATABASE_URL` as is)."""

import json
import os
import re
import socket
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, NonNegativeInt, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def parsed(value: object) -> object:
    """Read a setting that is an object, from JSON where the environment gives it; raises ValueError for what is none."""
    return json.loads(value) if isinstance(value, str) else value


def listed(value: object) -> object:
    """Read a setting that is a list of words, apart by commas or spaces."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


Scopes = Annotated[frozenset[Literal["ingest", "read", "admin"]], NoDecode, BeforeValidator(listed)]
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]
RATE: Final = r"^[1-9][0-9]{0,8}/(second|minute|hour|day)$"
"""A rate, such as `600/minute`."""
Days = Annotated[int, Field(ge=0, le=36_500)]
DaysBySource = Annotated[dict[str, Days | None], NoDecode, BeforeValidator(parsed)]

KEPT_REVISIONS: Final = 100
"""Revisions of an article that are kept where nothing else is said."""


def postgres_url(value: str | None) -> str | None:
    """Refuse what is no URL, without a word of it, as it may hold a password; nothing at all names no Postgres."""
    if value is None or not value.strip():
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    ports = [host.rpartition("]")[2].partition(":")[2] for host in parts.netloc.rpartition("@")[2].split(",")]
    if parts.scheme not in {"postgresql", "postgres"} or not all(port.isdecimal() for port in ports if port):
        raise ValueError(
            "not a URL such as postgresql://user:password@host:5432/name; in a password write "
            "`#` as %23, `/` as %2F, `?` as %3F, `@` as %40, `:` as %3A and `%` as %25"
        )
    return value


def path_prefix(value: str) -> str:
    """Take a path without the slash at its end; refuse what is none."""
    path = value.rstrip("/")
    if path and not re.fullmatch(r"(?:/[\w.~!$&'()*+,;=:@%-]+)+", path, re.ASCII):
        raise ValueError("not a path such as /news")
    return path


def proxies(value: str) -> str:
    """Refuse a network that is none; what else is no address may be a name that uvicorn knows a peer by."""
    for one in value.split(","):
        if "/" in one:
            ip_network(one.strip(), strict=False)
    return value


class Settings(BaseSettings):
    """The service's settings; a value that does not fit is refused when the process starts, by name."""

    model_config = SettingsConfigDict(env_prefix="DATELINE_", frozen=True, populate_by_name=True)

    database_url: Annotated[str | None, AfterValidator(postgres_url)] = Field(
        default=None, validation_alias="DATABASE_URL"
    )
    """libpq URL of the Postgres to use (15 to 18); without one, `serve` starts the embedded server."""

    data_dir: Path | None = None
    """Folder of the embedded Postgres and of nothing else; by default one under the user's data folder."""

    host: str = "127.0.0.1"
    """Address that HTTP listens on."""

    port: int = Field(default=8000, ge=0, le=65535)
    """Port that HTTP listens on; 0 takes a free one."""

    root_path: Annotated[str, AfterValidator(path_prefix)] = ""
    """Path under which a gateway shows the service; `next` and `Location` carry it."""

    forwarded_allow_ips: Annotated[str, AfterValidator(proxies)] = "127.0.0.1"
    """Proxies whose `X-Forwarded-*` is believed: addresses or networks, comma separated."""

    auth: Literal["keys", "gateway", "none"] | None = None
    """Who is asked for what: API keys, a gateway's word, nobody. Unset it is nobody, and then only this machine is served."""

    open_to_strangers: bool = False
    """The second word that it takes to serve other machines with `none`."""

    gateway_user_header: FieldName = "X-Authenticated-User"
    """Field in which a gateway says whom a request is from; it must take the field off what clients send."""

    gateway_scopes_header: FieldName | None = None
    """Field in which a gateway says that one's scopes; it must take this off too. Unset, all have `gateway_scopes`."""

    gateway_scopes: Scopes = frozenset({"ingest", "read"})
    """Scopes of everybody whom a gateway lets through, where no field says them."""

    rate_limit: str | None = Field(default=None, pattern=RATE)
    """Requests of one key, gateway's user or else address, such as `600/minute`, where its key says nothing else."""

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

    max_connections: PositiveInt = 1000
    """Connections of one HTTP process; above it those that wait without a request make room, then 503."""

    head_seconds: PositiveFloat = 10.0
    """Seconds that the head of a request may take to come, from its first byte or the connection's beginning on."""

    body_seconds: PositiveFloat = 20.0
    """Seconds that a body may take to come, and one more for each `body_bytes_a_second`; after it 408."""

    body_bytes_a_second: PositiveInt = 10_000
    """Bytes a second that a large body must come at."""

    unread_seconds: PositiveFloat = 30.0
    """Seconds after which an answer is cut off that its client does not read."""
    max_uri_bytes: int = Field(default=16_000, ge=1_000, le=60_000)
    """Bytes of a request's path and query, but for its cursor; above it 414."""

    max_headers: int = Field(default=100, ge=20)
    """Header fields of a request; above it 431."""

    max_header_bytes: int = Field(default=32_000, ge=1_000, le=60_000)
    """Bytes of all header fields of a request, names and values; above it 431."""

    max_waiting: PositiveInt = 250
    """Requests that wait for an outcome or for changes at once, in one process; others are answered at once, or with 503."""

    max_streams: PositiveInt = 100
    """Streams of the change feed that are open at once, in one process; above it 503."""

    max_extracting: PositiveInt = 32
    """Requests that try an article out at once, in one process; above it 503."""

    queue_high_water: PositiveInt = 100_000
    """Queued submissions of a lane above which intake answers 503 with Retry-After; a quarter more for small senders."""

    claim_batch: PositiveInt = 32
    """Submissions that a worker claims at once."""

    claim_bytes: PositiveInt = 1_000_000
    """Bytes of bodies that a worker claims at once (one body always)."""

    batch_seconds: PositiveFloat = 0.5
    """Seconds of extraction after which a worker stores what it has of a batch, and queues the rest behind what waits.

    A batch of the backfill gets a quarter of that, a slice of a submission that is larger than a batch half, and what is worked
    on apart four times as much.
    """

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
    """Extraction processes of each HTTP process and of each worker, which has as many more while it works on something apart."""

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
