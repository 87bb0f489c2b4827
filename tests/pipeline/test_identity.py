"""When two articles that share a guid, a URL or a text are one, and when they are two."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.identity import KeyScope, Profile, kinship, profile, told_apart
from tests.builders import NOON, an_article

QUAY = (
    "The harbour authority of Port Ellery reopened its northern quay on Saturday after repairs that took nine months."
)
FERRY = "Ferries to the outer islands sail again on Tuesday, after crews accepted the offer that both sides called their last."
ONE: dict[str, Any] = {"text": QUAY, "title": "Quay reopens", "guid": "1", "url": "https://a.example/quay"}
OTHER: dict[str, Any] = {"text": FERRY, "title": "Ferries sail", "guid": "2", "url": "https://a.example/ferry"}


def said(**changed: Any) -> Profile:
    """Give the profile of the article on the quay, as far as it is not said otherwise."""
    return profile(an_article(**(ONE | changed)))


def both(**changed: Any) -> Profile:
    """Give that of the article on the ferry."""
    return profile(an_article(**(OTHER | changed)))


def test_one_guid_for_two_urls_and_two_texts_is_two_articles() -> None:
    assert told_apart(said(guid="0"), both(guid="0", published_at=NOON + timedelta(hours=1)), "guid") == "another URL"


def test_a_url_that_changes_with_its_headline_is_one() -> None:
    changed = said(title="Quay open again", url="https://a.example/quay-open-again")
    assert told_apart(said(), changed, "guid") is None
    later = said(title="Quay open again", text=FERRY, url="https://a.example/quay-open-again")
    assert told_apart(said(), later, "guid") is None, "of the same moment"


def test_one_link_for_all_items_is_as_many_articles_as_there_are_guids() -> None:
    front = "https://a.example/"
    assert told_apart(said(url=front), both(url=front, published_at=None), "url") == "another guid"
    assert told_apart(said(url=front, guid=None), both(url=front, guid=None, published_at=None), "url") is None
    week = NOON + timedelta(days=7)
    assert told_apart(said(url=front, guid=None), both(url=front, guid=None, published_at=week), "url") == "another day"


def test_two_items_of_one_document_are_two() -> None:
    one = profile(an_article(**(ONE | {"guid": None})), "a feed")
    other = profile(an_article(**(OTHER | {"guid": None, "published_at": None})), "a feed")
    assert told_apart(one, other, "url") == "side by side"
    assert told_apart(one, profile(an_article(**OTHER), "another feed"), "url") is None


def test_a_stub_that_becomes_a_report_is_one() -> None:
    stub = said(text="Breaking: quay reopens, more soon.", title="Breaking: quay")
    assert told_apart(stub, said(text=f"{QUAY} {FERRY}"), "url") is None


def test_numbered_versions_of_one_guid_are_one_however_much_they_change() -> None:
    first, second = said(), both(guid="1", published_at=NOON + timedelta(days=2))
    assert told_apart(first, second, "guid") == "another URL"
    assert told_apart(replace(first, version="1"), replace(second, version="2"), "guid") is None


def test_one_text_of_a_source_under_another_headline_is_one_but_not_on_another_day_or_under_another_guid() -> None:
    assert told_apart(said(guid=None), said(guid=None, title="Quay open again"), "text") is None
    assert told_apart(said(), said(guid="7", title="Quay open again"), "text") == "another guid"
    week = NOON + timedelta(days=7)
    assert told_apart(said(guid=None), said(guid=None, title="Again", published_at=week), "text") == "another day"


def test_the_same_words_are_one_whatever_else_differs() -> None:
    assert told_apart(said(), said(guid="9", url="https://b.example/x", published_at=None), "url") is None


PROFILES = st.builds(
    lambda text, title, guid, url, days: profile(
        an_article(text, title=title, guid=guid, url=url, published_at=None if days is None else NOON + timedelta(days))
    ),
    st.sampled_from([QUAY, FERRY, f"{QUAY} {FERRY}"]),
    st.sampled_from(["Quay reopens", "Ferries sail", None]),
    st.sampled_from(["1", "2", None]),
    st.sampled_from(["https://a.example/quay", "https://a.example/ferry", None]),
    st.sampled_from([0, 1, 7, None]),
)


@given(PROFILES, PROFILES, st.sampled_from(["guid", "url", "text", "content"]))
def test_no_order_of_asking_makes_a_difference(one: Profile, other: Profile, scope: KeyScope) -> None:
    assert told_apart(one, other, scope) == told_apart(other, one, scope)
    assert kinship(one, other) == kinship(other, one)
    assert told_apart(one, one, scope) is None
    assert kinship(one, one) == 3


@pytest.mark.parametrize("scope", ["guid", "url"])
def test_other_words_alone_make_no_second_article(scope: KeyScope) -> None:
    assert told_apart(said(), both(guid="1", url=ONE["url"], published_at=None), scope) is None
