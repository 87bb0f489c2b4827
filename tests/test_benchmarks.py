"""What benchmarks say of their measurements: limits that are missed are named, sequential scans are found, pairs are read and judged."""

import random
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from app.formats.check import check
from app.pipeline.article import Stated
from app.pipeline.likeness import likeness, shingles
from benchmarks import drain, end_to_end
from benchmarks.accept import NDJSON, Round, aims
from benchmarks.dispatches import Desk
from benchmarks.drain import Drained
from benchmarks.end_to_end import Seen
from benchmarks.load import ARTICLE_BYTES, BATCH, Answers, requests
from benchmarks.near_copies import near_copies
from benchmarks.pairs import Collection, counted_out, pairs_of, texts_of
from benchmarks.routes import Route, routes
from benchmarks.stories import ours_at, ties, verdict
from benchmarks.suite import Aim, Report
from benchmarks.suite import told as report_told
from benchmarks.verdicts import Figures, compared, percentile, read_plan, sequential, told, verdicts

FAST = Figures(1_000, "a page", limited=True, median=2.0, p99=4.0, worst=5.0, beside=3.0, bare=1.0, statements=1)
OTHER = replace(FAST, route="a list", limited=False, p99=50.0)
EXPLAINED = {
    "Planning Time": 0.2,
    "Execution Time": 1.5,
    "Plan": {
        "Node Type": "Limit", "Actual Rows": 5, "Actual Loops": 1, "Shared Hit Blocks": 7, "Shared Read Blocks": 2,
        "Plans": [
            {"Node Type": "Index Scan", "Relation Name": "topics", "Index Name": "pk_topics", "Actual Rows": 1, "Actual Loops": 5},
            {"Node Type": "Seq Scan", "Relation Name": "articles", "Actual Rows": 5, "Rows Removed by Filter": 90, "Actual Loops": 1},
            {"Node Type": "Seq Scan", "Relation Name": "source_boilerplate", "Actual Rows": 3, "Actual Loops": 1},
        ],
    },
}  # fmt: skip


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([float(n) for n in range(1, 101)], 0.99) == 99
    assert percentile([3.0, 1.0], 0.99) == 3
    assert percentile([2.0], 0.5) == 2


def test_a_plan_is_read_with_the_rows_that_each_scan_looked_at() -> None:
    plan = read_plan(EXPLAINED)
    assert told(plan) == (
        "0.2 + 1.5 ms, 9 blocks: Index Scan `pk_topics` (5), Seq Scan `articles` (95), Seq Scan `source_boilerplate` (3)"
    )
    assert sequential([plan], {"articles", "topics"}) == ("articles",)


def test_limits_that_hold_are_told_so() -> None:
    lines = list(verdicts([FAST, OTHER], [FAST, OTHER]))
    assert [line.split(":")[0] for line in lines] == ["held"] * 5


def test_sizes_stand_side_by_side() -> None:
    larger = replace(FAST, articles=10_000, median=3.0, p99=6.0)
    [head, row] = compared([FAST, OTHER], [larger])
    assert head.startswith("| route | 1,000: median, p99 | 10,000: median, p99 |")
    assert row == "| a page | 2.0, 4.0 | 3.0, 6.0 | 1.0 | +2.0 | 1.5 |"


@pytest.mark.parametrize(
    ("changed", "limit"),
    [
        (replace(FAST, p99=20.0), "p99 of topic pages"),
        (replace(FAST, p99=6.1), "p99 of those routes"),
        (replace(FAST, beside=4.2), "HTTP at most"),
        (replace(FAST, sequential=("articles",)), "no sequential scan"),
    ],
    ids=str,
)
def test_a_limit_that_is_missed_names_the_route(changed: Figures, limit: str) -> None:
    missed = [line for line in verdicts([FAST, OTHER], [changed, OTHER]) if line.startswith("MISSED")]
    assert any(limit in line and "a page" in line for line in missed)


def test_paths_are_others_each_time_as_far_as_there_are_any() -> None:
    chance = random.Random(1)
    assert len(set(Route("", lambda c: f"/{c.randrange(40)}").paths(chance, 40))) >= 35
    assert Route("", lambda _: "/same").paths(chance, 3) == ["/same"] * 3
    assert len({path for route in routes(100) for path in route.paths(chance, 2)}) >= len(routes(100))


PAIRS = {
    "pairs.tsv": "# made by hand\nfirst\tsecond\toverlap\na.txt\tb\t0.75\nc\ta\t1\n",
    "pairs.csv": "a,b,75%\nsub/c.txt, a.txt, 100\n\n",
    "pairs.jsonl": '{"overlap": 0.75, "a": "a", "b": "b.txt"}\n["c.txt", "a", 1.0]\n',
}


@pytest.mark.parametrize("name", PAIRS)
def test_pairs_of_texts_are_read_in_any_form(tmp_path: Path, name: str) -> None:
    (tmp_path / "sub").mkdir()
    for place in ("a.txt", "b.txt", "sub/c.txt"):
        (tmp_path / place).write_text(f"The text of {place}")
    (tmp_path / name).write_text(PAIRS[name])
    texts = texts_of(tmp_path)
    assert sorted(texts) == ["a", "b", "c"]
    assert pairs_of(tmp_path / name, texts) == {("a", "b"): 0.75, ("a", "c"): 1.0}


def test_two_texts_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text("One")
    (tmp_path / "sub" / "a.txt").write_text("Two")
    with pytest.raises(SystemExit, match="called a;"):
        texts_of(tmp_path)


def test_pairs_that_name_no_texts_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pairs").write_text("a\tb\na\tgone\n")
    assert pairs_of(tmp_path / "pairs", {"a": "", "b": ""}) == {("a", "b"): None}
    assert capsys.readouterr().out.startswith("1 lines of")


