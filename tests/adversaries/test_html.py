"""Whatever five megabytes of markup are made of, a page is read or refused."""

import contextlib

import pytest

from app.formats.unreadable import Unreadable
from app.pipeline.run import process
from tests.formats.test_html import NOW, data, item_of
from tests.pages import LEAD

pytestmark = pytest.mark.timeout(60)

HUGE = {
    "nested": "<div>" * 100_000 + "words",
    "lists": "<ul><li>" * 100_000,
    "unclosed": "<p>word <b>word " * 200_000,
    "attributes": '<a href="x" class="' + "author " * 300_000 + '">x',
    "scripts": "<script type='application/ld+json'>" + "[" * 1_000_000 + "</script>",
    "nodes": '<script type="application/ld+json">[' + ",".join(['{"@type":"Article"}'] * 100_000) + "]</script>",
    "headers": "<header><a rel=tag href=/tag/x>x</a>" * 20_000,
    "tables": "<table><tr><td>" * 50_000,
    "one line": "<p>" + "word. " * 800_000,
    "bylines": "<span class=byline>By Ann Lee</span>" * 50_000,
    "times": "<time datetime=2026-03-14>14 March 2026</time>" * 50_000,
    "less": "<" * 2_000_000,
    "titles": "".join(f'<meta property="og:title" content="Title {n}">' for n in range(90_000)) + "<p>" + LEAD * 3,
    "keywords": data(keywords=[f"Topic {n}" for n in range(200_000)], publisher=[str(n) for n in range(200_000)])
    + LEAD,
}


@pytest.mark.parametrize("kind", HUGE)
def test_five_megabytes_of_anything_cost_bounded_time(kind: str) -> None:
    with contextlib.suppress(Unreadable):
        process(item_of(HUGE[kind][:5_000_000]), NOW)
