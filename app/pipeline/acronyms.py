"""Finds where a text says what an acronym means: "World Health Organization (WHO)", "WHO (World Health Organization)".

After Schwartz and Hearst (2003): the shortest run of words beside the bracket whose letters, in order, are the acronym's.
Stricter than theirs, as news brackets hold more than definitions: a letter begins a word, or follows one that does.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from app.pipeline.article import Acronym
from app.pipeline.chunks import Cutter, Rules, Word, rules
from app.pipeline.slug import plain, slug
from app.pipeline.subjects import best_written

READ = 100_000
"""Characters of an article that are read."""
MOST_DEFINED = 30
MOST_BRACKETS = 2_000
"""Brackets of a line that are looked into."""
LEAST_LETTERS, MOST_LETTERS = 2, 10
CAPITALS = 0.6
"""Share of an acronym's letters that are large: "MoD" is one, a senator's "D-Ariz." is none."""
LONGEST_MEANING = 100
WINDOW = 250
"""Characters before a bracket in which its meaning may stand."""
LEAST_LOOSE = 3
"""Letters of an acronym some of which may stand inside a word ("BAMF", Bundesamt für Migration und Flüchtlinge)."""
SHORT = 3
"""Letters of a small word that may be passed over in any language."""
BRACKET = re.compile(r"[(\[（]([^()\[\]（）\n]{2,120})[)\]）]")
SHAPE = re.compile(r"[^\W_](?:[.&/-]?[^\W_])+\.?")
PART = re.compile(r"[^\W_]+")
MARKS = re.compile(r"[.!?;:…\"“”„«»•|()\[\]（）]")
"""What no meaning runs across; its own comma may stand in it ("Educational, Scientific and Cultural")."""
QUOTES = " \u00a0\"'“”„‘’‚«»"
HYPHENS = "-‐‑"


class Part(NamedTuple):
    """A part of a long form: where it stands, its letters, whether it is large, small and passed over, or behind a hyphen."""

    start: int
    end: int
    letters: str
    large: bool
    small: bool
    behind: bool


class Meaning(NamedTuple):
    """What an acronym means as phrases see it: its label, and the stretches that it is cut into.

    One that small words part has no phrase of its own: the acronym's then stands for it.
    """

    label: str
    stretches: list[list[Word]]

    def key(self) -> str:
        """Give the key of its phrase, "" where it is none."""
        return key_of(self.stretches[0]) if len(self.stretches) == 1 else ""


def definitions(lines: Sequence[str], language: str | None) -> tuple[Acronym, ...]:
    """Give the acronyms that a text defines, each once with what is said first, 30 at most."""
    found: dict[str, Acronym] = {}
    left = READ
    for line in lines:
        for pair in defined_in(line[:left], language):
            found.setdefault(slug(pair.label), pair)
            if len(found) == MOST_DEFINED:
                return tuple(found.values())
        left -= len(line)
        if left <= 0:
            break
    return tuple(found.values())


def defined_in(line: str, language: str | None) -> Iterator[Acronym]:
    """Give the definitions of a line, a bracket at a time."""
    for bracket in islice(BRACKET.finditer(line), MOST_BRACKETS):
        inside = bracket[1].strip(QUOTES)
        short = re.split("[,;]", inside, maxsplit=1)[0].strip(QUOTES)
        before = line[max(0, bracket.start() - WINDOW) : bracket.start()].rstrip(QUOTES)
        if is_acronym(short):
            cut = before.partition(" ")[2] if bracket.start() > WINDOW else before
            meaning = meaning_of(short, MARKS.split(cut)[-1], language, whole=False)
        else:
            short = before.rpartition(" ")[2].lstrip(QUOTES)
            meaning = meaning_of(short, inside, language, whole=True) if is_acronym(short) else None
        if meaning is not None:
            yield Acronym(short, meaning)


def is_acronym(text: str) -> bool:
    """Say whether a text is printed as acronyms are: 2 to 10 letters and digits, mostly capitals, two at least."""
    if len(text) > 2 * MOST_LETTERS or SHAPE.fullmatch(text) is None:
        return False
    counted = sum(map(str.isalnum, text))
    letters, capitals = sum(map(str.isalpha, text)), sum(map(str.isupper, text))
    return LEAST_LETTERS <= counted <= MOST_LETTERS and capitals >= LEAST_LETTERS and capitals >= CAPITALS * letters


def meaning_of(acronym: str, text: str, language: str | None, *, whole: bool) -> str | None:
    """Give the long form of an acronym: the shortest run of words at the end of a text that fits, or all of it."""
    letters = "".join(filter(str.isalnum, plain(acronym)))
    if acronym[-1:] == "s" and len(letters) > LEAST_LETTERS:
        letters = letters[:-1]
    most = min(len(letters) + 5, 2 * len(letters))
    parts = parts_of(text, rules(language))
    if whole and len(parts) > most:
        return None
    parts = parts[-most:]
    if len(parts) < 2 or parts[-1].small or text[parts[-1].end :].strip(QUOTES):
        return None
    for start in (0,) if whole else range(len(parts) - 2, -1, -1):
        first = parts[start]
        if first.letters[0] != letters[0] or first.small or first.behind or not fits(parts[start:], letters):
            continue
        label = " ".join(text[first.start : parts[-1].end].split())
        return best_written([label]) if len(label) <= LONGEST_MEANING else None
    return None


def parts_of(text: str, known: Rules) -> list[Part]:
    """Cut a text into the parts whose letters an acronym may take, hyphens and apostrophes apart."""
    found = []
    for part in PART.finditer(text):
        printed, letters = part[0], plain(part[0])
        if not letters:
            continue
        large, word = printed[0].isupper(), printed.casefold()
        small = not large and (len(word) <= SHORT or word in known.function or word in known.joints)
        behind = text[part.start() - 1 : part.start()] in (*HYPHENS,) and part.start() > 0
        found.append(Part(part.start(), part.end(), letters, large, small, behind))
    return found


def fits(parts: Sequence[Part], letters: str) -> bool:
    """Say whether an acronym's letters are those of a long form.

    Each begins a word, and no word but small ones is passed over; or, in a name of two large words and more, some stand
    inside words, and one word behind a small one has none ("Centers for Disease Control and Prevention").
    """
    if begins_each(parts, letters):
        return True
    large = sum(part.large for part in parts)
    return len(letters) >= LEAST_LOOSE and parts[0].large and large >= 2 and stands_in(parts, letters)


def begins_each(parts: Sequence[Part], letters: str) -> bool:
    """Say whether the letters begin the parts, in order; small parts and those behind a hyphen may have none."""
    reached = {0}
    for part in parts:
        after = {at + 1 for at in reached if letters.startswith(part.letters[0], at)}
        reached = after | ({at for at in reached if at} if part.small or part.behind else set())
    return len(letters) in reached


def stands_in(parts: Sequence[Part], letters: str) -> bool:
    """Say whether the letters stand in the parts, in order, the first of each part's at its beginning."""
    reached = {(0, False)}
    after_small = False
    for part in parts:
        passed = {(at, missed) for at, missed in reached if at and (part.small or part.behind)}
        if after_small:
            passed |= {(at, True) for at, missed in reached if at and not missed}
        taken = {(end, missed) for at, missed in reached for end in ends(part.letters, letters, at)}
        reached, after_small = passed | taken, part.small
    return any(at == len(letters) for at, _ in reached)


