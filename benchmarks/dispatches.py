"""Makes articles as a wire sends them, about 7 KB of plain English each, no two alike: what is posted and drained.

Headline, byline, date, dateline, paragraphs with persons, places, organisations and figures, and a labelled list.
The same seed makes the same articles everywhere.
"""

import calendar
import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BYTES: Final = 7_000
DATA: Final = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
NOUNS, KINDS, DEEDS = (DATA[name].split() for name in ("nouns", "kinds", "deeds"))
PLACES, GIVEN, FAMILY = (DATA[name].split() for name in ("places", "given", "family"))
HOUSES: Final[list[str]] = DATA["houses"]
SENTENCES: Final[list[str]] = DATA["sentences"]
DAYS, MONTHS = tuple(calendar.day_name), tuple(calendar.month_name)[1:]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One article: its mark, which no other has and which stands in its headline, and its text."""

    mark: str
    source: str
    text: str


class Desk:
    """Writes articles by one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)  # noqa: S311 - chance here is seeded, so that it can be repeated

    def words(self) -> dict[str, object]:
        """Draw what a sentence may name."""
        pick = self.chance.choice
        return {
            "noun": pick(NOUNS),
            "noun2": pick(NOUNS),
            "noun3": pick(NOUNS),
            "kind": pick(KINDS),
            "deed": pick(DEEDS),
            "place": pick(PLACES),
            "house": pick(HOUSES),
            "day": pick(DAYS),
            "person": f"{pick(GIVEN)} {pick(FAMILY)}",
            "few": self.chance.randint(2, 60),
            "many": self.chance.randint(100, 90_000),
            "year": self.chance.randint(1990, 2024),
        }

    def paragraph(self) -> str:
        """Write two to five sentences."""
        pick = self.chance.choice
        return " ".join(pick(SENTENCES).format(**self.words()) for _ in range(self.chance.randint(2, 5)))

    def articles(self, number: int) -> Iterator[Dispatch]:
        """Write so many articles."""
        for count in range(number):
            mark = f"{self.seed:x}-{count:x}"
            named = self.words()
            day = f"{self.chance.randint(1, 28)} {self.chance.choice(MONTHS)} {self.chance.randint(2019, 2025)}"
            head = "{kind} {noun} {deed} after {noun2} in {place}".format(**named).capitalize()
            subjects = "\n".join(
                "{kind} {noun}: {few} of the {many} are {deed}.".format(**self.words()).capitalize() for _ in range(4)
            )
            paragraphs = [f"{named['place']} - {self.paragraph()}"]
            while sum(map(len, paragraphs)) < BYTES - 500:
                paragraphs.append(self.paragraph())
            body = "\n\n".join(paragraphs)
            text = f"{head} {mark}\nBy {named['person']}\n{day}, 14:20 CET\n\n{body}\n\nThe plan covers:\n{subjects}\n"
            yield Dispatch(mark, f"paper-{self.chance.randrange(200)}.example", text)
