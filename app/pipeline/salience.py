"""Says how likely a phrase is one that readers would name as a subject of its article: a logistic model of a few facts.

Its weights are data (`words/salience.toml`), fitted by `benchmarks/fit_topics.py` on labelled articles.
"""

import math
from functools import cache
from operator import mul
from typing import NamedTuple

from app.pipeline.background import Background
from app.pipeline.phrases import Phrase, Phrases
from app.pipeline.vocabulary import vocabulary

UNTOLD = 0.3
"""How far a phrase counts as a name where no capital says anything."""
FEW_SENTENCES = 10
"""As many sentences are added to a text's own, as the share of a few says little."""
LONGEST = 30
"""Characters from which on a phrase is no more specific."""


class Facts(NamedTuple):
    """What is asked of a phrase; each field has a weight of its name."""

    often: float
    again: float
    often_rare: float
    rarity: float
    begin: float
    early: float
    spread: float
    sentences: float
    named: float
    one_word: float
    two_words: float
    joined: float
    alone: float
    head: float
    nominal: float
    length: float
    within: float


def facts(phrase: Phrase, article: Phrases, language: str | None, background: Background) -> Facts:
    """Measure a phrase, in the order of the fields; each fact lies between 0 and about 8."""
    size = max(1, article.words)
    rarities = background.rarities(phrase.words, language)
    often = math.log(phrase.count)
    return Facts(
        often,
        float(phrase.count > 1),
        often * max(rarities),
        min(rarities),
        math.log(1 + phrase.first),
        phrase.first / size,
        (phrase.last - phrase.first) / size,
        phrase.sentences / (article.sentences + FEW_SENTENCES),
        UNTOLD if phrase.large is None else phrase.large,
        float(len(phrase.words) == 1),
        float(len(phrase.words) == 2),
        float(phrase.joined),
        phrase.alone,
        phrase.head,
        phrase.nominal,
        min(LONGEST, len(phrase.key)) / 10,
        min(1.0, phrase.within),
    )


@cache
def weights() -> Facts:
    """Give the weight of each fact."""
    return Facts(**vocabulary("salience")["weights"])


@cache
def bias() -> float:
    """Give what a phrase has before anything is asked of it."""
    return float(vocabulary("salience")["bias"])


def salience(phrase: Phrase, article: Phrases, language: str | None, background: Background) -> float:
    """Give the share of phrases like this one that readers name as subjects, 0 to 1: of those at 0.8 about 80 %."""
    measured = facts(phrase, article, language, background)
    return 1 / (1 + math.exp(-bias() - sum(map(mul, weights(), measured))))
