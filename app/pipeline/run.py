"""The pipeline: one raw item in, one article out, stage after stage; pure, so that a run can be repeated.

    repair ─▶ lines and outline ─▶ language ─▶ dates, bylines, rights ─▶ structure ─▶ topics ─▶ choice of each field

Every reader and stage contributes evidence; one function for each field chooses, and what it did not choose is kept.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.pipeline import byline, dateline, rights
from app.pipeline.article import (
    Article,
    Block,
    Evidence,
    Line,
    Paragraph,
    Processing,
    RawItem,
    Rejected,
)
from app.pipeline.byline import Byline
from app.pipeline.dateline import Chosen
from app.pipeline.fingerprint import content_hash, field_hash
from app.pipeline.language import detect
from app.pipeline.outline import lines, outline
from app.pipeline.prose import size
from app.pipeline.repair import repair
from app.pipeline.structure import Structure, build, render
from app.pipeline.topics import Subjects, topics
from app.pipeline.url import clean

PIPELINE_VERSION = "1"
"""Raised whenever the same item may come out otherwise; each article keeps the one that it was made by."""
NOTHING_LEFT = "There is no text left once menus, bylines and footers are taken away."
FALLBACK_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What the stages found, before anything is chosen."""

    item: RawItem
    now: datetime
    structure: Structure
    subjects: Subjects
    language: Evidence | None
    evidence: tuple[Evidence, ...]
    repairs: Mapping[str, int]
    processing: Processing


def process(item: RawItem, now: datetime) -> Article | Rejected:
    """Turn an item into an article, or say why it is none; `now` is when it arrived."""
    repaired = repair(item.content)
    found = lines(repaired.text)
    where = outline(found)
    stated = item.stated
    language = detect(sample(found[where.start :] or found), stated.language)
    code = language.value if language else None
    dates = dateline.read(found, where, code, stated.timezone)
    names = byline.read(found, where, code)
    owners = rights.read(found, where)
    title = one_line(stated.title)
    structure = build(found, where, dates.lines | names.lines | owners.lines, title)
    if not structure.text.strip():
        return Rejected(NOTHING_LEFT)
    subjects = topics(structure.blocks, stated.topics, language=code, source=stated.source)
    evidence = (*sender_evidence(item), *dates.evidence, *names.evidence, *owners.evidence)
    repairs = Counter(item.repairs)
    repairs.update(repaired.counts)
    return article_of(Draft(item, now, structure, subjects, language, evidence, dict(repairs), "full"))


def fallback(item: RawItem, now: datetime) -> Article | Rejected:
    """Turn an item that broke the pipeline into a poorer article: its lines as paragraphs, and what the sender states."""
    text = item.content[:FALLBACK_CHARACTERS].replace("\x00", "").encode("utf-8", "replace").decode()
    blocks: tuple[Block, ...] = tuple(Paragraph(line.text) for line in lines(text))
    if not blocks:
        return Rejected(NOTHING_LEFT)
    structure = Structure(blocks, render(blocks), None)
    subjects = topics((), item.stated.topics, language=None, source=item.stated.source)
    return article_of(
        Draft(item, now, structure, subjects, None, tuple(sender_evidence(item)), item.repairs, "fallback")
    )


def sample(found: Iterable[Line]) -> str:
    """Give the beginning of the running text, by which a language is known."""
    text = ""
    for line in found:
        text += f"{line.text} "
        if len(text) >= 500:
            break
    return text


def one_line(text: str | None) -> str | None:
    """Give a stated text repaired and on one line; None where nothing is left of it."""
    return " ".join(repair(text or "").text.split()) or None


def sender_evidence(item: RawItem) -> Iterable[Evidence]:
    """Put what the sender states in fields of its own down as evidence."""
    stated = item.stated
    yield from byline.stated([repair(author).text for author in stated.authors])
    for field, value in (("published_at", stated.published_at), ("modified_at", stated.modified_at)):
        if value and (claim := dateline.stated(field, value, stated.timezone)):
            yield claim
    yield from rights.stated(one_line(stated.rights))
    if url := clean(stated.url):
        yield Evidence("url", url, "sender", str(stated.url)[:200], 1.0, chosen=True)


def title_of(draft: Draft) -> tuple[str | None, tuple[Evidence, ...]]:
    """Choose the headline: what the sender states, else the headline or first heading of the text."""
    title = one_line(draft.item.stated.title)
    claims = []
    if title:
        claims.append(Evidence("title", title, "sender", title[:200], 1.0, chosen=True))
    if derived := draft.structure.headline:
        claims.append(Evidence("title", derived, "derived", derived[:200], 0.8, chosen=title is None))
    return title or draft.structure.headline, tuple(claims)


def article_of(draft: Draft) -> Article:
    """Choose every field of a draft and put the article together."""
    structure, stated = draft.structure, draft.item.stated
    names = byline.choose(draft.evidence)
    published = dateline.choose("published_at", draft.evidence, draft.now)
    modified = dateline.choose("modified_at", draft.evidence, draft.now)
    terms, terms_evidence = rights.choose([claim for claim in draft.evidence if claim.field == "rights"])
    title, title_evidence = title_of(draft)
    place = next((claim for claim in draft.evidence if claim.field == "dateline_place"), None)
    url = next((claim for claim in draft.evidence if claim.field == "url"), None)
    return Article(
        url=url.value if url else None,
        guid=stated.guid,
        source=stated.source,
        title=title,
        lead=next((block.text for block in structure.blocks if isinstance(block, Paragraph)), None),
        language=draft.language.value if draft.language else None,
        authors=names.authors,
        agency=names.agency,
        published_at=published.at,
        published_precision=published.precision,
        published_zone=published.zone,
        modified_at=modified.at,
        dateline_place=place.value if place else None,
        rights=terms,
        topics=draft.subjects.topics,
        topic_lists=draft.subjects.topic_lists,
        blocks=structure.blocks,
        text=structure.text,
        word_count=size_of(structure.text),
        repairs=draft.repairs,
        evidence=shown(
            title_evidence,
            names.evidence,
            published.evidence,
            modified.evidence,
            terms_evidence,
            [replace(claim, chosen=True) for claim in (draft.language, place, url) if claim],
        ),
        content_hash=content_hash(title, structure.text),
        field_hash=changing(title, structure, names, published, draft.subjects),
        processing=draft.processing,
        pipeline_version=PIPELINE_VERSION,
    )


def changing(title: str | None, structure: Structure, names: Byline, published: Chosen, subjects: Subjects) -> bytes:
    """Hash what makes a revision when it changes: headline, text, authors, date, topics."""
    return field_hash(
        {
            "title": title,
            "text": structure.text,
            "authors": names.authors,
            "published_at": published.at and published.at.astimezone(UTC).isoformat(),
            "topics": [topic.slug for topic in subjects.topics],
        }
    )


def size_of(text: str) -> int:
    """Count the words of a text line by line; in scripts without spaces two characters count as one."""
    return sum(size(line) for line in text.split("\n"))


def shown(*fields: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Put all evidence together, field by field, what was chosen first and then by confidence."""
    return tuple(
        claim for claims in fields for claim in sorted(claims, key=lambda claim: (not claim.chosen, -claim.confidence))
    )
