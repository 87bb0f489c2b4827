"""Every query route with parameters as readers choose them: what many write about is asked for most."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from benchmarks.archive import AUTHORS, SOURCES, TOPICS, WORDS

TRIES: Final = 50
"""Draws for a path that was not asked for yet; where there is none, one is asked for again."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route to measure: its name, how a path of it is made, and whether its 99th percentile has a limit."""

    name: str
    path: Callable[[random.Random], str]
    limited: bool = False

    def paths(self, chance: random.Random, count: int) -> list[str]:
        """Draw so many paths, each another one as far as there are others, in no order."""
        found: dict[str, None] = {}
        drawn: list[str] = []
        for _ in range(count):
            path = next((one for one in (self.path(chance) for _ in range(TRIES)) if one not in found), None)
            drawn.append(path or self.path(chance))
            found[drawn[-1]] = None
        chance.shuffle(drawn)
        return [quote(path, safe="/?&=%+:") for path in drawn]


def zipf(chance: random.Random, size: int) -> int:
    """Give a number from 1 to `size` whose chance falls with its rank."""
    return max(1, min(size, int(size ** chance.random())))


def subject(chance: random.Random) -> str:
    """Give a topic's slug as readers ask for them, common ones most."""
    return f"subject-{zipf(chance, TOPICS // 10)}"


def paper(chance: random.Random) -> str:
    """Give a source."""
    return f"paper-{zipf(chance, SOURCES) - 1}.example"


def person(chance: random.Random) -> str:
    """Give an author, those of most articles most."""
    return f"person%20{int(AUTHORS * chance.random() ** 2)}"


def some_id(chance: random.Random, count: int) -> str:
    """Give an article's id."""
    return f"00000000-0000-7000-8000-{chance.randrange(1, count):012x}"


def days(chance: random.Random, longest: int) -> str:
    """Give a span of up to so many days within four years of the archive."""
    year, month = chance.randrange(2021, 2025), chance.randrange(1, 13)
    last = min(28, 1 + chance.randrange(longest))
    return f"from={year}-{month:02}-01&to={year}-{month:02}-{last:02}"


def limited() -> tuple[Route, ...]:
    """Give the routes with a limit on their 99th percentile: a topic's page, filtered pages, timelines."""
    return (
        Route("a topic's page", lambda c: f"/v1/topics/{subject(c)}", limited=True),
        Route("articles on a topic", lambda c: f"/v1/topics/{subject(c)}/articles", limited=True),
        Route("filtered: topic, language", lambda c: f"/v1/articles?topic={subject(c)}&language=en", limited=True),
        Route("filtered: topic, source", lambda c: f"/v1/articles?topic=subject-{zipf(c, 30)}&source={paper(c)}", limited=True),
        Route("filtered: source, span", lambda c: f"/v1/articles?source={paper(c)}&published_from=2024-02-{c.randrange(1, 28):02}&published_to=2024-05-09", limited=True),
        Route("filtered: two topics", lambda c: f"/v1/articles?topic={subject(c)}&topic=subject-{zipf(c, 20)}", limited=True),
        Route("timeline by day", lambda c: f"/v1/topics/{subject(c)}/timeline?bucket=day&from=2024-01-01&to=2025-06-30", limited=True),
        Route("timeline by week", lambda c: f"/v1/topics/{subject(c)}/timeline?bucket=week&from=2022-01-03T10:00:00Z&to=2025-06-30", limited=True),
        Route("timeline by month", lambda c: f"/v1/topics/{subject(c)}/timeline?bucket=month&from=2021-01-01&to=2025-12-31", limited=True),
        Route("timeline by hour", lambda c: f"/v1/topics/{subject(c)}/timeline?bucket=hour&from=2025-03-01&to=2025-03-07", limited=True),
    )  # fmt: skip


def others(count: int) -> tuple[Route, ...]:
    """Give the other query routes."""
    return (
        Route("newest articles", lambda _: "/v1/articles"),
        Route("oldest articles", lambda _: "/v1/articles?sort=published_at"),
        Route("last received", lambda _: "/v1/articles?sort=-received_at"),
        Route("articles of a source", lambda c: f"/v1/articles?source={paper(c)}"),
        Route("articles of a week", lambda c: "/v1/articles?" + days(c, 7).replace("from", "published_from").replace("to=", "published_to=")),
        Route("articles by an author", lambda c: f"/v1/articles?author={person(c)}"),
        Route("any of three topics", lambda c: "/v1/articles?" + "&".join(f"any_topic={subject(c)}" for _ in range(3))),
        Route("not on a topic", lambda c: f"/v1/articles?not_topic={subject(c)}"),
        Route("a topic and its narrower", lambda c: f"/v1/articles?topic=subject-{c.randrange(5, 90)}&narrower=true"),
        Route("a rare word", lambda c: f"/v1/articles?q=word{c.randrange(9_000, WORDS)}"),
        Route("a common word", lambda c: f"/v1/articles?q=word{zipf(c, 300)}"),
        Route("a common word of a topic", lambda c: f"/v1/articles?q=word{zipf(c, 50)}&topic={subject(c)}"),
        Route("a common word, by relevance", lambda c: f"/v1/articles?q=word{zipf(c, 50)}&sort=relevance"),
        Route("one article", lambda c: f"/v1/articles/{some_id(c, count)}"),
        Route("its bytes", lambda c: f"/v1/articles/{some_id(c, count)}/raw"),
        Route("its revisions", lambda c: f"/v1/articles/{some_id(c, count)}/revisions"),
        Route("topics, most articles", lambda _: "/v1/topics"),
        Route("topics by label", lambda _: "/v1/topics?sort=label"),
        Route("topics by prefix", lambda c: f"/v1/topics?q=subject%20{zipf(c, TOPICS)}"),
        Route("topics of a source", lambda c: f"/v1/topics?source={paper(c)}"),
        Route("topics of an author", lambda c: f"/v1/topics?author={person(c)}"),
        Route("topics of a day", lambda c: f"/v1/topics?{days(c, 1)}"),
        Route("topics of a quarter", lambda c: f"/v1/topics?from=2024-0{1 + c.randrange(9)}-10&to=2024-{c.randrange(10, 13)}-05"),
        Route("topics that rise", lambda c: f"/v1/topics?sort=-trend&{days(c, 14)}"),
        Route("authors", lambda _: "/v1/authors"),
    )  # fmt: skip


def routes(count: int) -> tuple[Route, ...]:
    """Give every query route of an archive of so many articles."""
    return (*limited(), *others(count))
