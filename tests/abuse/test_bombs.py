"""Small bodies that would become large, and documents that name other files and hosts: nothing is unpacked, read or fetched."""

import gzip
import io
import socket
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from app.db import Database
from app.errors import BodyTooLarge, InvalidRequest
from app.formats.read import read
from app.formats.unreadable import Unreadable
from app.intake.body import gunzip
from app.pipeline.article import Stated
from app.pipeline.run import process
from tests.http.seed import faults

ZEROS = bytes(10_000_000)
BOMB = gzip.compress(ZEROS)
NOW = datetime(2026, 3, 14, tzinfo=UTC)


def zipped() -> bytes:
    """Give an archive of a large file."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("article.txt", ZEROS)
    return whole.getvalue()


def tarred() -> bytes:
    """Give a packed archive of an article."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("article.txt"))
    return whole.getvalue()


BODIES = [
    ("a bomb", BOMB, "gzip", "text/plain", 413),
    ("a bomb of many members", BOMB[:-8] + BOMB[-8:] + gzip.compress(b"") * 20, "gzip", "text/plain", 413),
    ("many small members", gzip.compress(b"words " * 2_000) * 20, "gzip", "text/plain", 413),
    ("a bomb's end that lies", BOMB[:-4] + b"\x01\x00\x00\x00", "gzip", "text/plain", 413),
    ("a bomb inside a bomb", gzip.compress(BOMB), "gzip", "application/json", 422),
    ("packed twice", gzip.compress(gzip.compress(b"words")), "gzip, gzip", "text/plain", 415),
    ("zlib as gzip", zlib.compress(b"words"), "gzip", "text/plain", 422),
    ("deflate", zlib.compress(ZEROS), "deflate", "text/plain", 415),
    ("brotli", b"\x1b\xff\xff\xff", "br", "text/plain", 415),
    ("zstandard", b"\x28\xb5\x2f\xfd", "zstd", "text/plain", 415),
    ("a coding with a break", b"words", "gzip;q=1", "text/plain", 415),
    ("an archive", zipped(), "", "application/zip", 415),
    ("a tape", tarred(), "", "application/gzip", 415),
    ("parts", b"--x\r\n\r\nwords\r\n--x--", "", "multipart/form-data; boundary=x", 415),
    ("a form", b"content=words", "", "application/x-www-form-urlencoded", 415),
    ("a picture", b"<svg onload=alert(1)>", "", "image/svg+xml; charset=utf-8", 415),
]


async def test_nothing_is_unpacked_beyond_the_limit_or_in_another_way_than_gzip(
    client: httpx.AsyncClient, database: Database
) -> None:
    for name, body, coding, kind, status in BODIES:
        for path in ("/v1/articles", "/v1/extract"):
            sent = {"Content-Type": kind, "Idempotency-Key": name.replace(" ", "-")}
            answer = await client.post(
                path, content=body, headers=sent | ({"Content-Encoding": coding} if coding else {})
            )
            assert (name, answer.status_code) == (name, status)
            faults(answer)
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM submissions")) == 0
        assert await connection.scalar(text("SELECT count(*) FROM idempotency_keys")) == 0


def test_a_bomb_is_unpacked_no_further_than_the_limit() -> None:
    tracemalloc.start()
    try:
        for body in (BOMB, BOMB + BOMB, gzip.compress(bytes(90_000)) * 3_000):
            with pytest.raises(BodyTooLarge):
                gunzip(body, 100_000)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.timeout(60)
def test_members_without_end_and_without_content_are_unpacked_in_one_go() -> None:
    """Fifty thousand empty members, each begun anew: linear, or this would run into its time limit."""
    assert gunzip(gzip.compress(b"") * 50_000, 100_000) == b""
    with pytest.raises(InvalidRequest):
        gunzip(gzip.compress(b"") * 10 + b"words", 100_000)


