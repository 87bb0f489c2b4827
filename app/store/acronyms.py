"""What the archive knows of acronyms: which meaning its articles give them; where they agree, the acronym is an alias of it.

Counts are statistics, gathered like those of words. An operator's word and a taxonomy's stand above what is learned.
"""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import ARRAY, Row, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.pipeline.article import Article, Topic
from app.pipeline.slug import fold, slug, words
from app.store.topic_counts import TAKE_ALIASES
from app.store.topic_links import LEARNED, Circle, add_alias, remove_alias
from app.store.topics import resolve

ACRONYMS_LOCK: Final = 0x64617465_0007
LEAST_ARTICLES: Final = 3
LEAST_SOURCES: Final = 2
ONE_IN: Final = 10
"""One in so many of an acronym's definitions may say otherwise, and of the labels it is printed as be a common word's ("Ice")."""
MOST_LABELS: Final = 50
"""Labels of an acronym's topic that are looked at."""
MOST_CONSIDERED: Final = 500
"""Acronyms that are looked at in one transaction."""
MOST_CHANGED: Final = 5
"""Aliases that change in one transaction: each is counted anew, and nobody stores articles meanwhile."""
MOST_KEPT: Final = 200_000
"""Rows above which acronyms of a single article are forgotten."""

ADD = text(
    """
    INSERT INTO acronym_uses AS a (acronym, meaning, source, label, articles)
    SELECT acronym, meaning, source, label, articles
    FROM unnest(CAST(:acronyms AS text[]), CAST(:meanings AS text[]), CAST(:sources AS text[]), CAST(:labels AS text[]),
                CAST(:articles AS integer[])) AS new (acronym, meaning, source, label, articles)
    ORDER BY acronym COLLATE "C", meaning COLLATE "C", source COLLATE "C"
    ON CONFLICT (acronym, meaning, source) DO UPDATE SET articles = a.articles + excluded.articles, considered = false
    """
)
TRY = text("SELECT pg_try_advisory_xact_lock(:lock)").bindparams(lock=ACRONYMS_LOCK)
NEW = text("SELECT DISTINCT acronym FROM acronym_uses WHERE NOT considered ORDER BY acronym LIMIT :most")
HOLD = text(
    """
    SELECT acronym, meaning, source, label, articles FROM acronym_uses WHERE acronym = ANY(:acronyms)
    ORDER BY acronym, meaning, source FOR UPDATE
    """
).bindparams(bindparam("acronyms", type_=ARRAY(Text)))
CONSIDERED = text(
    "UPDATE acronym_uses SET considered = true WHERE acronym = ANY(:acronyms) AND NOT considered"
).bindparams(bindparam("acronyms", type_=ARRAY(Text)))
FORGET = text(
    """
    DELETE FROM acronym_uses WHERE (SELECT count(*) FROM acronym_uses) > :most AND acronym IN (
        SELECT acronym FROM acronym_uses GROUP BY acronym HAVING sum(articles) = 1 AND every(considered)
    )
    """
)
"""Whole acronyms only: a few single voices may be all that an alias goes by."""
STANDING = text(
    """
    SELECT s.slug, t.id, t.alias_of, t.alias_by, coalesce(t.canonical_id, t.id) AS canonical,
           array(SELECT x.label FROM article_topics x WHERE x.topic_id = t.id LIMIT :most) AS labels,
           t.alias_of IS NULL AND t.alias_by IS NULL
           AND NOT EXISTS (SELECT FROM topic_codes k WHERE k.topic_id = t.id)
           AND NOT EXISTS (SELECT FROM topic_links l WHERE l.narrower_id = t.id)
           AND NOT EXISTS (SELECT FROM topic_links l WHERE l.broader_id = t.id)
           AND NOT EXISTS (SELECT FROM topics other WHERE other.alias_of = t.id) AS free
    FROM topic_spellings s JOIN topics t ON t.id = s.topic_id WHERE s.slug = ANY(:slugs)
    """
).bindparams(bindparam("slugs", type_=ARRAY(Text)))
"""The topics of acronyms; `free` are those of which neither an operator nor a taxonomy has said anything."""
CANONICAL = text(
    """
    SELECT s.slug, coalesce(t.canonical_id, t.id) AS id
    FROM topic_spellings s JOIN topics t ON t.id = s.topic_id WHERE s.slug = ANY(:slugs)
    """
).bindparams(bindparam("slugs", type_=ARRAY(Text)))


class Use(NamedTuple):
    """A source's use of an acronym: its slug, the fold of its meaning, the source, and the meaning as printed."""

    acronym: str
    meaning: str
    source: str
    label: str


class Change(NamedTuple):
    """What is due: an acronym's topic, None where nothing has printed it, as an alias of another, or of none any more."""

    acronym: str
    topic: int | None
    alias_of: int | None
    meaning: Topic | None


def uses(article: Article) -> Iterator[Use]:
    """Give the acronyms that an article defines; none that would be taken for another word's plural ("BOATS")."""
    for pair in article.acronyms:
        name, key = slug(pair.label), fold(pair.meaning, article.language)
        if name and key and fold(pair.label, article.language) == " ".join(words(pair.label)) != key:
            yield Use(name, key, article.source or "", pair.meaning)