def test_a_side_is_judged_by_the_pairs_that_are_listed() -> None:
    listed = {("a", "b"): 0.9, ("a", "c"): 0.6, ("b", "c"): None, ("c", "d"): 0.8}
    line = verdict("us", {("a", "b"), ("a", "c"), ("b", "c"), ("a", "d")}, listed, 0.7).split()
    assert line == ["us", "2", "1", "66.67", "66.67", "66.67"]


def test_the_made_collection_is_the_same_each_time_and_its_overlaps_are_those_of_every_pair() -> None:
    made = near_copies(120)
    assert made == near_copies(120)
    assert {"everybody", "form", "roundup"} <= {story.rstrip("0123456789") for story in made.stories.values()}
    sets = {name: shingles(text) for name, text in made.texts.items()}
    overlaps = {pair: likeness(sets[pair[0]], sets[pair[1]]).resemblance for pair in combinations(sorted(sets), 2)}
    counted = counted_out(made.texts)
    assert counted == {pair: overlap for pair, overlap in overlaps.items() if overlap >= 0.3}


def test_near_copies_are_found_by_their_keys_and_tied() -> None:
    made = near_copies(400)
    pairs = counted_out(made.texts)
    true = {names for names, overlap in pairs.items() if overlap is not None and overlap >= 0.5}
    found = {names for names, overlap in ours_at(0.5)(made.texts).overlaps.items() if overlap >= 0.5}
    assert found <= true
    assert len(found) >= 0.995 * len(true)
    rules, judged = ties(Collection(made.texts, pairs, made.stories))
    assert rules.startswith("ties: ")
    assert "; 0 of different stories" in judged


@pytest.mark.parametrize(("kind", "articles"), [("single", 1), ("ndjson", BATCH)])
def test_the_load_sends_articles_that_the_service_takes_and_no_two_alike(kind: str, articles: int) -> None:
    sent = [f"{number:012d}".encode().join(pieces) for number, pieces in enumerate(requests(kind)[:6])]
    bodies = set()
    for request in sent:
        head, body = request.split(b"\r\n\r\n", 1)
        stated = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        assert int(stated["Content-Length"]) == len(body)
        assert abs(len(body) / articles - ARTICLE_BYTES) < 500
        check(body, stated["Content-Type"], Stated(), max_items=articles)
        bodies.add(body)
    assert len(bodies) == len(sent) >= 4


def round_of(rate: float, accepted: int = 9, rows: int | None = 9, found: int | None = 9) -> Round:
    return Round(Answers(accepted, 0, accepted, rate, 1.0, 2.0, 3.0, 0.1), 0.3, 0.1, rows, found)


ACCEPTED = {
    "checked": [round_of(1_800, rows=None)],
    "inserted": [round_of(700)],
    "service": [round_of(1_000)],
    NDJSON: [round_of(12)],
}


def test_accepting_is_judged_beside_its_ceilings_and_no_answered_article_may_be_missing() -> None:
    assert [aim.told().split(":")[0] for aim in aims(ACCEPTED)] == ["held"] * 5
    slow = aims(ACCEPTED | {"service": [round_of(800)]})
    assert [aim.told().split(":")[0] for aim in slow] == ["MISSED", "MISSED", "held", "held", "held"]
    lost = aims(ACCEPTED | {"service": [round_of(1_000, found=8)]})
    assert [aim.name for aim in lost if aim.value < aim.least] == ["answered articles that are in the store"]
    unasked = aims(ACCEPTED | {"service": [round_of(1_000, rows=10)]})
    assert [aim.name for aim in unasked if aim.value < aim.least] == ["rows of the store that were answered"]


def test_a_report_is_a_table_with_its_aims_below() -> None:
    report = Report("accept", [{"to": "a", "rate": 1234.5, "rows": 7}], [Aim("faster", 1.2, 1.4)])
    assert report_told(report).split("\n") == [
        "## accept", "", "| to | rate | rows |", "|---|---|---|", "| a | 1,234.50 | 7 |", "",
        "MISSED: faster: 1.20 (at least 1.4)",
    ]  # fmt: skip


def test_a_drain_is_held_against_the_pure_pipeline_of_its_round() -> None:
    slow, fast = Drained(60.0, 59.0, 16.0, 6.0), Drained(90.0, 88.0, 17.0, 7.0)
    report = drain.reported([100.0, 100.0], {"one worker": [slow, fast], "two workers": [fast, fast]})
    assert [row["of pure"] for row in report.rows] == [1.0, 0.75, 0.9]
    assert report.aims[0].told() == "held: one worker of the pure pipeline: 0.75 (at least 0.7)"


def test_mixed_load_is_told_with_what_failed_grew_or_was_left() -> None:
    seen = Seen()
    seen.times["POST"] = [5.0, 7.0, 90.0]
    seen.queue = [0, 0, 0, 0, 10, 20, 400, 500]
    seen.memory["HTTP"] = [100.0, 100.0, 101.0, 100.0]
    seen.failed["POST 503"] = 2
    report = end_to_end.reported(seen, 3, rate=50.0)
    assert report.rows[0] == {"what": "POST, ms", "number": 3, "median": 7.0, "p99": 90.0, "last": 90.0}
    assert [aim.held for aim in report.aims] == [False, False, True, True]
    assert report.aims[1].told() == "MISSED: seconds of work in the queue in the last quarter: 9.00 (at most 2)"


def test_dispatches_are_unlike_each_other_and_the_same_each_time() -> None:
    once, again = list(Desk(5).articles(3)), list(Desk(5).articles(3))
    assert once == again
    assert len({one.text for one in once}) == 3
    assert all(one.mark in one.text.splitlines()[0] and len(one.text) > 6_000 for one in once)
