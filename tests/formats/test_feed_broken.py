"""Feeds as they come: in any encoding, with entities and bombs, broken, or no feeds at all."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.body import Body
from app.formats.feed import is_feed, read_feed
from app.formats.unreadable import Unreadable
from app.pipeline.article import RawItem, Stated


def read(text: str | bytes, *, charset: str | None = None) -> list[RawItem]:
    data = text if isinstance(text, bytes) else text.encode()
    return read_feed(Body(data, charset, Stated(), 9))


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (
            '<?xml version="1.0" encoding="iso-8859-2"?><rss><item><title>Řeka</title></item></rss>'.encode(
                "iso-8859-2"
            ),
            None,
        ),
        ("<rss><item><title>Řeka</title></item></rss>".encode("cp1250"), "windows-1250"),
        ("<rss><item><title>Řeka</title></item></rss>".encode("utf-16"), None),
        ('<?xml version="1.0"?><rss><item><title>Řeka</title></item></rss>'.encode("utf-16-be"), "utf-8"),
        ("<rss><item><title>Řeka</title></item></rss>".encode("utf-32"), None),
        ("\ufeff<rss><item><title>Řeka</title></item></rss>".encode(), "iso-8859-1"),
        ('<?xml version="1.0" encoding="us-ascii"?><rss><item><title>Řeka</title></item></rss>'.encode(), None),
        (b"\n <!DOCTYPE rss [<!ENTITY x '<p>'>]> <rss><item><title>&Rcaron;ek\x0ca</title></item></rss", None),
    ],
)
def test_any_encoding_is_read(data: bytes, charset: str | None) -> None:
    [item] = read(data, charset=charset)
    assert item.content == "Řeka"


def test_no_entity_is_expanded_that_a_document_declares() -> None:
    declared = '<!DOCTYPE rss [<!ENTITY a "aaa"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    assert read(f"{declared}<rss><item><title>&b;&f;!</title></item></rss>")[0].content == "&b;&f;!"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "no feed"),
        ("<html><p>Calm</p></html>", "no feed"),
        ("calm", "no feed"),
        ("<rss></rss>", "no items"),
        ("<rss>" + "<item><title>a</title></item>" * 10, "more than 9 items"),
    ],
)
def test_what_has_no_items_is_unreadable(data: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(data)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "bomb", ["<a>", "<", "&", "<![CDATA[", "<!--", "<item>", "</a>", "<p x='", "&lt;div&gt;", '<x xml:base="a">']
)
def test_no_million_of_anything_takes_long(bomb: str) -> None:
    with contextlib.suppress(Unreadable):
        read(f"<rss><channel><item><description>{bomb * (500_000 // len(bomb))}")


FRAGMENTS = st.sampled_from(
    ["<rss>", "<feed>", "<item>", "</item>", "<entry ", "<title>", "</title", "<![CDATA[", "]]>", "&eacute;", "&#0;", "<!--",
     "-->", "<?xml ", "encoding='utf-16'", "<!DOCTYPE rss [", "xml:lang=", '"', "'", "\x00", "\ud800", "<dc:creator>", "a@b (", "é"]
)  # fmt: skip


@given(st.one_of(st.binary(), st.lists(FRAGMENTS).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass"))))
def test_any_bytes_end_in_items_or_unreadable(data: bytes) -> None:
    is_feed(data)
    try:
        items = read(data)
    except Unreadable:
        return
    assert [item.position for item in items] == list(range(len(items)))