class Listener:
    """A server on the loopback address that notes whether anybody came."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def called(self) -> bool:
        """Say whether a connection was made."""
        with suppress(TimeoutError):
            self.socket.accept()[0].close()
            return True
        return False


@pytest.fixture
def listener() -> Iterator[Listener]:
    """The host that documents name."""
    made = Listener()
    yield made
    made.socket.close()


LOL = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
NEWSML = (
    '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:quay:1" version="1"><itemMeta>'
    "<versionCreated>2026-03-14T10:00:00Z</versionCreated></itemMeta><contentMeta><headline>{}</headline></contentMeta>"
    '<contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><body>'
    "<p>The quay reopened. {}</p></body></html></inlineXML></contentSet></newsItem>"
)
DOCUMENTS = {
    "rss": "<rss><channel><item><title>{}</title><description>The quay reopened. {}</description></item></channel></rss>",
    "feed": '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>{}</title><content>The quay reopened. {}</content></entry></feed>',
    "nitf": "<nitf><body><body.head><hedline><hl1>{}</hl1></hedline></body.head><body.content><p>The quay reopened. {}</p></body.content></body></nitf>",
    "newsItem": NEWSML,
    "html": "<html><head><title>{}</title></head><body><h1>{}</h1><p>The quay of Port Ellery reopened on Saturday.</p></body></html>",
}
DECLARATIONS = {
    "billion laughs": ('<!DOCTYPE {root} [<!ENTITY l0 "lol">' + LOL + "]>", "&l11;"),
    "quadratic blowup": ('<!DOCTYPE {root} [<!ENTITY a "' + "a" * 5_000 + '">]>', "&a;" * 5_000),
    "a file": ('<!DOCTYPE {root} [<!ENTITY x SYSTEM "{file}">]>', "&x;"),
    "a host": ('<!DOCTYPE {root} [<!ENTITY x SYSTEM "{host}/x">]>', "&x;"),
    "a parameter": ('<!DOCTYPE {root} [<!ENTITY % x SYSTEM "{host}/x.dtd"> %x; <!ENTITY y SYSTEM "{file}">]>', "&y;"),
    "a doctype elsewhere": ('<!DOCTYPE {root} SYSTEM "{host}/x.dtd">', ""),
    "a public one": ('<!DOCTYPE {root} PUBLIC "-//X//EN" "{host}/x.dtd" [<!ENTITY x PUBLIC "x" "{file}">]>', "&x;"),
    "two doctypes": ('<!DOCTYPE {root}><!DOCTYPE {root} [<!ENTITY x SYSTEM "{file}">]>', "&x;"),
    "a stylesheet": ('<?xml-stylesheet href="{host}/x.xsl" type="text/xsl"?>', ""),
    "an inclusion": ("", '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{file}" parse="text"/>'),
    "a schema": ("", '<i xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="x {host}/x.xsd"/>'),
    "a base": (
        "",
        '<i xml:base="{host}/">x</i><link rel="stylesheet" href="{host}/x.css"/><iframe src="{host}/x"></iframe>',
    ),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", DECLARATIONS)
def test_no_document_has_a_file_read_a_host_called_or_an_entity_unfolded(
    kind: str, listener: Listener, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("kept-secret")
    declared, used = DECLARATIONS[kind]
    for root, shape in DOCUMENTS.items():
        named = {"root": root, "file": (tmp_path / "secret").as_uri(), "host": listener.address}
        begin = declared.format(**named) if "{" in declared else declared
        inside = used.format(**named) if "{" in used else used
        body = f'<?xml version="1.0"?>{begin}{shape.format("Quay", inside)}'
        for content_type in ("application/xml", "text/html"):
            with suppress(Unreadable):
                for item in read(body.encode(), content_type, Stated(), max_items=9):
                    told = f"{item} {process(item, NOW)}"
                    assert "kept-secret" not in told
                    assert "lollollol" not in told
                    assert len(told) < 100 * len(body) + 100_000
    assert not listener.called()


def test_what_is_printed_of_a_reference_is_the_reference() -> None:
    for root, shape in DOCUMENTS.items():
        body = f'<!DOCTYPE {root} [<!ENTITY x SYSTEM "file:///etc/hostname">]>{shape.format("Quay &x;", "&x;")}'
        [item] = read(body.encode(), "application/xml", Stated(), max_items=9)
        assert "&x;" in f"{item}", root
