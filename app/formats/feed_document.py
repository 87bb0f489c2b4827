"""Makes a tree of bytes that should be XML: strictly where they are, else of what can be mended; no DTD, no entity, no network."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html.entities import html5
from typing import Any

from lxml import etree

from app.formats.charset import attempt, codec_of, decode
from app.formats.xml_mending import balanced

Element = Any
"""An element of lxml, which states no types."""
WIDE_MARKS = ((b"\xff\xfe\x00\x00", "utf-32-le"), (b"\x00\x00\xfe\xff", "utf-32-be"))
WIDE_STARTS = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
"""How XML begins in wide characters without a mark (XML 1.0, appendix F)."""
DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:+-]{1,40})[\"']")
PROLOG_BYTES = 1_000
UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML has no place for."""
OPAQUE = re.compile(r"<!\[CDATA\[|<!--|<\?")
ENDS = {"<![CDATA[": "]]>", "<!--": "-->", "<?": "?>"}
REFERENCE = re.compile(
    r"&(?:#(?P<decimal>[0-9]{1,7});|#[xX](?P<hex>[0-9a-fA-F]{1,6});|(?P<name>[A-Za-z][A-Za-z0-9]{0,31});)?"
)
OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
DOCTYPE = re.compile(r"<!DOCTYPE[^\[<>]*+(?P<subset>\[)?", re.IGNORECASE)
SUBSET_END = re.compile(r"\]\s*+>")
ROOT = re.compile(r"<[A-Za-z_]")


@dataclass(frozen=True, slots=True)
class Document:
    """The root of a document, and what had to be mended to make text of its bytes."""

    root: Element
    repairs: dict[str, int]


def read_xml(data: bytes, charset: str | None) -> Document | None:
    """Give the tree of a body; None where there is no element in it. Never raises, whatever the bytes.

    Named entities of HTML are known without a DTD; a doctype is passed over with all that it declares.
    """
    text, repairs = xml_text(data, charset)
    text, dropped = UNFIT.subn("", text)
    if dropped:
        repairs = {**repairs, "control_characters": dropped}
    text = prepared(text)
    root = parsed(text, recover=False)
    if root is None:
        root = parsed(balanced(text), recover=True)
    return Document(root, repairs) if root is not None else None


def parsed(text: str, *, recover: bool) -> Element | None:
    """Parse prepared text; None where it is not well-formed, or nothing of it can be recovered."""
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def xml_text(data: bytes, charset: str | None) -> tuple[str, dict[str, int]]:
    """Decode XML: by its mark, by the charset it came with, by its own declaration, then by its looks."""
    data = data.lstrip(b"\t\n\r ") if data[:1].isspace() and data[1:2] != b"\x00" else data
    for mark, codec in WIDE_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace"), {}
    for start, codec in WIDE_STARTS:
        if data.startswith(start) and (text := attempt(data[: len(data) // 4 * 4 or None], codec)) is not None:
            return text, {}
    found = DECLARED.search(data[:PROLOG_BYTES])
    labels = (charset, found[1].decode() if found else None)
    fitting = next((label for label in labels if attempt(data, codec_of(label)) is not None), None)
    decoded = decode(data, fitting)
    return decoded.text, decoded.repairs


def prepared(text: str) -> str:
    """Cut a document down to its root element, and make every reference in it one that XML itself knows."""
    text = "".join(referring(part) if is_markup else part for is_markup, part in parts(text))
    found = ROOT.search(text, after_doctype(text))
    return text[found.start() :] if found else text


def after_doctype(text: str) -> int:
    """Give the place behind the doctype, whose declarations may hold elements; the beginning where there is none."""
    doctype, root = DOCTYPE.search(text), ROOT.search(text)
    if doctype is None or root is None or (doctype.start() > root.start()):
        return 0
    subset = SUBSET_END.search(text, doctype.end()) if doctype["subset"] else None
    return subset.end() if subset else doctype.end()


def parts(text: str) -> Iterator[tuple[bool, str]]:
    """Split a document into markup and CDATA sections, in order; comments and instructions are left out."""
    place = 0
    last = {start: text.rfind(end) for start, end in ENDS.items()}  # so that no end is looked for in vain
    while found := OPAQUE.search(text, place):
        yield True, text[place : found.start()]
        end = text.find(ENDS[found[0]], found.end()) if found.end() <= last[found[0]] else -1
        place = end + len(ENDS[found[0]]) if end >= 0 else found.end()
        if end >= 0 and found[0] == "<![CDATA[":
            yield False, text[found.start() : place]
    yield True, text[place:]


def referring(markup: str) -> str:
    """Write the characters that HTML's names and odd numbers mean, and every ampersand that begins no reference."""
    return REFERENCE.sub(referred, markup) if "&" in markup else markup


def referred(found: re.Match[str]) -> str:
    """Give what a reference becomes."""
    if found["name"] in OWN:
        return found[0]
    if found["name"]:
        text = html5.get(f"{found['name']};")
        return html.escape(text) if text else f"&amp;{found['name']};"
    return numbered(found[0]) if len(found[0]) > 1 else "&amp;"


@lru_cache(maxsize=4096)
def numbered(reference: str) -> str:
    """Give the character of a number as HTML has it, where the numbers of windows-1252 count; "" for none of XML."""
    return html.escape(UNFIT.sub("", html.unescape(reference)))
