"""The pipeline: one raw item in, one article out, stage after stage; pure, so that a run can be repeated.

    repair ─▶ lines and outline ─▶ language ─▶ dates, bylines, rights ─▶ structure ─▶ topics ─▶ choice of each field

Every reader and stage contributes evidence; one function for each field chooses, and what it did not choose is kept.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.pipeline import authors, byline, claims, date_choice, dateline, declared, headline, rights
from app.pipeline.article import (
    Article,
    Block,
    Evidence,
    Heading,
    Line,
    Outline,
    Paragraph,
    Processing,
    RawItem,
    Rejected,
    Retraction,
)
from app.pipeline.background import DEFAULT, Inference
from app.pipeline.beside_fields import beside_fields
from app.pipeline.choice import surest
from app.pipeline.fingerprint import content_hash, revision_hash
from app.pipeline.furniture import is_furniture
from app.pipeline.inferred import Context
from app.pipeline.language import detect
from app.pipeline.outline import lines, outline
from app.pipeline.prose import size
from app.pipeline.repair import Repaired, mended_block, repair
from app.pipeline.sites import house_names, is_house, own_names
from app.pipeline.standing import embargo, retraction
from app.pipeline.structure import Structure, build, render, repeats
from app.pipeline.topics import Subjects, topics
from app.pipeline.url import clean

PIPELINE_VERSION = "7"
"""Raised whenever the same item may come out otherwise; each article keeps the one that it was made by."""
NOTHING_LEFT = "There is no text left once menus, bylines and footers are taken away."
HEAD_LINES = 8
FALLBACK_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What the stages found, before anything is chosen; `background` is the snapshot's number."""

    item: RawItem
    now: datetime
    background: int
    structure: Structure
    subjects: Subjects
    evidence: tuple[Evidence, ...]
    repairs: Mapping[str, int]
    processing: Processing


def process(item: RawItem, now: datetime, inference: Inference = DEFAULT) -> Article | Rejected | Retraction:
    """Turn an item into an article, or say why it is none; `now` is when it arrived."""
    if item.fault is not None:
        return Rejected(item.fault)
    if item.standing.status != "usable":
        return retraction(item, item.standing.status)
    repaired = repair(item.content) if item.blocks is None else Repaired(item.content, {})
    found = lines(repaired.text)
    where = item.outline or outline(found)
    stated = item.stated
    own = own_names(stated.source, item.claims)
    houses = house_names(own, item.claims)
    spoken = languages(item, sample(found[where.start :] or found))
    code, _ = surest("language", spoken)
    dates = dateline.read(found, where, code, stated.timezone, now=now)
    names = byline.read(found, where, code)
    owners = rights.read(found, where)
    title = one_line(stated.title)
    if item.blocks is None:
        structure = build(found, where, dates.lines | names.lines | owners.lines, title)
    else:
        aside = {found[number].text for number in dates.lines | names.lines}
        structure, repaired = rebuilt([block for block in item.blocks if not is_aside(block, aside)])
    chosen, titles = headline.choose(headline.evidence(title, item.claims, own, structure.headline))
    structure = without_headline(structure, chosen) if item.blocks is not None else structure
    if not structure.text.strip():
        return Rejected(NOTHING_LEFT)
    said = declared.evidence(stated.topics, item.claims)
    context = Context(code, own, chosen, inference)
    subjects = topics(structure.blocks, [claim.value for claim in said if claim.chosen], context)
    signed = (claim for claim in names.evidence if claim.field != "authors" or not is_house(claim.value, houses))
    read = (*dates.evidence, *signed)
    evidence = (
        *sender_evidence(item),
        *spoken,
        *claims.evidence(item.claims, code, stated.timezone, houses),
        *titles,
        *said,
        *(read if item.blocks is None else beside_fields(read, edges(found, where))),
        *owners.evidence,
    )
    repairs = Counter(item.repairs)
    repairs.update(repaired.counts)
    return article_of(
        Draft(item, now, inference.background.number, structure, subjects, evidence, dict(repairs), "full")
    )


def languages(item: RawItem, text: str) -> tuple[Evidence, ...]:
    """Give the languages that the sender states, the format says and the text looks like."""
    seen = detect(text, item.stated.language)
    return (*([seen] if seen else []), *claims.languages(item.claims))


def edges(found: Sequence[Line], where: Outline) -> frozenset[str]:
    """Give the lines at the very beginning and end of the text, inside it and out, and those below the headline; above it one with a date."""
    top = where.start - 1 if where.headline is None else max(where.headline, where.start - HEAD_LINES)
    dated = (line for line in found[max(0, top - 1) : top] if any(map(str.isdigit, line.text)))
    near = (*dated, *found[max(0, top) : where.start + 2], *found[max(0, where.end - 1) : where.end + 1])
    return frozenset(line.text for line in near)


