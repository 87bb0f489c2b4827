"""A body under a wrong Content-Type is read as what it certainly is, and as what its sender says where it may be that."""

import json

import pytest

from app.formats.binary import refuse_binary
from app.formats.body import Body
from app.formats.sniff import reader_of
from app.intake.bodies import ATOM, JSON_FEED, NINJS, NITF, PAGE, RSS
from app.pipeline.article import Stated

OBJECT = b'{"title": "Harbour reopens", "content": "The northern quay reopened."}'
BODIES = {
    "article_object": [OBJECT, b"[" + OBJECT + b"]", b"\xef\xbb\xbf " + OBJECT],
    "ndjson": [OBJECT + b"\n" + OBJECT + b"\n"],
    "json_feed": [json.dumps(JSON_FEED).encode()],
    "ninjs": [json.dumps(NINJS).encode(), json.dumps([NINJS, NINJS]).encode()],
    "xml": [RSS.encode(), ATOM.encode(), NITF.encode(), b'<?xml version="1.0"?>' + RSS.encode()],
    "html": [PAGE.encode(), b"<!DOCTYPE html>" + PAGE.encode()],
}
TYPES = (
    "text/plain", "text/html", "application/json", "application/x-ndjson", "application/xml", "application/rss+xml",
)  # fmt: skip


@pytest.mark.parametrize("sent_as", TYPES)
@pytest.mark.parametrize(("reader", "body"), [(reader, body) for reader, bodies in BODIES.items() for body in bodies])
def test_what_can_only_be_one_thing_is_read_as_that(reader: str, body: bytes, sent_as: str) -> None:
    one_line = sent_as == "application/x-ndjson" and body.endswith(OBJECT)
    assert reader_of(sent_as, body) == ("ndjson" if one_line else reader)


def test_a_feed_in_another_charset_is_known_by_its_mark() -> None:
    feed = json.dumps(JSON_FEED | {"title": "Hafen-Überblick"}, ensure_ascii=False).encode("latin-1")
    assert reader_of("application/json", feed) == "json_feed"
    assert reader_of("application/x-ndjson", OBJECT + b'\n{"content": "Of jsonfeed.org/version/1"}\n') == "ndjson"


ANPA = b"\x16\x16\x01a0123\x1fr i bc-harbour 03-14 0123\r\n^By MAREN HOLT\x02\r\nPORT ELLERY (AP) _ The quay reopened.\x03\x04"


@pytest.mark.parametrize(
    "body",
    [
        ANPA,
        "港の灯台は穏やかだった。".encode("iso2022_jp"),
        "항구는 잔잔했다.".encode("iso2022_kr"),
        '<?xml version="1.0" encoding="utf-16"?><p>Гавань была спокойна</p>'.encode("utf-16-le"),
        b"RIFFRAFF returns to the stage.",
        b"Page one.\x0cPage two.\x0c",
    ],
)
def test_what_only_looks_strange_is_a_text(body: bytes) -> None:
    refuse_binary(Body(body, None, Stated(), 10))


@pytest.mark.parametrize("sent_as", ["application/feed+json", "application/vnd.iptc.ninjs+json"])
@pytest.mark.parametrize("reader", ["xml", "html"])
def test_markup_is_no_json(reader: str, sent_as: str) -> None:
    assert {reader_of(sent_as, body) for body in BODIES[reader]} == {reader}


@pytest.mark.parametrize(
    ("body", "sent_as", "reader"),
    [
        (b"[Updated] The quay reopened.", "text/plain", "text"),
        (b'{"name": "no article"}', "text/plain", "text"),
        (b'{"content": "Of https://jsonfeed.org/version/1.1"}', "application/json", "article_object"),
        (b"{{ title }} <p>A template.</p>", "text/html", "html"),
        (b"< 5 ships came, said the keeper.", "text/plain", "text"),
        (b"<p>A fragment.</p>", "application/json", "article_object"),
        (b'{"headline": "neither"}', "application/xml", "xml"),
    ],
)
def test_what_may_be_what_it_is_called_is_read_as_that(body: bytes, sent_as: str, reader: str) -> None:
    assert reader_of(sent_as, body) == reader
