"""What is usual in the articles of an archive: how many of them hold each word, by language; a snapshot, so that a run can be repeated."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Usage:
    """Of how many articles of a language each word is in how many; a word is keyed as phrases key it."""

    articles: int
    words: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Background:
    """The snapshot of an archive: its number (0 before anything is learned), and the usage of each language."""

    number: int = 0
    languages: Mapping[str, Usage] = field(default_factory=dict)

    def rarities(self, words: Iterable[str], language: str | None) -> list[float]:
        """Give how rare each word is: 1 for one that is in no article, 0 for one that is in all; 1 where nothing is known."""
        usage = self.languages.get(language or "", NOTHING)
        most = math.log(usage.articles + 2)
        return [
            min(1.0, max(0.0, math.log((usage.articles + 1) / (usage.words.get(word, 0) + 0.5)) / most))
            for word in words
        ]


NOTHING = Usage(0, {})
NO_BACKGROUND = Background()


@dataclass(frozen=True, slots=True)
class Inference:
    """What inferring topics goes by: the archive's background, and how many topics an article gets at most (0: none)."""

    background: Background = NO_BACKGROUND
    most: int = 10


DEFAULT = Inference()
