"""The documentation says what the program does."""

import re
from pathlib import Path

from app.bounds import MOST_PARAMETERS
from app.formats.sniff import LONGEST_TYPE
from app.intake.corrections import MOST_BYTES
from app.pipeline import repair
from app.query.cursor import MAX_CHARACTERS
from app.query.pages import MAX_LIMIT
from app.query.schemas import Article
from app.query.source_schemas import Scorecard
from app.query.timeline import MOST_BUCKETS
from app.settings import Settings
from app.wire import MOST_HEAD_BYTES

ROOT = Path(__file__).parent.parent
FIELDS = (ROOT / "docs" / "fields.md").read_text(encoding="utf-8")
LIMITS = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_field_has_its_meaning_and_no_other_has() -> None:
    table = FIELDS.partition("## Fields of an article")[2].partition("## Topics")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [
        *dict.fromkeys(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    ]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(Article.model_fields)


def test_every_field_of_a_scorecard_has_its_meaning() -> None:
    table = FIELDS.partition("## A source's scorecard")[2]
    named = [
        name for cell in re.findall(r"^\| (`[^|]+`) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)
    ]
    assert sorted(named) == sorted(Scorecard.model_fields)


def test_every_kind_of_repair_is_told() -> None:
    source = Path(repair.__file__).read_text(encoding="utf-8")
    kinds = set(re.findall(r'counts\["(\w+)"\]', source)) | set(re.findall(r'"(\w+)", text, counts', source))
    assert kinds
    assert kinds <= set(re.findall(r"`(\w+)`", FIELDS))


def test_the_readme_names_every_setting() -> None:
    named = set(re.findall(r"`(?:DATELINE_)?([A-Z_]+)`", README))
    assert {name.upper() for name in Settings.model_fields} <= named


def test_every_limit_that_is_told_is_the_settings_own() -> None:
    rows = [row for row in LIMITS.splitlines() if "`DATELINE_" in row and row.startswith("|")]
    told: set[str] = set()
    for row in rows:
        names = [name.lower() for name in re.findall(r"`DATELINE_(\w+)`", row)]
        for name in names:
            assert re.search(rf"\b{Settings.model_fields[name].default:.0f}\b", row), row
        told |= set(names)
    assert {name for name in Settings.model_fields if name.startswith("max_") and name != "max_failures"} <= told


def test_the_largest_parameters_are_told() -> None:
    for number in (MAX_LIMIT, MAX_CHARACTERS, MOST_PARAMETERS, MOST_HEAD_BYTES, MOST_BYTES, MOST_BUCKETS, LONGEST_TYPE):
        assert re.search(rf"\b{number}\b", LIMITS), number


def test_links_between_documents_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
