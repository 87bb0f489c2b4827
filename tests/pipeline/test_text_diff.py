"""What changed between two versions of a text, sentence by sentence: true for any two, and bounded."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pipeline.sentences import sentences
from app.pipeline.text_diff import Hunk, diff

SENTENCES = (
    "The ferry sails again.", "Dr. Holt said so!", "“Why?” she asked.", "No mark", "点灯した。", "U.S. ships came.",
    "• an item", "The ferry sails again.", "Region | Ships", "It cost 3.5 million.",
)  # fmt: skip
texts = st.lists(
    st.tuples(st.sampled_from(SENTENCES), st.sampled_from([" ", "\n", "\n\n"])).map("".join), max_size=30
).map("".join)


def words(text: str) -> list[str]:
    """Give the sentences alone."""
    return [one.text for one in sentences(text)]


def applied(before: str, hunks: Sequence[Hunk]) -> list[str]:
    """Change a text as a comparison says, holding it to what it says of the text; give its sentences."""
    old, made = words(before), list[str]()
    if not hunks:
        return old
    at = 0
    for hunk in hunks:
        if hunk.op == "added":
            made += words(hunk.text or "")
            continue
        taken = old[at : at + hunk.sentences]
        at += hunk.sentences
        assert hunk.text is None or words(hunk.text) == taken
        if hunk.op != "removed":
            made += taken
    assert at == len(old)
    return made


@given(texts, texts, st.integers(0, 4))
@settings(max_examples=300)
def test_a_comparison_applied_to_the_first_gives_the_second(before: str, after: str, context: int) -> None:
    assert applied(before, diff(before, after, context)) == words(after)


@given(st.text(max_size=200), st.text(max_size=200))
def test_that_holds_for_any_text(before: str, after: str) -> None:
    assert applied(before, diff(before, after, 1)) == words(after)


@given(texts)
def test_a_text_differs_in_nothing_from_itself(text: str) -> None:
    assert diff(text, text.replace("\n", "\n\n"), 2) == []


def test_a_changed_sentence_goes_and_comes_and_what_stays_is_told_by_its_number() -> None:
    before = "One ship came. Two left.\n\nThe harbour was calm. Nobody saw it.\n\nThen it rained."
    after = "One ship came. Three left.\n\nThe harbour was calm. Nobody saw it.\n\nThen it rained. It stopped."
    assert diff(before, after, 0) == [
        Hunk("elided", 1, None),
        Hunk("removed", 1, "Two left."),
        Hunk("added", 1, "Three left."),
        Hunk("elided", 3, None),
        Hunk("added", 1, "It stopped."),
    ]
    assert diff(before, after, 1)[0] == Hunk("equal", 1, "One ship came.")
    assert [hunk.sentences for hunk in diff(before, after, 1)] == [1, 1, 1, 1, 1, 1, 1]
    assert diff(before, after, 2)[3] == Hunk("equal", 3, "The harbour was calm. Nobody saw it.\n\nThen it rained.")


def test_a_sentence_that_is_repeated_is_put_where_it_came() -> None:
    before, after = "A b. " * 3 + "C d.", "A b. " * 5 + "C d."
    assert [(hunk.op, hunk.sentences) for hunk in diff(before, after, 0)] == [
        ("elided", 3),
        ("added", 2),
        ("elided", 1),
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Mr. Holt met Gen. Lind. They spoke.", ["Mr. Holt met Gen. Lind.", "They spoke."]),
        ("J. K. Rowling wrote. He read.", ["J. K. Rowling wrote.", "He read."]),
        ("It grew by 3.5 percent. So what?", ["It grew by 3.5 percent.", "So what?"]),
        ("“Stop!” he said. “Never.” She left.", ["“Stop!” he said.", "“Never.”", "She left."]),
        ("港が開いた。船が来た。", ["港が開いた。", "船が来た。"]),
        ("Паром ушёл. Он вернётся. да", ["Паром ушёл.", "Он вернётся. да"]),
        ("Heading\nText. More", ["Heading", "Text.", "More"]),
    ],
)
def test_sentences_are_parted_at_their_ends(text: str, parts: list[str]) -> None:
    assert words(text) == parts
