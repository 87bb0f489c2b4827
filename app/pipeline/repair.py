"""Mends what scraping, copying and wires do to text, kind by kind, each counted; the words themselves stay as they are.

Running it on its own result mends nothing more.
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from app.pipeline.article import Block, Heading, ListBlock, ListItem, Paragraph, Table
from app.pipeline.joints import part_joints
from app.pipeline.vocabulary import vocabulary
from app.pipeline.wrapping import mend_breaks, unwrap

PASSES = 6
"""One mending can lay bare another (an entity that was a space); what is not settled by then stays."""
NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
SURROGATES = re.compile("[\ud800-\udfff]")
INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\ufffe\uffff]")
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
MOJIBAKE = re.compile("[ÃÂâðÐÑØÙ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ¡-¿]|ï¿½|ï»¿")
ODD_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
RUN_OF_SPACE = re.compile(r" {2,}|\t {1,}")
SPACE_BEFORE_MARK = re.compile(r"(?<=\w) +(?=[,.](?:[\s|]|$)|,[^\W\d_])", re.MULTILINE)
LINE_START = re.compile(r"^(?P<mark>(?:[•●▪‣◦·*–—|-][ \t]*|\(?\d{1,3}[.)][ \t]+)*)(?P<word>[^\W\d_]+)(?P<rest>.*)$")
SENTENCE_END = re.compile(r"[.!?…][\"”’»)\]]*$")
SENTENCE_WORDS = 4


@dataclass(frozen=True, slots=True)
class Repaired:
    """Text, and how often each kind of mending was needed; kinds that were not are absent."""

    text: str
    counts: dict[str, int]


def repair(text: str) -> Repaired:
    """Mend a text; never raises, in time linear in its length."""
    counts: Counter[str] = Counter()
    for _ in range(PASSES):
        before = counts.total()
        for step in STEPS:
            text = step(text, counts)
        if counts.total() == before:
            break
    return Repaired(text, {kind: count for kind, count in counts.items() if count})


def replace(
    pattern: re.Pattern[str], by: str | Callable[[re.Match[str]], str], kind: str, text: str, counts: Counter[str]
) -> str:
    """Replace a pattern and count how often."""
    text, found = pattern.subn(by, text)
    if found:
        counts[kind] += found
    return text


def is_printed(text: str) -> bool:
    """Say whether a text is nothing but what is printed, the ordinary space and the line's end; most texts are."""
    return text.replace("\n", "").isprintable()


def mend_characters(text: str, counts: Counter[str]) -> str:
    """Take out what is no character of a text: control characters, lone surrogates, invisible marks."""
    if is_printed(text):
        return text
    text = NEWLINES.sub("\n", text)
    text = replace(SURROGATES, "\ufffd", "surrogates", text, counts)
    text = replace(CONTROLS, "", "control_characters", text, counts)
    return replace(INVISIBLE, "", "invisible_characters", text, counts)


def mend_entities(text: str, counts: Counter[str]) -> str:
    """Resolve HTML's character references, which a careless scraper leaves in plain text."""
    if "&" not in text:
        return text
    resolved = 0

    def resolve(found: re.Match[str]) -> str:
        nonlocal resolved
        character = html.unescape(found[0])
        resolved += character != found[0]
        return character

    text = ENTITY.sub(resolve, text)
    if resolved:
        counts["entities"] += resolved
    return text


@cache
def encoding_fixer() -> Callable[[str], str]:
    """Load ftfy when a text first needs it, set to mend the encoding alone: quotes, ligatures and widths are the author's."""
    import ftfy  # noqa: PLC0415 - a heavy library that most texts never need

    config = ftfy.TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        fix_encoding=True,
        restore_byte_a0=True,
        replace_lossy_sequences=True,
        decode_inconsistent_utf8=True,
        fix_c1_controls=True,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        fix_surrogates=False,
        remove_control_chars=False,
        normalization=None,
    )
    return lambda text: ftfy.fix_text(text, config)


