"""Makes texts as outlets print them: wire texts and their rewrites, cuts, extensions and copies in an outlet's frame, and what is none.

The words are made up, common ones far more often than rare ones; the phrases that all reporters use are not. The same seed
makes the same texts everywhere.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

WORDS: Final = 9_000
OUTLETS: Final = 60
STOCK: Final = (
    "a spokesman for the ministry said on Monday that",
    "according to a statement released on Tuesday by the",
    "could not immediately be reached for comment",
    "spoke on condition of anonymity because they were not authorised to speak publicly",
    "for the first time since the beginning of the year",
    "police said in a statement",
    "at the end of the day",
    "the rest of the world",
    "one of the most important",
    "told reporters at a news conference in the capital",
    "in an interview with the newspaper published on Sunday",
    "it was not immediately clear whether",
)
CLUSTER: Final = 200
"""Copies of the one wire text that everybody prints."""


@dataclass(frozen=True, slots=True)
class Told:
    """Texts by name, and which story each tells."""

    texts: dict[str, str] = field(default_factory=dict)
    stories: dict[str, str] = field(default_factory=dict)

    def add(self, story: str, text: str) -> None:
        """Take one more text of a story."""
        name = f"{story}-{len(self.texts)}"
        self.texts[name], self.stories[name] = text, story


class Press:
    """Writes prose by one seed, and prints it as outlets do."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - chance here is seeded, so that it can be repeated
        parts = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
        self.words = ["".join(self.chance.choices(parts, k=self.chance.choice((1, 2, 2, 3, 4)))) for _ in range(WORDS)]
        self.weights = list(accumulate(1 / (rank + 2) for rank in range(WORDS)))  # as Zipf has it
        self.frames = [
            (self.prose(self.chance.randint(8, 30)), self.prose(self.chance.randint(15, 80))) for _ in range(OUTLETS)
        ]

    def sentence(self) -> str:
        """Write a sentence of 8 to 28 words; one in five has a stock phrase, one in four a figure."""
        words = self.chance.choices(self.words, cum_weights=self.weights, k=self.chance.randint(8, 28))
        if self.chance.random() < 0.2:
            words.insert(self.chance.randrange(len(words)), self.chance.choice(STOCK))
        if self.chance.random() < 0.25:
            words.insert(self.chance.randrange(len(words)), str(self.chance.randrange(2, 5_000)))
        return " ".join(words).capitalize() + "."

    def prose(self, length: int) -> str:
        """Write so many words or a few more."""
        written: list[str] = []
        while sum(len(sentence.split()) for sentence in written) < length:
            written.append(self.sentence())
        return " ".join(written)

    def framed(self, text: str) -> str:
        """Print a text between the head and the foot of an outlet."""
        head, foot = self.chance.choice(self.frames)
        return f"{head}\n{text}\n{foot}"

    def retold(self, text: str) -> str:
        """Write the headline and the lead anew."""
        words = text.split()
        gone = self.chance.randint(15, min(70, len(words) // 3))
        return " ".join([self.prose(self.chance.randint(12, gone + 10)), *words[gone:]])

    def cut(self, text: str) -> str:
        """Print the beginning alone, as an outlet with less space does."""
        words = text.split()
        return " ".join(words[: int(len(words) * self.chance.uniform(0.45, 0.92))])

    def extended(self, text: str) -> str:
        """Print the text with more behind it."""
        return f"{text} {self.prose(int(len(text.split()) * self.chance.uniform(0.1, 1.0)))}"

    def reworded(self, text: str) -> str:
        """Put other words for one to six words of a hundred."""
        rate = self.chance.uniform(0.01, 0.06)
        return " ".join(
            self.chance.choice(self.words) if self.chance.random() < rate else word for word in text.split()
        )

    def reset(self, text: str) -> str:
        """Print the same words with other capitals, marks and line breaks."""
        return text.replace(". ", "…\n\n").replace(" ", "  ").upper()

    def variants(self, text: str) -> Iterator[str]:
        """Print a wire text in one to six ways, each of them one or two changes."""
        ways: tuple[Callable[[str], str], ...] = (
            self.framed, self.retold, self.cut, self.extended, self.reworded, self.reset,
        )  # fmt: skip
        for way in self.chance.sample(ways, k=self.chance.randint(1, len(ways))):
            again = self.chance.choice((None, self.framed, self.reworded))
            yield way(text) if again is None else again(way(text))

    def form(self) -> str:
        """Print a form that is filled in with other figures each day, as those of weather and lotteries are."""
        figures = iter([str(self.chance.randrange(100, 100_000)) for _ in range(30)])
        return " ".join(next(figures, word) if place % 14 == 5 else word for place, word in enumerate(FORM.split()))


FORM: Final = Press(7).prose(160)


def near_copies(articles: int, seed: int = 1) -> Told:
    """Make about so many texts: six in ten of wire stories, a cluster of 200, roundups, forms, and texts of their own."""
    press, told = Press(seed), Told()
    everybody = press.prose(350)
    for _ in range(min(CLUSTER, articles // 30)):
        told.add(
            "everybody",
            press.reworded(press.framed(everybody)) if press.chance.random() < 0.3 else press.framed(everybody),
        )
    number = 0
    while len(told.texts) < articles:
        number += 1
        text = press.prose(int(min(1_500, max(60, press.chance.lognormvariate(5.7, 0.6)))))
        told.add(f"story{number}", text)
        if number % 2:
            for variant in press.variants(text):
                told.add(f"story{number}", variant)
        else:
            told.add(f"own{number}", press.framed(press.prose(press.chance.randint(60, 600))))
        if number % 25 == 0:
            told.add(f"form{number}", press.form())
            told.add(f"roundup{number}", roundup(press, told))
    return told


def roundup(press: Press, told: Told) -> str:
    """Print three stories of the week in one text."""
    wires: Mapping[str, str] = {
        story: told.texts[name] for name, story in reversed(told.stories.items()) if story.startswith("story")
    }
    lengths = sorted(wires.values(), key=len)
    start = press.chance.randrange(max(1, len(lengths) - 3))
    return press.prose(15) + "\n" + "\n".join(lengths[start : start + 3])  # of like length, so that none is most of it
