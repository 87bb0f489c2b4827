"""Parses a stranger's XML: no DTD, entity or address in it is ever followed, and what is no XML is refused."""

import codecs
import re
from collections import Counter
from dataclasses import dataclass
from html import escape
from html.entities import html5
from typing import Any

from lxml import etree

from app.formats.body import Body
from app.formats.charset import Decoded, decode
from app.formats.markup import one_line
from app.formats.unreadable import Unreadable

PROLOG_BYTES = 65_536
"""A root element that begins later than this is not looked for."""
BEFORE_ROOT = {"<?": "?>", "<!--": "-->"}
"""What may stand before the root, by its beginning and its end."""
SPACE = re.compile(r"[ \t\r\n\ufeff]*")
NAME = re.compile(r"<(?:[^\s<>/:=\"'&!?]{1,200}:)?([^\s<>/:=\"'&!?]{1,200})(?=[\s/>])")
DOCTYPE_PART = re.compile(r"\"[^\"]*\"|'[^']*'|<!--|<\?|[\[\]>]")
DECLARED = re.compile(r"\s{0,99}<\?xml[^>]{0,200}?\sencoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})")
WIDE = ((b"<\x00", codecs.BOM_UTF16_LE), (b"\x00<", codecs.BOM_UTF16_BE))
NARROW = re.compile(r"(?!utf-?16|utf-?32|ucs|iso-10646)", re.IGNORECASE)
"""Labels that bytes without a zero before or after the first "<" can have."""
NOT_NEWLINE = re.compile(r"[^\n]")
REFERENCE = re.compile(r"&(?:([A-Za-z][A-Za-z0-9]{1,31});|#([0-9]{1,7});|#[xX]([0-9A-Fa-f]{1,6});)?")
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 has no place for."""
OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
POSITION = re.compile(r", line \d+, column \d+$")
MESSAGE_CHARACTERS = 200
FIELD_CHARACTERS = 20_000
"""The field of an article is not longer; elements inside each other would be read as often as they are deep."""
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

Element = Any
"""An element of lxml, which comes without types."""


@dataclass(frozen=True, slots=True)
class Document:
    """The root of a parsed document, all its elements named without namespaces, and what was mended to read it."""

    root: Element
    repairs: dict[str, int]


def root_name(data: bytes) -> str | None:
    """Give the local name of the root element; None where none begins, or only behind a very long prolog."""
    text = text_of(data[:PROLOG_BYTES], None).text
    found = NAME.match(text, prolog_end(text))
    return found[1] if found else None


def read_document(body: Body) -> Document:
    """Parse a body; raises Unreadable with the line and column where it stops being XML.

    The prolog is blanked before parsing, so that the parser never meets a DTD. A second attempt is made on a text
    that breaks the rules in ways that leave no doubt: HTML's names for characters, bare ampersands, and characters
    that no XML holds. Nothing is guessed about elements; libxml2 refuses what is nested deeper than 256.
    """
    decoded = text_of(body.data, body.charset)
    begin = prolog_end(decoded.text)
    if NAME.match(decoded.text, begin) is None:
        raise Unreadable([("", f"not XML: no element begins at {place(decoded.text, begin)}")])
    text = NOT_NEWLINE.sub(" ", decoded.text[:begin]) + decoded.text[begin:]
    repairs = Counter(decoded.repairs)
    try:
        root = parsed(text)
    except etree.XMLSyntaxError:
        try:
            root = parsed(mended(text, repairs))
        except etree.XMLSyntaxError as error:
            raise Unreadable([("", f"not XML: {reason(error)}")]) from error
    for element in root.iter(etree.Element):
        element.tag = element.tag.rpartition("}")[2]
    return Document(root, dict(repairs))


def text_of(data: bytes, charset: str | None) -> Decoded:
    """Decode XML by its mark or its zero bytes, else by the charset told, else by its own declaration; never raises."""
    for start, mark in WIDE:
        if data.startswith(start):
            return decode(mark + data, None)
    declared = DECLARED.match(data[:400].decode("latin-1"))
    label = charset or (declared[1] if declared else None)
    return decode(data, label if label and NARROW.match(label) else None)


def prolog_end(text: str) -> int:
    """Give the place behind declaration, comments, instructions and doctype, or that of the first that never ends."""
    begin = behind_space(text, 0)
    while (end := construct_end(text, begin)) is not None:
        begin = behind_space(text, end)
    return begin


def behind_space(text: str, begin: int) -> int:
    """Give the place of the next character that is no white space."""
    found = SPACE.match(text, begin)
    return found.end() if found else begin


def construct_end(text: str, begin: int) -> int | None:
    """Give the end of the comment, instruction or doctype at a place; None where none begins or it never ends."""
    for opening in BEFORE_ROOT:
        if text.startswith(opening, begin):
            return closed(text, begin + len(opening), opening)
    return doctype_end(text, begin + 9) if text[begin : begin + 9].upper() == "<!DOCTYPE" else None


def closed(text: str, begin: int, opening: str) -> int | None:
    """Give the end of what was opened before a place."""
    end = text.find(BEFORE_ROOT[opening], begin)
    return end + len(BEFORE_ROOT[opening]) if end >= 0 else None


def doctype_end(text: str, begin: int) -> int | None:
    """Give the end of the doctype that was opened before a place, its own declarations passed over."""
    inside, here = 0, begin
    while (found := DOCTYPE_PART.search(text, here)) is not None:
        mark, here = found[0], found.end()
        if mark in BEFORE_ROOT:
            end = closed(text, here, mark)
            if end is None:
                return None
            here = end
        inside += (mark == "[") - (mark == "]")
        if mark == ">" and inside <= 0:
            return here
    return None


def parsed(text: str) -> Element:
    """Parse a text without prolog; raises XMLSyntaxError."""
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(text.encode("utf-8", "replace"), parser)


def mended(text: str, repairs: Counter[str]) -> str:
    """Give a text in which references and characters are as XML has them, outside of CDATA; what it drops is counted."""
    text, dropped = ILLEGAL.subn("", text)
    repairs["control_characters"] += dropped
    pieces: list[str] = []
    here = 0
    while here < len(text):
        begin = text.find("<![CDATA[", here)
        end = text.find("]]>", begin) if begin >= 0 else -1
        pieces.append(REFERENCE.sub(reference, text[here:begin] if end >= 0 else text[here:]))
        if end < 0:
            break
        pieces.append(text[begin : end + 3])
        here = end + 3
    repairs += Counter()
    return "".join(pieces)


def reference(found: re.Match[str]) -> str:
    """Give a reference as XML has it: HTML's names as their characters, none for what is no character."""
    name, decimal, hexadecimal = found.groups()
    if name in OF_XML:
        return found[0]
    if name is not None:
        meant = html5.get(f"{name};")
        return escape(meant) if meant is not None else f"&amp;{name};"
    if decimal is None and hexadecimal is None:
        return "&amp;"
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return "" if code > 0x10FFFF or ILLEGAL.match(chr(code)) else found[0]


def reason(error: etree.XMLSyntaxError) -> str:
    """Give what the parser says and where."""
    line, column = error.position
    said = one_line(POSITION.sub("", error.msg or "broken"))[:MESSAGE_CHARACTERS]
    return f"{said} at line {line}, column {column}"


def place(text: str, at: int) -> str:
    """Name a place of a text by line and column."""
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"


def words(element: Element | None) -> str:
    """Give the text of an element on one line, of a very long one the beginning; that of none is empty."""
    parts: list[str] = []
    room = FIELD_CHARACTERS
    for part in element.itertext() if element is not None else ():
        parts.append(part[:room])
        room -= len(part)
        if room <= 0:
            break
    return one_line("".join(parts))


def found_words(element: Element, *paths: str) -> str:
    """Give the text of the first element at one of the paths that has any."""
    return next((text for path in paths for found in element.iterfind(path) if (text := words(found))), "")
