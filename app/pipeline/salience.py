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

    count: float
    again: float
    rare_count: float
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
    """Measure a phrase; each fact lies between 0 and about 8."""
    size = max(1, article.words)
    rarities = background.rarities(phrase.words, language)
    count = math.log(phrase.count)
    return Facts(
        count=count,
        again=float(phrase.count > 1),
        rare_count=count * max(rarities),
        rarity=min(rarities),
        begin=math.log(1 + phrase.first),
        early=phrase.first / size,
        spread=(phrase.last - phrase.first) / size,
        sentences=phrase.sentences / (article.sentences + FEW_SENTENCES),
        named=UNTOLD if phrase.large is None else phrase.large,
        one_word=float(len(phrase.words) == 1),
        two_words=float(len(phrase.words) == 2),
        joined=float(phrase.joined),
        alone=phrase.alone,
        head=phrase.head,
        nominal=phrase.nominal,
        length=min(LONGEST, len(phrase.key)) / 10,
        within=min(1.0, phrase.within),
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
