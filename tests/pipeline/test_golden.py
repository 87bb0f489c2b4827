"""Articles of many kinds, each beside what must come of it: `case.txt` and `case.json` in `tests/golden`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.db import to_json
from app.formats.read import read
from app.pipeline.article import Article, Stated
from app.pipeline.run import process
from app.query.schemas import article_json

CASES = sorted((Path(__file__).parent.parent / "golden").glob("*.txt"))
ARRIVED = datetime(2026, 6, 1, 12, tzinfo=UTC)


def made_of(case: Path) -> dict[str, Any]:
    """Give what `POST /v1/extract` would answer for a case."""
    [item] = read(case.read_bytes(), "text/plain; charset=utf-8", Stated(), max_items=1)
    article = process(item, ARRIVED)
    assert isinstance(article, Article)
    made: dict[str, Any] = json.loads(to_json(article_json(article)))
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_each_article_comes_out_as_it_stands_beside_it(case: Path) -> None:
    assert made_of(case) == json.loads(case.with_suffix(".json").read_text(encoding="utf-8"))


def test_there_are_cases_in_many_languages() -> None:
    assert len({case.stem[:2] for case in CASES}) >= 7