def is_aside(block: Block, aside: Collection[str]) -> bool:
    """Say whether a block is a byline, a date or a site's furniture, and no part of the text."""
    return isinstance(block, Paragraph) and (block.text in aside or is_furniture(block.text))


def rebuilt(blocks: Sequence[Block]) -> tuple[Structure, Repaired]:
    """Mend the words of blocks that a format gave; most pages need none, which one look at their whole text tells."""
    counts: Counter[str] = Counter()
    mended = tuple(blocks)
    if repair(render(mended)).counts:
        mended = tuple(mended_block(block, counts) for block in blocks)
    first = next((block.text for block in mended if isinstance(block, Heading)), None)
    return Structure(mended, render(mended), first), Repaired("", dict(counts))


def without_headline(structure: Structure, title: str | None) -> Structure:
    """Leave the headline out of the blocks where it is printed at their top."""
    kept = tuple(
        block for number, block in enumerate(structure.blocks) if number > 2 or not title or not repeats(block, title)
    )
    return structure if len(kept) == len(structure.blocks) else Structure(kept, render(kept), structure.headline)


def fallback(item: RawItem, now: datetime, inference: Inference = DEFAULT) -> Article | Rejected:
    """Turn an item that broke the pipeline into a poorer article: its lines as paragraphs, and what the sender states."""
    text = item.content[:FALLBACK_CHARACTERS].replace("\x00", "").encode("utf-8", "replace").decode()
    blocks: tuple[Block, ...] = tuple(Paragraph(line.text) for line in lines(text))
    if not blocks:
        return Rejected(NOTHING_LEFT)
    structure = Structure(blocks, render(blocks), None)
    title_evidence = headline.choose(
        headline.evidence(one_line(item.stated.title), item.claims, own_names(item.stated.source), None)
    )[1]
    context = Context(None, own_names(item.stated.source), inference=replace(inference, most=0))
    subjects = topics((), item.stated.topics, context)
    return article_of(
        Draft(item, now, 0, structure, subjects, (*sender_evidence(item), *title_evidence), item.repairs, "fallback")
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


def article_of(draft: Draft) -> Article:
    """Choose every field of a draft and put the article together."""
    structure, stated = draft.structure, draft.item.stated
    names = authors.choose(draft.evidence)
    published = date_choice.choose("published_at", draft.evidence, draft.now)
    modified = date_choice.choose("modified_at", draft.evidence, draft.now)
    single = {field: surest(field, draft.evidence) for field in ("rights", "language", "dateline_place", "url")}
    decided = [claim for claim in draft.evidence if claim.field in {"title", "topics"}]
    title = next((claim.value for claim in decided if claim.field == "title" and claim.chosen), None)
    return Article(
        url=single["url"][0],
        guid=stated.guid,
        source=stated.source,
        title=title,
        lead=next((block.text for block in structure.blocks if isinstance(block, Paragraph)), None),
        language=single["language"][0],
        authors=names.authors,
        agency=names.agency,
        published_at=published.at,
        published_precision=published.precision,
        published_zone=published.zone,
        modified_at=modified.at,
        dateline_place=single["dateline_place"][0],
        rights=single["rights"][0],
        topics=draft.subjects.topics,
        topic_lists=draft.subjects.topic_lists,
        blocks=structure.blocks,
        text=structure.text,
        word_count=size_of(structure.text),
        repairs=draft.repairs,
        evidence=shown(
            decided, names.evidence, published.evidence, modified.evidence, *(claims for _, claims in single.values())
        ),
        content_hash=content_hash(title, structure.text),
        field_hash=revision_hash(
            title, structure.text, names.authors, published.at, [topic.slug for topic in draft.subjects.topics]
        ),
        processing=draft.processing,
        pipeline_version=PIPELINE_VERSION,
        version=draft.item.standing.version,
        urgency=draft.item.standing.urgency,
        embargoed_until=embargo(draft.item),
        truncated=draft.item.truncated,
        codes=declared.codes(draft.item.claims),
        background=draft.background if draft.subjects.vocabulary else None,
        vocabulary=draft.subjects.vocabulary,
        acronyms=draft.subjects.acronyms,
        text_hash=content_hash(None, structure.text),
    )


def size_of(text: str) -> int:
    """Count the words of a text line by line; in scripts without spaces two characters count as one."""
    return sum(size(line) for line in text.split("\n"))


def shown(*fields: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Put all evidence together, field by field, what was chosen first and then by confidence."""
    return tuple(
        claim for claims in fields for claim in sorted(claims, key=lambda claim: (not claim.chosen, -claim.confidence))
    )