def mend_encoding(text: str, counts: Counter[str]) -> str:
    """Undo UTF-8 that was read as another charset, line by line, where a cheap test finds traces of it."""
    if text.isascii() or not MOJIBAKE.search(text):
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if MOJIBAKE.search(line) and (fixed := encoding_fixer()(line)) != line:
            counts["mojibake"] += 1
            lines[number] = fixed
    return "\n".join(lines)


def compose(text: str, counts: Counter[str]) -> str:
    """Bring the text to Unicode's composed form (NFC)."""
    if unicodedata.is_normalized("NFC", text):
        return text
    counts["decomposed_characters"] += 1
    return unicodedata.normalize("NFC", text)


def unwrap_lines(text: str, counts: Counter[str]) -> str:
    """Join the lines of paragraphs that were broken, at a fixed width or in the middle of a sentence."""
    text, unwrapped = unwrap(text)
    text, mended = mend_breaks(text)
    if unwrapped + mended:
        counts["unwrapped_lines"] += unwrapped + mended
    return text


def mend_spaces(text: str, counts: Counter[str]) -> str:
    """Make one ordinary space of every odd or repeated one; a tab stays, as it parts the cells of a table."""
    if not is_printed(text):
        text = replace(ODD_SPACE, " ", "spaces", text, counts)
    text = "\n".join([line.strip(" \t") for line in text.split("\n")])
    if "  " in text or "\t " in text:
        text = replace(RUN_OF_SPACE, lambda found: found[0][0], "spaces", text, counts)
    if " ," in text or " ." in text:
        text = replace(SPACE_BEFORE_MARK, "", "spaces", text, counts)
    return text


def mend_joints(text: str, counts: Counter[str]) -> str:
    """Part sentences and clauses that were glued together."""
    return part_joints(text, counts)


def mend_line_starts(text: str, counts: Counter[str]) -> str:
    """Give a line that is a sentence the capital that it lost."""

    def capitalised(found: re.Match[str]) -> str:
        word, rest = found["word"], found["rest"]
        if not begins_sentence(word, rest):
            return found[0]
        counts["sentence_case"] += 1
        return f"{found['mark']}{capital(word)}{rest}"

    return "\n".join([line if line[:1].isupper() else LINE_START.sub(capitalised, line) for line in text.split("\n")])


def begins_sentence(word: str, rest: str) -> bool:
    """Say whether a lower-case word at a line's start is the beginning of a sentence, and not a name that is written so."""
    if not word.islower() or capital(word) == word or rest[:1] in {"-", "'", "’", ".", "@", "/"}:
        return False
    if (rest[:1] == ":" and rest[1:2] != " ") or "|" in rest or "\t" in rest:  # a row of a table is no sentence
        return False
    if not SENTENCE_END.search(rest[-8:]) or rest.count(" ") < SENTENCE_WORDS - 1:
        return False
    following = rest.lstrip()[:1]
    return word not in particles() or following.islower()


@cache
def particles() -> frozenset[str]:
    """Give the lower-case words that names begin with."""
    return frozenset(vocabulary("repair")["particles"])


def capital(word: str) -> str:
    """Give a word with its first letter large; as it is where that letter has no single large form."""
    first = word[0].upper()
    return first + word[1:] if len(first) == 1 else word


STEPS = (
    mend_encoding,
    mend_characters,
    mend_entities,
    compose,
    unwrap_lines,
    mend_spaces,
    mend_joints,
    mend_line_starts,
)


def mended_block(block: Block, counts: Counter[str]) -> Block:
    """Mend the words of a block; its structure stays."""

    def mended(text: str) -> str:
        repaired = repair(text)
        counts.update(repaired.counts)
        return " ".join(repaired.text.split())

    match block:
        case Heading():
            return Heading(block.level, mended(block.text))
        case Paragraph():
            return Paragraph(mended(block.text))
        case ListBlock():
            return ListBlock(
                tuple(ListItem(item.label and mended(item.label), mended(item.text)) for item in block.items)
            )
        case Table():
            return Table(tuple(map(mended, block.header)), tuple(tuple(map(mended, row)) for row in block.rows))
