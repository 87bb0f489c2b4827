"""Finds where two sentences or clauses were glued ("conflict.This", "dialogue,allowing"), and parts them.

Abbreviations, initials, numbers, domains, file names and products stay whole; scripts that are written without spaces
are left alone.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from app.pipeline.vocabulary import vocabulary

JOINT = re.compile(
    r"(?<![^\W_])(?P<left>[^\W_]++)(?P<shut>[)\]%”’»]*)(?P<mark>[.,;:!?،؛؟])(?P<close>[”’»)\]]*)(?P<open>[“‘«(\[]*)"
    r"(?=(?P<right>[^\W\d_]+))"
)
MARKED = re.compile(r"[.,;:!?،؛؟][”’»)\]]*[“‘«(\[]*[^\W\d_]")
"""What a line with a joint must have in it, which is found ten times as fast."""
TOKEN_REACH = 80
"""How far to either side the word around a joint is looked at."""
UNSPACED = re.compile("[\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""Scripts without spaces between words (and Hangul, whose spaces are its own business)."""
NO_PROSE = re.compile(r"[@\\_=#<>{}~^]|://|www\.|/", re.IGNORECASE)


@cache
def endings() -> frozenset[str]:
    """Give the endings of domains and files."""
    return frozenset(vocabulary("repair")["endings"])


@cache
def abbreviations() -> frozenset[str]:
    """Give the abbreviations that end in a full stop in the middle of a sentence."""
    return frozenset(vocabulary("repair")["abbreviations"])


def part_joints(text: str, counts: Counter[str]) -> str:
    """Put a space into every joint, and the capital that got lost after a full stop; counted by kind."""
    parts: list[str] = []
    done = 0
    for found in joints(text):
        if not is_joint(found, text):
            continue
        counts["joined_sentences"] += 1
        at = found.start("open")
        parts += (text[done:at], " ")
        done = at
        if loses_capital(found):
            counts["sentence_case"] += 1
            start = found.start("right")
            parts += (text[at:start], text[start].upper())
            done = start + 1
    return "".join(parts) + text[done:] if parts else text


def joints(text: str) -> Iterator[re.Match[str]]:
    """Give what may be a joint, looking only at the lines that can have one."""
    done = 0
    for found in MARKED.finditer(text):
        if found.start() < done:
            continue
        begin, end = text.rfind("\n", done, found.start()) + 1, text.find("\n", found.start())
        done = len(text) if end < 0 else end
        yield from JOINT.finditer(text, begin, done)


def is_joint(found: re.Match[str], text: str) -> bool:
    """Say whether a mark between two words ends a sentence or clause there."""
    left, right, mark = found["left"], found["right"], found["mark"]
    if UNSPACED.match(left[-1]) or UNSPACED.match(right[0]) or found["shut"] + found["close"] + found["open"] == "(":
        return False
    if mark in ",;،؛":
        fits = follows_comma(left, right)
    elif mark == ":":
        fits = len(left) >= 4 and left.isalpha() and capitalised(right) and left[1:].islower()
    elif mark in "!?؟":
        fits = len(left) >= 2 and (capitalised(right) or not right[0].isascii())
    else:
        fits = follows_full_stop(left, right)
    if not fits:
        return False
    before, after = around(text, found)
    if mark == "." and right[0].islower() and (before + after).count(".") > 1:
        return False
    return not NO_PROSE.search(before) and not NO_PROSE.search(after)


def around(text: str, found: re.Match[str]) -> tuple[str, str]:
    """Give what stands around a joint without a space or a table's bar between, a little way to either side."""
    before = text[max(0, found.start() - TOKEN_REACH) : found.end()].replace("|", " ")
    after = text[found.end() : found.end() + TOKEN_REACH].replace("|", " ")
    return before.split()[-1], after.split()[0]


def capitalised(word: str) -> bool:
    """Say whether a word begins large and goes on small; a caseless script's words count as such."""
    return word[0].isupper() and (len(word) == 1 or word[1:].islower())


def follows_comma(left: str, right: str) -> bool:
    """Say whether a comma parts two words: not digits of one number, not letters of a formula."""
    return len(right) >= 2 and (left.isdigit() or (left.isalpha() and len(left) >= 2))


def follows_full_stop(left: str, right: str) -> bool:
    """Say whether a full stop between two words ends a sentence."""
    if left.isdigit():
        return len(right) >= 2 and capitalised(right)
    if len(left) < 2 or not left.isalpha():
        return False
    if right[0].isupper():
        return begins_large(left, right)
    if not right[0].islower():
        return not left[0].isascii()  # caseless scripts with spaces: Arabic, Hebrew, Devanagari
    plain = left.islower() or capitalised(left)
    if left.lower() in abbreviations():
        return plain and right.lower() not in endings()
    return plain and len(left) >= 3 and len(right) >= 2 and right.lower() not in endings()


def begins_large(left: str, right: str) -> bool:
    """Say whether a large letter after a full stop begins a sentence: not a product's ("Node.JS", "ASP.NET") or a title's."""
    if len(right) == 1:
        return len(left) >= 4 and left.islower()
    if capitalised(right):
        return right.lower() not in {"com", "net", "org", "js", "io"}
    return left.islower() and len(left) >= 3


def loses_capital(found: re.Match[str]) -> bool:
    """Say whether the word after a joint has lost its capital: small after a full stop that is no abbreviation's."""
    right = found["right"]
    return (
        found["mark"] in ".!?"
        and right.islower()
        and len(right[0].upper()) == 1
        and right[0].upper() != right[0]
        and found["left"].lower() not in abbreviations()
        and not found["left"].isdigit()
    )