async def write(connection: AsyncConnection, learned: Mapping[Use, int]) -> None:
    """Add definitions to the store's; in one order, so that workers wait for each other and never deadlock."""
    added: Counter[tuple[str, str, str]] = Counter()
    labels: dict[tuple[str, str, str], str] = {}
    for use, articles in learned.items():
        added[use[:3]] += articles
        labels.setdefault(use[:3], use.label)
    keys = sorted(added)
    if keys:
        await connection.execute(
            ADD,
            {
                "acronyms": [acronym for acronym, _, _ in keys],
                "meanings": [meaning for _, meaning, _ in keys],
                "sources": [source for _, _, source in keys],
                "labels": [labels[key] for key in keys],
                "articles": [added[key] for key in keys],
            },
        )


async def forget(connection: AsyncConnection) -> None:
    """Forget acronyms that a single article defines, where too much is known."""
    await connection.execute(FORGET, {"most": MOST_KEPT})


async def consider(connection: AsyncConnection) -> int:
    """Make aliases of the acronyms whose definitions agree, and take those back that no longer do; give how many changed.

    Looks at acronyms that have been defined since they were looked at; one worker at a time. Definitions are held before
    the aliases are, which nobody does the other way round.
    """
    if not await connection.scalar(TRY):
        return 0
    acronyms = list(await connection.scalars(NEW, {"most": MOST_CONSIDERED}))
    if not acronyms:
        return 0
    rows = (await connection.execute(HOLD, {"acronyms": acronyms})).all()
    due = await changes(connection, rows)
    if due:
        await connection.execute(TAKE_ALIASES)
        due = await changes(connection, rows)
    for change in due[:MOST_CHANGED]:
        await carry_out(connection, change)
    later = {change.acronym for change in due[MOST_CHANGED:]}
    await connection.execute(CONSIDERED, {"acronyms": [acronym for acronym in acronyms if acronym not in later]})
    return min(len(due), MOST_CHANGED)


async def changes(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Change]:
    """Give the changes that definitions call for, as topics stand now; `rows` are in the order of their acronyms."""
    canonical = await canonicals(connection, [slug(row.label) for row in rows])
    wanted = {acronym: agreed(list(found), canonical) for acronym, found in groupby(rows, lambda row: str(row.acronym))}
    standing = {
        row.slug: row for row in await connection.execute(STANDING, {"slugs": list(wanted), "most": MOST_LABELS})
    }
    due: list[Change] = []
    for acronym, meaning in wanted.items():
        row = standing.get(acronym)
        if row is None:
            due += [Change(acronym, None, None, meaning)] if meaning else []
            continue
        folded = row.alias_by == LEARNED
        target = meaning if meaning and is_printed_so(row.labels) else None
        end = canonical.get(target.slug) if target else None
        if (folded and (target is None or end != row.canonical)) or (row.free and target and end != row.id):
            due.append(Change(acronym, row.id, row.alias_of, target))
    return due


async def canonicals(connection: AsyncConnection, slugs: Sequence[str]) -> dict[str, int]:
    """Give the topic that each known slug counts as."""
    rows = await connection.execute(CANONICAL, {"slugs": sorted(set(slugs))})
    return {row.slug: row.id for row in rows}


def agreed(found: Sequence[Row[Any]], canonical: Mapping[str, int]) -> Topic | None:
    """Give the meaning that an acronym's definitions agree on; meanings of one canonical topic are one."""
    articles: Counter[int | str] = Counter()
    sources: defaultdict[int | str, set[str]] = defaultdict(set)
    for row in found:
        key = canonical.get(slug(row.label), row.meaning)
        articles[key] += row.articles
        sources[key] |= {row.source} - {""}
    [(best, most)] = articles.most_common(1)
    total = articles.total()
    if most < LEAST_ARTICLES or len(sources[best]) < LEAST_SOURCES or total - most > total / ONE_IN:
        return None
    same = (row for row in found if canonical.get(slug(row.label), row.meaning) == best)
    chosen = max(same, key=lambda row: row.articles)
    return Topic(slug(chosen.label), chosen.label, 1.0, ("text",), 0, chosen.meaning)


def is_printed_so(labels: Sequence[str]) -> bool:
    """Say whether a topic's labels are an acronym's, of two capitals: "Ice" is not what the agency ICE goes by."""
    return sum(sum(map(str.isupper, label)) < 2 for label in labels) <= len(labels) / ONE_IN


async def carry_out(connection: AsyncConnection, change: Change) -> None:
    """Carry a change out: taken back first, then made anew; not where that would close a circle with what others said."""
    topic = change.topic
    if topic is not None and change.alias_of is not None:
        await remove_alias(connection, change.alias_of, topic, by=None)
    if change.meaning is None:
        return
    target = (await resolve(connection, [change.meaning]))[change.meaning.slug]
    if topic is None:
        label = change.acronym.upper()
        made = Topic(change.acronym, label, 1.0, ("text",), 0, " ".join(words(label)))
        topic = (await resolve(connection, [made]))[change.acronym]
    with contextlib.suppress(Circle):
        await add_alias(connection, target, topic, by=LEARNED)
