"""Measures inferred topics on labelled articles, beside YAKE and TF-IDF: `python benchmarks/topics.py FOLDER`; needs `pip install yake snowballstemmer`.

FOLDER holds `*.jsonl`: an article a line, with its `text` and its `keyphrases` (a list), and perhaps `title` and `language`.
A phrase is right where its stems (Snowball) are those of a labelled one. Precision, recall and F1 of each article's first ten
are averaged. The background of document frequencies is that of the folder, for us as for TF-IDF. Ours is what the service
would serve for the text; documents a second are those of the stage alone, as YAKE does nothing else, and of the whole pipeline.

`--fit` fits the weights of `app/pipeline/words/salience.toml` anew instead, on several folders (`FOLDER=WEIGHT`), and prints
them; the last folder calibrates the scores. Needs `pip install scikit-learn snowballstemmer`.
"""

import argparse
import json
import math
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from babel import Locale

from app.pipeline.article import Article, RawItem, Stated
from app.pipeline.background import Background, Inference, Usage
from app.pipeline.chunks import rules
from app.pipeline.inferred import Context, chosen, inferred
from app.pipeline.language import detect
from app.pipeline.phrases import Phrase, Phrases, phrases
from app.pipeline.run import process
from app.pipeline.salience import Facts, facts
from app.processes import collect_rarely

TEN: Final = 10
WORD: Final = re.compile(r"[^\W_]+")
LONGEST_GRAM: Final = 3
BINS: Final = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)
BRIEF: Final = 80
"""Words of the beginning that every article is fitted by too, so that briefs are known."""
FOLDS: Final = 10
ROUNDS: Final = 3
"""Each article is timed so often; the best time counts, for every extractor alike."""
STRENGTH: Final = 0.005


@dataclass(frozen=True, slots=True)
class Labelled:
    """One article, with the stems of the phrases that people gave it."""

    title: str | None
    text: str
    language: str
    gold: frozenset[str]

    @property
    def lines(self) -> list[str]:
        """The text, line by line."""
        return self.text.split("\n")

    def phrases(self) -> Phrases:
        """Collect the phrases of the article."""
        return phrases(self.title or "", self.lines, self.language)

    def brief(self) -> "Labelled":
        """Give its beginning as an article of its own, with the labels that are in it."""
        text = " ".join(self.text.split()[:BRIEF])
        inside = f" {stems(' '.join((self.title or '', text)), self.language)} "
        return replace(self, text=text, gold=frozenset(stem for stem in self.gold if f" {stem} " in inside))


@dataclass(frozen=True, slots=True)
class Figures:
    """What one extractor reached over a folder, in per cent, and how many documents a second."""

    precision: float
    recall: float
    f1: float
    speed: float


@cache
def stemmer(language: str) -> Callable[[Sequence[str]], list[str]]:
    """Give the Snowball stemmer of a language; English where it has none."""
    import snowballstemmer  # noqa: PLC0415 - of the benchmark alone

    name = str(Locale(language).english_name).casefold() if language.isalpha() else "english"
    found: Callable[[Sequence[str]], list[str]] = snowballstemmer.stemmer(
        name if name in snowballstemmer.algorithms() else "english"
    ).stemWords
    return found


@cache
def stems(phrase: str, language: str) -> str:
    """Give a phrase's stems, by which it is compared."""
    return " ".join(stemmer(language)(WORD.findall(phrase.casefold())))


def articles_of(folder: Path) -> list[Labelled]:
    """Read a folder's labelled articles."""
    return [
        labelled(json.loads(line)) for path in sorted(folder.rglob("*.jsonl")) for line in path.open() if line.strip()
    ]


def labelled(row: dict[str, Any]) -> Labelled:
    """Give one article; a phrase may be a list of its variants, and all phrases one text parted by semicolons."""
    evidence = detect(row["text"][:500], row.get("language"))
    language = evidence.value if evidence is not None else "en"
    given = row["keyphrases"].split(";") if isinstance(row["keyphrases"], str) else row["keyphrases"]
    flat = [phrase for one in given for phrase in ([one] if isinstance(one, str) else one)]
    gold = frozenset(stems(phrase, language) for phrase in flat) - {""}
    return Labelled(row.get("title"), row["text"], language, gold)


def background_of(articles: Sequence[Labelled]) -> Background:
    """Learn how many of the articles hold each word, as the store does."""
    counts: dict[str, Counter[str]] = {}
    numbers = Counter(article.language for article in articles)
    for article in articles:
        counts.setdefault(article.language, Counter()).update(article.phrases().vocabulary)
    return Background(1, {language: Usage(number, counts[language]) for language, number in numbers.items()})


def served(articles: Sequence[Labelled]) -> Callable[[Labelled], list[tuple[str, float]]]:
    """Give the topics that the service would serve, with their scores."""
    inference = Inference(background_of(articles))
    now = datetime.now(UTC)

    def extract(article: Labelled) -> list[tuple[str, float]]:
        item = RawItem(0, article.text, Stated(title=article.title, language=article.language))
        made = process(item, now, inference)
        return [(topic.label, topic.score) for topic in made.topics] if isinstance(made, Article) else []

    return extract


