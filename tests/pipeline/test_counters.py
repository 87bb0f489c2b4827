"""Clocks and counters move by themselves: two deliveries that differ in those alone are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.counters import moves, stilled


@pytest.mark.parametrize(
    "line",
    [
        "Updated 14:05",
        "Last updated: 3 minutes ago",
        "1,204 views",
        "12 comments",
        "3 min read",
        "Stand: 14:05 Uhr",
        "Zuletzt aktualisiert um 9:12 Uhr",
        "1.204 mal gelesen",
        "Mis à jour à 14h05",
        "il y a 5 minutes",
        "hace 5 minutos",
        "Atualizado há 2 horas",
        "Aggiornato alle 14:05",
        "5 minuten geleden",
        "Views: 88,120 | Shares: 12",
    ],
)
def test_clocks_and_counters_move(line: str) -> None:
    assert moves(line)


@pytest.mark.parametrize(
    "line",
    [
        "12 dead",
        "Kick-off 20:45",
        "Harbour Town 3, Ellery 1",
        "The vote was 51 to 49.",
        "Three people share 12 million in the lottery",
        "2026",
        "updated",
        "12 Tote",
        "Article 5",
        "Score at 14:05",
    ],
)
def test_news_does_not(line: str) -> None:
    assert not moves(line)


def test_a_text_is_stilled_in_its_moving_lines_alone() -> None:
    one = "The harbour reopened at 14:05.\n\nUpdated 14:06\n\n12 dead"
    other = "The harbour reopened at 14:05.\n\nUpdated 15:59\n\n12 dead"
    assert stilled(one) == stilled(other) == "The harbour reopened at 14:05.\n\nUpdated 0:0\n\n12 dead"
    assert stilled(one) != stilled(one.replace("12", "14"))


@given(st.text(max_size=300))
def test_stilled_is_still(text: str) -> None:
    assert stilled(stilled(text)) == stilled(text)
    assert stilled(text).count("\n") == text.count("\n")
