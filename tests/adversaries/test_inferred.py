"""Whatever five megabytes are made of, what they speak of is looked for in their beginning."""

import pytest

from tests.pipeline.test_inferred import found_in

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize(
    "text",
    [
        "harbour " * 625_000,
        "Harbour " * 625_000,
        "x" * 5_000_000,
        "of " * 1_600_000,
        "harbour of " * 450_000,
        "A.B." * 1_250_000,
        "a-" * 2_500_000,
        "d'" * 2_500_000,
        "." * 5_000_000,
        " ".join(f"word{number}" for number in range(500_000)),
        " ".join(f"Word{number}" for number in range(500_000)),
    ],
    ids=["word", "large", "letters", "joints", "joined", "initials", "hyphens", "elided", "marks", "words", "names"],
)
def test_five_megabytes_of_anything_cost_bounded_time(text: str) -> None:
    found_in(text, title=text, language="fr")
