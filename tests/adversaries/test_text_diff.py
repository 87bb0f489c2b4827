"""Whatever two long texts are made of, they are compared in bounded time."""

import pytest

from app.pipeline.text_diff import diff
from tests.pipeline.test_text_diff import applied, words

pytestmark = pytest.mark.timeout(60)


def long(sentence: str, characters: int = 1_000_000) -> str:
    """Give a long text of one sentence, the number of each in it where it asks for one."""
    parts: list[str] = []
    size = number = 0
    while size < characters:
        parts.append(sentence.format(n=number))
        size += len(parts[-1]) + 1
        number += 1
    return " ".join(parts)


HUGE = {
    "all different": (long("Old report {n} came.", 5_000_000), long("New report {n} came.", 5_000_000)),
    "all the same": (long("Item.", 5_000_000), long("Item.", 5_000_000) + " End."),
    "one in front of each": (long("Report {n} came."), long("It did. Report {n} came.")),
    "the other way round": (long("Report {n}."), " ".join(reversed(long("Report {n}.").split(". ")))),
    "few in another order": (long("Ab. Bc. Cd."), long("Cd. Bc. Ab.")),
    "marks": ("." * 5_000_000, ". " * 2_500_000),
    "ends of nothing": ("A. “ " * 200_000, "A? ( " * 200_000),
}


@pytest.mark.parametrize("kind", HUGE)
def test_two_long_texts_are_compared_in_bounded_time(kind: str) -> None:
    """Nothing quadratic: that would run into the time limit."""
    before, after = HUGE[kind]
    assert applied(before, diff(before, after, 1)) == words(after)
