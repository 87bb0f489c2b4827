"""Reads the texts of feeds, which are plain, escaped HTML or elements of their own, and say so or do not."""

import base64
import html
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from app.formats.charset import decode
from app.formats.feed_document import Element
from app.formats.feed_names import attribute, name_of
from app.formats.fragment import is_markup, read_fragment
from app.formats.html import read_body
from app.formats.markup import one_line
from app.formats.text import is_blank
from app.pipeline.article import Block
from app.pipeline.vocabulary import vocabulary

Kind = Literal["html", "plain", "unsaid"]
KINDS: dict[str, Kind] = {
    "html": "html",
    "text/html": "html",
    "xhtml": "html",
    "application/xhtml+xml": "html",
    "text/xhtml": "html",
    "text": "plain",
    "text/plain": "plain",
    "plain": "plain",
}
REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
LEADING_TAG = re.compile(r"\s*+<(?:p|div|ul|ol|h[1-6]|table|blockquote|figure|img|a|br)\b", re.IGNORECASE)
EMPTY_OBJECT = re.compile(r"<(?:iframe|object|video|audio|script|style|textarea)\b[^<>]*/>", re.IGNORECASE)
"""What XML ends and HTML would read on in, to the end of the text."""
CLOSING_TAG = re.compile(r"</[A-Za-z][A-Za-z0-9]{0,15}\s?>")
BROKEN_OFF = re.compile(r"[\[(]\s?(?:\.\.\.|…|\+\d{1,6} chars)\s?[\])]\W{0,5}\Z")
ELLIPSIS = re.compile(r"(?:…|\.\.\.)\W{0,3}\Z")
LINE_END = 80
"""Characters at the end of a line in which the words that it goes on elsewhere are looked for."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text as a feed holds it: its characters, and what they are said to be."""

    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Content:
    """The words of an item, with their blocks where they are HTML; `truncated` where they break off."""

    text: str
    blocks: tuple[Block, ...] | None
    truncated: bool


def written(element: Element, *, is_body: bool = False) -> Written:
    """Give the text of an element; child elements of it are HTML, whatever is said.

    A body of Atom that is neither text nor XML is base64 (RFC 4287, 4.1.3.3).
    """
    stated = attribute(element, "type").lower().partition(";")[0].strip()
    kind = KINDS.get(stated, "unsaid")
    if len(element):
        return Written(markup_of(element), "html")
    text, mode = element.text or "", attribute(element, "mode").lower()
    is_text = kind != "unsaid" or "/" not in stated or stated.startswith("text/") or stated.endswith("xml")
    if mode == "base64" or (not is_text and mode != "escaped" and (is_body or stated == "application/octet-stream")):
        text = from_base64(text, is_said=mode == "base64")
    return Written(text, "unsaid" if is_body else kind)  # many a body said to be text is HTML


def from_base64(text: str, *, is_said: bool) -> str:
    """Decode a text that should be base64; what is none stays where that is said, and is no text otherwise."""
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        return text if is_said else ""
    return "" if b"\x00" in data else decode(data, None).text


def markup_of(element: Element) -> str:
    """Write what stands in an element as HTML, without prefixes and attributes."""
    out: list[str] = [html.escape(element.text or "", quote=False)]
    for child in element:
        name = name_of(child).rpartition(":")[2]
        if name:
            span = attribute(child, "colspan")
            spanning = f' colspan="{span}"' if span.isascii() and span.isdigit() else ""
            out.append(f"<{name}{spanning}>{markup_of(child)}</{name}>" if name != "br" else "<br>")
        out.append(html.escape(child.tail or "", quote=False))
    return "".join(out)


def spoken(element: Element) -> str:
    """Give the characters of an element and all in it on one line, with nothing read into them."""
    return one_line(" ".join(element.itertext()))


def line_of(given: Written) -> str:
    """Give a title or label on one line, without the tags of HTML; a text said to be plain keeps what looks like one.

    References are read in any case: nobody means to print one.
    """
    markup = None if given.kind == "plain" else html_of(given)
    return one_line(unescaped(given.text) if markup is None else read_fragment(markup).text)


def html_of(given: Written) -> str | None:
    """Give a text as HTML, once more unescaped where it was escaped twice; None where it is none."""
    if given.kind == "html" or is_markup(given.text) or CLOSING_TAG.search(given.text):
        return EMPTY_OBJECT.sub("", given.text)
    bare = unescaped(given.text)
    return bare if LEADING_TAG.match(bare) else None


def unescaped(text: str) -> str:
    """Read the references in a text that is no HTML otherwise."""
    return REFERENCE.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def content_of(given: Written) -> Content | None:
    """Read a text as an item's words; None where there are none in it."""
    markup = None if given.kind == "plain" else html_of(given)
    if markup is None:
        return worded(unescaped(given.text).strip(), None)
    fragment = read_body(markup)
    return worded(fragment.text, fragment.blocks)


def worded(text: str, blocks: tuple[Block, ...] | None) -> Content | None:
    """Give the content that a text is; None for a blank one."""
    return None if is_blank(text) else Content(text, blocks, breaks_off(text))


def fullest(texts: list[Written]) -> Content | None:
    """Choose the words of an item: the first that there are, or a longer text that begins with them."""
    best: Content | None = None
    for given in texts:
        if best is not None and len(given.text) <= len(best.text):
            continue
        read = content_of(given)
        if read is not None and (best is None or goes_on(best.text, read.text)):
            best = read
    return best


def goes_on(short: str, long: str) -> bool:
    """Say whether a text is another one and more."""
    beginning = one_line(BROKEN_OFF.sub("", one_line(short))).rstrip(".… ")
    whole = one_line(long)
    return len(whole) > len(beginning) and whole.startswith(beginning)


@cache
def continued() -> re.Pattern[str]:
    """Give the pattern of the words that end a text which goes on elsewhere."""
    phrases = {phrase for words in vocabulary("feeds").values() for phrase in words["continues"]}
    known = "|".join(map(re.escape, sorted(phrases, key=len, reverse=True)))
    return re.compile(rf"(?:\A|[.…!?:;,\"”»)\]\[(|>–—-]\s?)(?:{known})[\s.…»›>→\])]{{0,8}}\Z")


def breaks_off(text: str) -> bool:
    """Say whether a text ends where the article goes on: in an ellipsis, or in words that say so.

    The line before the last one counts too, as feeds add where an item was first published.
    """
    lines = [line for line in text[-2_000:].split("\n") if line.strip()][-2:]
    if not lines:
        return False
    ends = [line.strip()[-LINE_END:].casefold() for line in lines]
    whole = [line.strip().casefold() if len(line.strip()) <= LINE_END else "" for line in lines]
    if ELLIPSIS.search(ends[-1]) or any(BROKEN_OFF.search(end) for end in ends):
        return True
    return any(continued().search(line or f"\x00{end}") for line, end in zip(whole, ends, strict=True))
