"""Infers what an article is about where nobody declares it: the phrases, names and places that its text speaks of most."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from app.pipeline.agencies import agency_of
from app.pipeline.article import Acronym, Topic
from app.pipeline.background import DEFAULT, Inference
from app.pipeline.kinds import kind_of
from app.pipeline.phrases import Phrase, phrases
from app.pipeline.prose import WIDE
from app.pipeline.salience import salience
from app.pipeline.sites import folded
from app.pipeline.slug import fold, slug
from app.pipeline.subjects import best_written, boilerplate, cleaned
from app.pipeline.vocabulary import vocabulary

LEAST_SALIENCE = 0.25
"""A topic that is right less often is none."""
LEAST_UNRULED = 0.5
"""The same in languages whose verbs nobody has told us, as more of what is cut out of their text is none."""
WIDE_SHARE = 5
"""One character in so many is of a script without spaces where a text is."""
CONTAINED = 0.5
"""Share of a phrase's places within longer ones from which on it is no subject beside such a one."""
NAMED = 0.5
"""Share of a phrase's places in which it, or its first word, is printed large from which on it is a name."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """Topics, best first, and the words of the text that they were looked for in, for the archive to learn from."""

    topics: tuple[Topic, ...] = ()
    vocabulary: frozenset[str] = frozenset()


NOTHING = Inferred()


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of an article before its topics are looked for: its language, the names that its publication goes by
    (folded), its headline, and what inferring goes by.
    """

    language: str | None
    own: frozenset[str]
    title: str | None = None
    inference: Inference = DEFAULT


def inferred(
    lines: Sequence[str], context: Context, known: Collection[str], acronyms: Sequence[Acronym] = ()
) -> Inferred:
    """Give the subjects of a text, best first, each with the share of such phrases that are right as its score.

    Leaves out what `known` folds are or hold, and names of the publication; a subject that the text gives an acronym for
    goes by its long name. Texts in scripts without spaces have none.
    """
    headline, language, inference = context.title or "", context.language, context.inference
    if not inference.most or is_wide(" ".join((headline, *lines[:2]))):
        return NOTHING
    article = phrases(headline, lines, language, acronyms)
    ranked = sorted(
        ((salience(phrase, article, language, inference.background), phrase) for phrase in article.found),
        key=lambda pair: (-pair[0], pair[1].first, pair[1].key),
    )
    least = LEAST_SALIENCE if language in vocabulary("phrases") else LEAST_UNRULED
    subjects = chosen([(score, phrase) for score, phrase in ranked if score >= least])
    held = [f" {fold} " for fold in known]
    made = (topic_of(phrase, score, language) for score, phrase in subjects)
    fresh = (
        topic
        for topic in made
        if topic is not None
        and folded(topic.label) not in context.own
        and not any(f" {topic.fold} " in other for other in held)
    )
    return Inferred(tuple(islice(one_of_each(fresh), inference.most)), article.vocabulary)


def is_wide(text: str) -> bool:
    """Say whether a text is in a script without spaces; a name in one may stand in any text."""
    return len(WIDE.findall(text)) * WIDE_SHARE > len(text)


def chosen(ranked: Sequence[tuple[float, Phrase]]) -> Iterator[tuple[float, Phrase]]:
    """Give phrases in their order, without those that mostly stand within a better one."""
    taken: list[str] = []
    for score, phrase in ranked:
        key = f" {phrase.key} "
        if phrase.within >= CONTAINED and any(key in longer for longer in taken):
            continue
        taken.append(key)
        yield score, phrase


def one_of_each(found: Iterator[Topic]) -> Iterator[Topic]:
    """Give the first topic of each fold, and of each slug."""
    seen: set[str] = set()
    for topic in found:
        if topic.fold not in seen and f"-{topic.slug}" not in seen:
            seen.update((topic.fold, f"-{topic.slug}"))
            yield topic


def topic_of(phrase: Phrase, score: float, language: str | None) -> Topic | None:
    """Make a phrase a topic; None where its words are a site's boilerplate."""
    label = best_written(by_count(phrase.labels))
    if " " in label and label.isupper():
        label = label.title()
    name = slug(label)
    key = fold(label, language)
    if not name or not key or name in boilerplate() or agency_of(label) is not None:
        return None
    named = max(phrase.large or 0.0, phrase.begun) >= NAMED
    kind = kind_of(cleaned(label), language) if named else "text"
    return Topic(name, label, round(score, 3), (kind,), phrase.count, key)


def by_count(labels: Mapping[str, int]) -> list[str]:
    """Give the ways in which a phrase is printed, the most frequent first, then as they come."""
    return sorted(labels, key=lambda label: -labels[label])