def stage(articles: Sequence[Labelled]) -> Callable[[Labelled], list[tuple[str, float]]]:
    """Give the topics of the stage alone."""
    inference = Inference(background_of(articles))

    def extract(article: Labelled) -> list[tuple[str, float]]:
        found = inferred(article.lines, Context(article.language, frozenset(), article.title, inference), ())
        return [(topic.label, topic.score) for topic in found.topics]

    return extract


def yake(longest: int) -> Callable[[Sequence[Labelled]], Callable[[Labelled], list[tuple[str, float]]]]:
    """Give YAKE with phrases of so many words at most."""
    import yake as package  # noqa: PLC0415 - of the benchmark alone

    def prepared(articles: Sequence[Labelled]) -> Callable[[Labelled], list[tuple[str, float]]]:
        known = {
            language: package.KeywordExtractor(lan=language, n=longest, top=2 * TEN) for language in languages(articles)
        }

        def extract(article: Labelled) -> list[tuple[str, float]]:
            text = ". ".join(line for line in (article.title, *article.lines) if line)
            return [(phrase, -score) for phrase, score in known[article.language].extract_keywords(text)]

        return extract

    return prepared


def languages(articles: Sequence[Labelled]) -> set[str]:
    """Give the languages of a folder."""
    return {article.language for article in articles}


def grams(article: Labelled) -> Iterator[str]:
    """Give the word sequences of a text that neither begin nor end with a stop word."""
    stops = rules(article.language).stops | rules(article.language).function
    for line in (article.title or "", *article.lines):
        words = WORD.findall(line.casefold())
        for start, word in enumerate(words):
            for end in range(start + 1, min(start + LONGEST_GRAM, len(words)) + 1):
                if word not in stops and words[end - 1] not in stops and len(word) > 1:
                    yield " ".join(words[start:end])


def tf_idf(articles: Sequence[Labelled]) -> Callable[[Labelled], list[tuple[str, float]]]:
    """Give the word sequences that are frequent here and rare in the folder."""
    held: Counter[str] = Counter()
    for article in articles:
        held.update(set(grams(article)))

    def extract(article: Labelled) -> list[tuple[str, float]]:
        counted = Counter(grams(article))
        scored = ((gram, count * math.log(len(articles) / held[gram])) for gram, count in counted.items())
        return sorted(scored, key=lambda pair: -pair[1])[: 2 * TEN]

    return extract


def first_ten(found: Sequence[tuple[str, float]], language: str) -> list[tuple[str, float]]:
    """Give the stems of the first ten phrases, each once."""
    kept: dict[str, float] = {}
    for phrase, score in found:
        kept.setdefault(stems(phrase, language), score)
    return list(kept.items())[:TEN]


