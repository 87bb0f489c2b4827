"""`dateline ingest`: posts files to a running service with a progress bar, and prints what became of each."""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.errors import StartError

TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".html": "text/html",
    ".htm": "text/html",
    ".xml": "application/xml",
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
}
AT_ONCE = 8
"""Requests under way at the same time."""
LINES_AT_ONCE = 500
BYTES_AT_ONCE = 2_000_000
"""NDJSON is posted in pieces no larger than these, so that a file may be of any length."""
TRIES = 6
LATER = frozenset({httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS})
GOOD = frozenset({"stored", "revised", "unchanged", "duplicate"})


@dataclass(frozen=True, slots=True)
class Piece:
    """One request to make: a file, or some lines of one."""

    name: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line to print: what became of an item, or why a piece was refused."""

    good: bool
    text: str


def pieces(path: Path, content_type: str | None) -> Iterator[Piece]:
    """Cut a file into the requests that carry it; raises StartError where it cannot be read."""
    try:
        body = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise StartError(f"Cannot read {path}: {error.strerror}.") from error
    kind = content_type or TYPES.get(path.suffix.lower(), "text/plain")
    if kind != "application/x-ndjson":
        yield Piece(str(path), body, kind)
        return
    lines: list[bytes] = []
    first, size = 1, 0
    for number, line in enumerate(body.splitlines(keepends=True), 1):
        if lines and (len(lines) == LINES_AT_ONCE or size + len(line) > BYTES_AT_ONCE):
            yield Piece(f"{path}:{first}", b"".join(lines), kind)
            lines, first, size = [], number, 0
        lines.append(line)
        size += len(line)
    yield Piece(f"{path}:{first}", b"".join(lines), kind)


def outcome_lines(name: str, receipt: Mapping[str, Any]) -> list[Line]:
    """Tell each item of a receipt in a line."""
    if receipt["state"] not in {"done", "quarantined"}:
        return [Line(good=True, text=f"{name}: accepted, still {receipt['state']}; see receipt {receipt['id']}")]
    lines = [
        Line(
            item["outcome"] in GOOD,
            f"{name}[{item['position']}]: {item['outcome']} "
            + (str(item["article_id"]) if item["article_id"] else f"{item['reason']}"),
        )
        for item in receipt["items"]
    ]
    return lines or [Line(good=False, text=f"{name}: {receipt['state']}; see receipt {receipt['id']}")]


def refusal_lines(name: str, response: httpx.Response) -> list[Line]:
    """Tell a refused request, part by part."""
    try:
        problem = response.json()
    except ValueError:
        return [Line(good=False, text=f"{name}: HTTP {response.status_code}")]
    parts = [f"{fault['pointer']}: {fault['detail']}".removeprefix(": ") for fault in problem.get("errors", [])]
    return [Line(good=False, text=f"{name}: refused: {part}") for part in parts or [problem.get("detail", problem)]]


async def post(client: httpx.AsyncClient, piece: Piece, query: Mapping[str, str], wait: int) -> list[Line]:
    """Post one piece, again while the service is away or full; the Idempotency-Key keeps a repeat from counting twice."""
    headers = {"Content-Type": piece.content_type, "Idempotency-Key": uuid4().hex}
    if wait:
        headers["Prefer"] = f"wait={wait}"
    for attempt in range(TRIES):
        last = attempt == TRIES - 1
        try:
            response = await client.post("/v1/articles", content=piece.body, params=dict(query), headers=headers)
        except httpx.TransportError as error:
            if last:
                raise StartError(f"The service at {client.base_url} cannot be reached: {error}.") from error
            await asyncio.sleep(2.0**attempt / 4)
        else:
            if response.is_success:
                return outcome_lines(piece.name, response.json())
            if last or response.status_code not in LATER:
                return refusal_lines(piece.name, response)
            await asyncio.sleep(float(response.headers.get("Retry-After", "1")))
    return []


async def ingest(  # noqa: PLR0913 - the options of the command
    files: Sequence[Path],
    *,
    url: str,
    content_type: str | None,
    query: Mapping[str, str],
    wait: int,
    key: str | None = None,
) -> bool:
    """Post all files, a few at a time, printing outcomes as they come; False if anything was not stored."""
    if key is not None and not key.isascii():
        raise StartError("DATELINE_KEY is no key: a key has letters and digits of ASCII alone.")
    try:
        httpx.URL(url)
    except httpx.InvalidURL as error:
        raise StartError(f"{url!r} is no URL of a service: {error}.") from error
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    queue = [piece for path in files for piece in pieces(path, content_type)]
    columns = (TextColumn("posting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    good = True
    turn = asyncio.Semaphore(AT_ONCE)

    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=wait + 30) as client:

        async def take(piece: Piece) -> list[Line]:
            async with turn:
                return await post(client, piece, query, wait)

        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("posting", total=len(queue))
            for done in asyncio.as_completed([take(piece) for piece in queue]):
                for line in await done:
                    good = good and line.good
                    sys.stdout.write(f"{line.text}\n")
                progress.advance(task)
    return good
