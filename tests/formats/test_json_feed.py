"""JSON Feed 1.0 and 1.1: what each item says, and every way to be wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.body import Body
from app.formats.feed import NO_WORDS
from app.formats.json_feed import NO_OBJECT, read_json_feed
from app.formats.unreadable import Unreadable
from app.pipeline.article import Claim, Paragraph, RawItem, Stated


def read(feed: Any, *, hints: Stated | None = None) -> list[RawItem]:
    data = feed if isinstance(feed, bytes) else json.dumps(feed).encode()
    return read_json_feed(Body(data, None, hints or Stated(), 9))


def said(item: RawItem, field: str) -> list[str]:
    return [claim.text for claim in item.claims if claim.field == field]


def test_an_item_claims_what_it_says() -> None:
    [item] = read(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "language": "en",
            "home_page_url": "https://quay.example/",
            "items": [
                {
                    "id": 7,
                    "url": "/calm",
                    "title": "Calm &amp; fog",
                    "content_html": "<p>No wind.</p>",
                    "summary": "A teaser of another kind.",
                    "date_published": "2026-03-14T09:30:00+01:00",
                    "date_modified": "2026-03-15T09:30:00+01:00",
                    "authors": [{"name": "Ann Lee"}, {"name": "Bo Ek"}, {"url": "https://quay.example/desk"}],
                    "tags": ["Weather", "weather", ""],
                }
            ],
        }
    )
    assert (item.stated.guid, item.content, item.blocks) == ("7", "No wind.", (Paragraph("No wind."),))
    assert item.claims == (
        Claim("title", "Calm & fog", "feed", 0.95, "title: Calm & fog"),
        Claim("authors", "Ann Lee", "feed", 0.95, "authors: Ann Lee, Bo Ek", exact=True),
        Claim("authors", "Bo Ek", "feed", 0.95, "authors: Ann Lee, Bo Ek", exact=True),
        Claim("published_at", "2026-03-14T09:30:00+01:00", "feed", 0.95, "date_published: 2026-03-14T09:30:00+01:00"),
        Claim("modified_at", "2026-03-15T09:30:00+01:00", "feed", 0.95, "date_modified: 2026-03-15T09:30:00+01:00"),
        Claim("language", "en", "feed", 0.8, "feed language: en"),
        Claim("url", "https://quay.example/calm", "feed", 0.95, "url: https://quay.example/calm"),
        Claim("topics", "Weather", "feed", 0.9, "tags: Weather"),
    )


def test_the_feeds_author_stands_for_items_that_name_none_and_version_1_names_one() -> None:
    items = read(
        {"author": {"name": "Ann Lee"}, "items": [{"title": "a"}, {"title": "b", "author": {"name": "Bo Ek"}}]}
    )
    assert [said(item, "authors") for item in items] == [["Ann Lee"], ["Bo Ek"]]


def test_plain_text_keeps_its_lines_and_what_looks_like_markup() -> None:
    [item] = read({"items": [{"content_text": "The <p> tag.\n\nIt is old."}]})
    assert (item.content, item.blocks) == ("The <p> tag.\n\nIt is old.", None)


def test_one_bad_item_does_not_cost_the_others() -> None:
    items = read({"items": [{"title": "One"}, 2, {"id": "3"}, {"title": ["x"], "content_text": "Four", "tags": "x"}]})
    assert [(item.position, item.fault) for item in items] == [(0, None), (1, NO_OBJECT), (2, NO_WORDS), (3, None)]


def test_lone_surrogates_and_nul_are_mended_and_counted() -> None:
    [item] = read(b'{"items": [{"content_text": "Calm \\ud800 and\\u0000 fog"}]}')
    assert (item.content, item.repairs) == ("Calm \ufffd and fog", {"surrogates": 1, "control_characters": 1})


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "no feed"),
        (b'[{"items": []}]', "no feed"),
        (b'{"title": "Quay"}', "no feed"),
        (b'{"items": []}', "no items"),
        (b'{"items": [1,2,3,4,5,6,7,8,9,10]}', "more than 9 items"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_has_no_items_is_unreadable(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(data)


VALUES = st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)  # fmt: skip
MEMBERS = st.sampled_from(
    ["id", "url", "title", "content_html", "content_text", "authors", "author", "tags", "language"]
)


@given(st.one_of(st.binary(), st.lists(st.dictionaries(MEMBERS, VALUES)).map(lambda items: json.dumps({"items": items}).encode())))  # fmt: skip
def test_any_bytes_end_in_items_or_unreadable(data: bytes) -> None:
    try:
        items = read(data)
    except Unreadable:
        return
    assert [item.position for item in items] == list(range(len(items)))