def measure(
    articles: Sequence[Labelled],
    prepared: Callable[[Sequence[Labelled]], Callable[[Labelled], list[tuple[str, float]]]],
) -> tuple[Figures, list[tuple[float, bool]]]:
    """Run an extractor over a folder; give its figures, and each phrase's score and whether it is right."""
    extract = prepared(articles)
    for article in articles[: len(articles) // 10]:
        extract(article)
    collect_rarely()  # as the processes do that extract
    found: list[list[tuple[str, float]]] = []
    seconds = 0.0
    for article in articles:
        times = []
        for _ in range(ROUNDS):
            began = time.process_time()
            made = extract(article)
            times.append(time.process_time() - began)
        found.append(made)
        seconds += min(times)
    each, scored = [], []
    for article, phrases_ in zip(articles, found, strict=True):
        ten = first_ten(phrases_, article.language)
        right = [stem in article.gold for stem, _ in ten]
        scored += [(score, good) for (_, score), good in zip(ten, right, strict=True)]
        precision = sum(right) / len(ten) if ten else 0.0
        recall = sum(right) / len(article.gold) if article.gold else 0.0
        each.append((precision, recall, 2 * precision * recall / (precision + recall) if any(right) else 0.0))
    means = [100 * statistics.mean(column) for column in zip(*each, strict=True)]
    return Figures(means[0], means[1], means[2], len(articles) / seconds), scored


def calibration(scored: Sequence[tuple[float, bool]]) -> Iterator[str]:
    """Say of each span of scores how many phrases it has, and which share of them is right."""
    for low, high in pairwise(BINS):
        inside = [(score, right) for score, right in scored if low <= score < high]
        if inside:
            score, share = (100 * statistics.mean(column) for column in zip(*inside, strict=True))
            yield f"  scores {low:.1f} to {min(1, high):.1f}: {len(inside):5} topics, mean score {score:.0f}, right {share:.0f} %"


def compare(folder: Path, out: Path | None) -> None:
    """Measure all extractors on a folder, and print the table."""
    articles = articles_of(folder)
    print(f"{len(articles)} articles, {statistics.mean(len(article.gold) for article in articles):.1f} phrases each")
    figures: dict[str, Figures] = {}
    known = {
        "dateline, served": served,
        "dateline, stage": stage,
        "YAKE n=1": yake(1),
        "YAKE n=3": yake(3),
        "TF-IDF": tf_idf,
    }
    print(f"{'':17} {'P@10':>6} {'R@10':>6} {'F1@10':>6} {'docs/s':>8}")
    scored: list[tuple[float, bool]] = []
    for name, prepared in known.items():
        figures[name], seen = measure(articles, prepared)
        scored = scored or seen
        found = figures[name]
        print(f"{name:17} {found.precision:6.1f} {found.recall:6.1f} {found.f1:6.1f} {found.speed:8.1f}")
    faster = figures["dateline, stage"].speed / max(figures["YAKE n=1"].speed, figures["YAKE n=3"].speed)
    print(f"the stage is {faster:.1f} times as fast as YAKE")
    print("\n".join(calibration(scored)))
    if out is not None:
        out.write_text(json.dumps({name: [*vars_of(found)] for name, found in figures.items()}, indent=1))


def vars_of(found: Figures) -> tuple[float, float, float, float]:
    """Give the figures as they are written."""
    return found.precision, found.recall, found.f1, found.speed


@dataclass(slots=True)
class Examples:
    """The phrases of labelled articles as a model is fitted on them: a row for each, and the articles of the last folder."""

    rows: list[Facts]
    right: list[bool]
    weights: list[float]
    groups: list[int]
    last: list[list[tuple[Phrase, int]]]


def examples_of(folders: Sequence[str]) -> Examples:
    """Collect the phrases of folders (`FOLDER=WEIGHT`), each article and its beginning.

    Phrases of the last folder are grouped by article, from 1; all others are group 0.
    """
    given = [
        (articles_of(Path(name)), float(weight or 1)) for name, _, weight in (one.partition("=") for one in folders)
    ]
    background = background_of([article for articles, _ in given for article in articles])
    made = Examples([], [], [], [], [])
    for place, (articles, weight) in enumerate(given, 1):
        for number, article in enumerate(articles, 1):
            for version in (article, article.brief()):
                found = version.phrases()
                rows = range(len(made.rows), len(made.rows) + len(found.found))
                labels = [max(phrase.labels, key=lambda label: phrase.labels[label]) for phrase in found.found]
                made.rows += [facts(phrase, found, version.language, background) for phrase in found.found]
                made.right += [stems(label, version.language) in version.gold for label in labels]
                made.weights += [weight] * len(rows)
                made.groups += [number if place == len(given) else 0] * len(rows)
                if place == len(given):
                    made.last.append(list(zip(found.found, rows, strict=True)))
    return made


def first_rows(candidates: Sequence[tuple[Phrase, int]], scores: Any) -> list[int]:
    """Give the rows of the ten phrases that an article would be given by these scores."""
    rows = {id(phrase): row for phrase, row in candidates}
    ranked = sorted(((scores[row], phrase) for phrase, row in candidates), key=lambda pair: -pair[0])
    return [rows[id(phrase)] for _, phrase in chosen(ranked)][:TEN]


def fit(folders: Sequence[str]) -> None:
    """Fit the weights on several folders, calibrate them on the last by cross-validation, and print them as TOML."""
    import numpy as np  # noqa: PLC0415 - of fitting alone
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.model_selection import GroupKFold  # noqa: PLC0415

    examples = examples_of(folders)
    rows, right, weights, groups = map(np.array, (examples.rows, examples.right, examples.weights, examples.groups))
    mean, deviation = rows.mean(0), rows.std(0) + 1e-9
    scaled = (rows - mean) / deviation

    def fitted(used: Any) -> Any:
        return LogisticRegression(C=STRENGTH, max_iter=1000).fit(scaled[used], right[used], weights[used])

    last, rest = np.flatnonzero(groups > 0), np.flatnonzero(groups == 0)
    held_out = np.zeros(len(rows))
    for train, test in GroupKFold(FOLDS).split(last, right[last], groups[last]):
        held_out[last[test]] = fitted(np.concatenate([rest, last[train]])).decision_function(scaled[last[test]])
    kept = [row for candidates in examples.last for row in first_rows(candidates, held_out)]
    sure = LogisticRegression(C=100.0).fit(held_out[kept].reshape(-1, 1), right[kept])
    slope, offset = float(sure.coef_[0][0]), float(sure.intercept_[0])
    model = fitted(np.arange(len(rows)))
    plain = model.coef_[0] / deviation
    print(f"bias = {slope * float(model.intercept_[0] - (plain * mean).sum()) + offset:.4f}\n\n[weights]")
    for name, value in zip(Facts._fields, plain, strict=True):
        print(f"{name} = {slope * float(value):.4f}")


def main() -> None:
    """Compare, or fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--fit", action="store_true", help="fit the weights anew and print them")
    parser.add_argument("--json", type=Path, help="where to write the figures too")
    options = parser.parse_args()
    if options.fit:
        fit(options.folders)
    else:
        for folder in options.folders:
            compare(Path(folder), options.json)


if __name__ == "__main__":
    main()
