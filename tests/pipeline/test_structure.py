"""Structure rebuilt from lines alone: headings, lists, tables printed cell by cell, and what is no part of the article."""

import pytest

from app.pipeline.article import Block, Heading, ListBlock, ListItem, Paragraph, Table
from app.pipeline.outline import lines, outline
from app.pipeline.structure import build

OPENING = "The ferry sails again on Tuesday, and the harbour office expects full service by the weekend, it said."
MIDDLE = "Those who had booked for the days of the strike get their money back without having to ask for it."
LAST = "The harbour office will look at the matter again in the autumn, when the summer's numbers are in. Until then nothing changes."


def blocks(*text: str, title: str | None = None) -> list[Block]:
    """Give the blocks of a text."""
    found = lines("\n".join(text))
    return list(build(found, outline(found), frozenset(), title).blocks)


def items(*pairs: tuple[str | None, str]) -> ListBlock:
    """Give a list of labels and texts."""
    return ListBlock(tuple(ListItem(label, text) for label, text in pairs))


def test_a_short_line_before_running_text_is_a_heading() -> None:
    assert blocks(OPENING, "What changes: a first look", MIDDLE) == [
        Paragraph(OPENING),
        Heading(2, "What changes: a first look"),
        Paragraph(MIDDLE),
    ]


def test_a_headline_is_level_one_and_a_stated_title_is_not_repeated() -> None:
    text = ("Ferry strike ends after nine days", OPENING, MIDDLE)
    assert blocks(*text)[0] == Heading(1, "Ferry strike ends after nine days")
    assert blocks(*text, title="FERRY STRIKE ENDS, after nine days")[0] == Paragraph(OPENING)


def test_bare_lines_after_a_lead_in_are_a_list_and_the_next_heading_is_not() -> None:
    lead_in = "The plan rests on three ideas that the office presented on Monday:"
    assert blocks(
        OPENING,
        lead_in,
        "fewer night shifts for all crews",
        "more light at the gates",
        "a second pier",
        "What Comes Next",
        LAST,
    ) == [
        Paragraph(OPENING),
        Paragraph(lead_in),
        items((None, "fewer night shifts for all crews"), (None, "more light at the gates"), (None, "a second pier")),
        Heading(2, "What Comes Next"),
        Paragraph(LAST),
    ]


@pytest.mark.parametrize("mark", ["• ", "- ", "* ", "– "])
def test_bullets_are_cut_off(mark: str) -> None:
    assert blocks(OPENING, f"{mark}first thing", f"{mark}second thing", MIDDLE)[1] == items(
        (None, "first thing"), (None, "second thing")
    )


def test_numbers_are_cut_off_and_a_single_numbered_line_is_a_heading() -> None:
    assert blocks(OPENING, "1. First thing", "2. Second thing", MIDDLE)[1] == items(
        (None, "First thing"), (None, "Second thing")
    )
    assert blocks(OPENING, "1. First thing", LAST)[1] == Heading(2, "1. First thing")


def test_labels_are_parted_and_take_their_siblings_capital() -> None:
    found = blocks(
        OPENING,
        "These points are in it:",
        "Night shifts: three a week at most.",
        "pay: a fifth more in winter.",
        "Training: two weeks.",
        MIDDLE,
    )
    assert found[2] == items(
        ("Night shifts", "three a week at most."), ("Pay", "a fifth more in winter."), ("Training", "two weeks.")
    )


def test_a_table_of_words_and_one_of_numbers_are_rebuilt() -> None:
    words = blocks(
        OPENING, "Region", "Concerns", "North", "Water and more water", "South", "Electric power in winter", LAST
    )
    assert words[1] == Table(
        ("Region", "Concerns"), (("North", "Water and more water"), ("South", "Electric power in winter"))
    )
    numbers = blocks(
        OPENING, "The final table reads:", "Club", "Races", "Points", "Rowers", "12", "31", "Oars", "12", "29", LAST
    )
    assert numbers[2] == Table(("Club", "Races", "Points"), (("Rowers", "12", "31"), ("Oars", "12", "29")))


@pytest.mark.parametrize("mark", [" | ", "\t"])
def test_rows_that_kept_their_cells_are_a_table(mark: str) -> None:
    rows = [mark.join(row) for row in (("Place", "Ships"), ("North pier", "3"), ("South pier", "4"))]
    assert blocks(OPENING, *rows, MIDDLE)[1] == Table(("Place", "Ships"), (("North pier", "3"), ("South pier", "4")))


def test_what_stands_around_the_article_is_left_out() -> None:
    found = blocks(
        "Home » News » Coast",
        "Ferry strike ends after nine days",
        "Share this article",
        "Print",
        OPENING,
        "Advertisement",
        MIDDLE,
        "Read more: Ten walks",
        "Related",
        "Sign up for our newsletter",
    )
    assert found == [Heading(1, "Ferry strike ends after nine days"), Paragraph(OPENING), Paragraph(MIDDLE)]


def test_running_text_is_never_cut_however_short_its_last_sentence() -> None:
    assert blocks(OPENING, MIDDLE, "So it goes.")[-1] == Paragraph("So it goes.")


@pytest.mark.parametrize(
    "last", ["Final score: 2-1", "12 dead", "Kick-off 20:45", "Verdict: guilty", "No arrests were made"]
)
def test_a_single_line_with_which_the_text_ends_is_a_part_of_it(last: str) -> None:
    assert blocks(OPENING, MIDDLE, last)[-1] == Paragraph(last)
    assert blocks(OPENING, MIDDLE, last, "Other stories of today")[-1] == Paragraph(MIDDLE)


@pytest.mark.parametrize(
    "last", ["Read more", "1,204 views", "Maren Holt", "Photo: AFP/Getty", "14 March 2026", "By Maren Holt"]
)
def test_a_button_a_counter_a_signature_and_a_credit_are_none(last: str) -> None:
    assert blocks(OPENING, MIDDLE, last)[-1] == Paragraph(MIDDLE)