def ends(word: str, letters: str, at: int) -> Iterator[int]:
    """Give how far an acronym may be taken from its letter `at` on by the first letter of a word and later ones."""
    place = 0
    while at < len(letters) and (word.startswith(letters[at]) if place == 0 else letters[at] in word[place:]):
        place = word.index(letters[at], place) + 1
        at += 1
        yield at


def is_small_word(acronym: str, language: str | None) -> bool:
    """Say whether an acronym printed small would be a word that stands in any text ("who", "it")."""
    known, small = rules(language), plain(acronym)
    return small in known.stops or small in known.function


def meanings_of(acronyms: Sequence[Acronym], language: str | None, places: Collection[str]) -> dict[str, Meaning]:
    """Give each acronym's meaning by the acronym's key; of those that the text prints by themselves."""
    found: dict[str, Meaning] = {}
    for acronym in acronyms:
        short, long = Cutter(language, [acronym.label]), Cutter(language)
        short.cut(acronym.label)
        long.cut(acronym.meaning)
        if len(short.stretches) == 1 and (key := key_of(short.stretches[0])) in places:
            found.setdefault(key, Meaning(acronym.meaning, long.stretches))
    return found


def key_of(stretch: Sequence[Word]) -> str:
    """Give the key of all of a stretch."""
    return " ".join(word.key for word in stretch)
