"""Parts the words of a byline into persons and agency; roles, places, dates, addresses and desks are passed over."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from app.pipeline.agencies import agency_of, is_agency_word
from app.pipeline.dates import find_dates, is_weekday
from app.pipeline.names import ACADEMIC, ELIDED, LONGEST_NAME, cased, is_given, is_person, is_role, until_role, words
from app.pipeline.roles import after_role, is_role_line
from app.pipeline.vocabulary import vocabulary

LONGEST = 600
SEPARATOR = re.compile(r"\s*(?:[,;|·•∙●◆，、；&＆+\t\n…]|\s[–—/-]\s)\s*")
SLASH = re.compile(r"[/／]")
WRAPPED = re.compile(r"^\s*[\[【（(《〈](?P<inside>[^\[\]【】（）()《》〈〉]+)[\]】）)》〉]\s*$")
"""Brackets around a whole byline."""
NOISE = re.compile(
    r"\S+@[\w.-]+\.\w{2,}|https?://\S+|www\.\S+|@\w+|\([^()]*\)|[\[【《〈「（<][^\[\]【】《》〈〉「」（）<>]*[\]】》〉」）>]"
    r"|[\"“„][^\"“”„]{1,30}[\"”“]|(?<=[^\W\d_])\d{1,3}(?!\w)|^\d+$|[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]"
    r"|(?<![\w.])[\w-]{2,30}\.(?:com|net|org|info|tv|news|online|co\.uk|de|fr|es|it|at|ch|nl|be|jp|uk|eu|pl|se|no|dk|fi)\b",
    re.IGNORECASE,
)
NOISY = re.compile(r"[@:/(\[【《〈「（<\"“„_\d\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]|\.\w")
"""What must be in a text for any noise to be in it."""
OTHERS = re.compile(r"[:：=＝]|\b(?:by|von|par|di|av|de|da|from)\b", re.IGNORECASE)
"""What must be in a text for another person's credit to be in it."""
PREPOSITIONS = (" by", " von", " par", " from", " av", " af", " di")
EDGES = ' \t.,:;|·•*–—-_"“”«»>/=＝：'
PLACED = re.compile(r"\s+(?:in|from|at|aus|of|bei|nach|mit|für|[Ff]or|pour)\s+(?:[Tt]he\s)?[A-Z].*$")
GLUED_ROLE = re.compile(r"(?<=[a-zà-ÿ]{3})(?=[A-ZÀ-Þ][a-zà-ÿ]{3})|(?<=[a-zà-ÿ]{3})(?=[A-Z]{2,4}\b)")
"""Where a name lost the space before a role or label: "Ann LeePolitical Editor"."""
HANDLE = re.compile(r"(?<=[^\W\d_])_(?=[^\W\d_])")
DIGIT = re.compile(r"\d")
CREDITED = re.compile(
    r"[^,;|()/]{2,60}\((?:photograph\w*|photos?|fotos?|fotograf\w*|bild\w*|illustration\w*|videos?|grafik\w*|kamera|editing)\)",
    re.IGNORECASE,
)
"""A name with what else its bearer did in brackets behind it."""
TRAILING = frozenset({"on", "at", "am", "um", "le", "el", "em", "il", "op", "den", "от", "à", "as", "-", "der", "og"})
INVERTED = re.compile(r"^([^\W\d_][^\s,;|]+), ([^\W\d_][^\s,;|]+(?: [A-Z]\.?)?)$")
"""A catalogue's form of a name ("Holt, Maren")."""
WIDE_ROLE = re.compile(
    r"(?:記者|特派員|編集委員|論説委員|通信員|記者团|기자|특파원|论说委员|报道|氏)$|^(?:記者|记者|기자)[・\s]?"
)


@dataclass(frozen=True, slots=True)
class Names:
    """Who a text names: persons in order, and the agency; `whole` where it names nothing else."""

    persons: tuple[str, ...] = ()
    agency: str | None = None
    whole: bool = False


@cache
def date_labels() -> frozenset[str]:
    """Give the labels of dates, which may stand beside a name."""
    labels = vocabulary("dates")["labels"]
    return frozenset(labels["published"]) | frozenset(labels["modified"])


@cache
def label_words() -> frozenset[str]:
    """Give the single words of labels: those of dates, authors and kinds of article."""
    kinds = words("strong") | words("nouns") | words("genres") | date_labels()
    return frozenset(word for label in kinds for word in label.split()) | {"ein", "eine", "a", "an", "une", "un", "una"}


@cache
def conjunction_pattern() -> re.Pattern[str]:
    """Give the pattern of the words that join the names of a byline."""
    return re.compile(rf"\s+({'|'.join(map(re.escape, vocabulary('byline')['conjunctions']))})\s+", re.IGNORECASE)


@cache
def inside_pattern() -> re.Pattern[str]:
    """Give the pattern of the prepositions before a name inside a line."""
    return re.compile(rf"(?:^|\s)(?:{'|'.join(words('inside'))})\s+(?=[^\W\d_])", re.IGNORECASE)


@cache
def noun_pattern() -> re.Pattern[str]:
    """Give the pattern of a label with its colon before a name inside a line ("3 March 2025 | Text: Ann Lee")."""
    return re.compile(rf"^(?:{'|'.join(map(re.escape, words('nouns')))})\s?:\s*(?=\S)", re.IGNORECASE)


@cache
def others_pattern() -> re.Pattern[str]:
    """Give the pattern of what begins another person's credit behind a byline ("…, photos by Bo Roe")."""
    listed = sorted(words("not_authors"), key=len, reverse=True)
    alone = "|".join(re.escape(label) for label in listed if label.endswith(PREPOSITIONS))
    others = "|".join(re.escape(label) for label in listed if not label.endswith(PREPOSITIONS))
    return re.compile(
        rf"(?:^|[,;|/.–—(\s])\s*(?:(?:{alone})(?=\s)|(?:{others})\s?(?:[:：=＝]|by\b|von\b|par\b|di\b|av\b|de\b|da\b))",
        re.IGNORECASE,
    )


def names_in(text: str, *, labelled: bool, language: str | None = None) -> Names:
    """Part a byline into persons and agency; roles, dates, places, addresses and desks are passed over."""
    text, agency = cleaned(text[:LONGEST], language)
    if labelled:
        text = uninverted(text)
    persons: list[str] = []
    strange = 0
    for part in parts_of(text):
        if (house := agency_of(part)) is not None:
            agency = agency or house
        elif (person := person_of(part, labelled=labelled)) is not None:
            persons.append(person)
            agency = agency or trailing_agency(part)
        elif not is_passed_over(part):
            strange += 1
    if labelled and len(persons) > 1:  # "Ann Lee, Oslo": a lone word beside a full name is a place
        persons = [person for person in persons if " " in person or not person.isascii()] or persons
    unique = tuple(dict.fromkeys(persons))
    return Names(unique, agency, strange == 0 and bool(unique or agency))


def cleaned(text: str, language: str | None) -> tuple[str, str | None]:
    """Give a byline without dates, addresses, brackets and other people's credits, and the agency in its brackets."""
    agency = None
    if wrapped := WRAPPED.match(text):
        text = wrapped["inside"]
    if "(" in text:
        agency = next((found for part in re.findall(r"\(([^()]{2,30})\)", text) if (found := agency_of(part))), None)
        text = CREDITED.sub(" | ", text)
    if DIGIT.search(text):
        for written in reversed(list(find_dates(text, language))):
            text = f"{text[: written.start]} | {text[written.end :]}"
    if OTHERS.search(text, 3) and (other := others_pattern().search(text, 1)):
        text = text[: other.start()]
    if NOISY.search(text):
        text = HANDLE.sub(" ", NOISE.sub(" ", text))
    return GLUED_ROLE.sub(unglued, text) if " " in text else text, agency


def unglued(found: re.Match[str]) -> str:
    """Give what belongs where a space was lost: a comma between two names ("Ann LeeJonas Roe"), else the space."""
    text, place = found.string, found.start()
    before = text[max(0, place - LONGEST_NAME) : place]
    following = text[place:].split(maxsplit=1)[0]
    return ", " if " " in before.rpartition(",")[2].strip() and is_given(following) else " "


def uninverted(text: str) -> str:
    """Give a catalogue's form of a name in its usual order."""
    found = INVERTED.match(text) if "," in text else None
    if found and is_given(found[2].split()[0]) and not is_given(found[1]):
        return f"{found[2]} {found[1]}"
    return text


def is_passed_over(part: str) -> bool:
    """Say whether a part of a byline is a desk, a number, a label of a date or a role: nothing strange beside names."""
    folded = part.casefold()
    return (
        folded in words("desks")
        or part[0].isdigit()
        or folded in date_labels()
        or is_weekday(part)
        or is_role_line(part)
    )


def trailing_agency(part: str) -> str | None:
    """Give the agency that is printed behind a name without a mark between ("Ann Lee Reuters")."""
    tokens = part.split()
    for place in range(2, len(tokens)):
        if is_agency_word(tokens[place]):
            return agency_of(tokens[place]) or agency_of(" ".join(tokens[place : place + 2]))
    return None


def parts_of(text: str) -> Iterable[str]:
    """Cut a byline at commas, bars and conjunctions; a conjunction inside a name ("Ortega y Gasset") does not cut it."""
    pieces = SEPARATOR.split(text)
    if "/" in text or "／" in text:  # "Ann Lee/Bo Roe" are two, "APA/dpa" is told by both together
        pieces = [part for piece in pieces for part in ([piece] if agency_of(piece) else SLASH.split(piece))]
    for piece in pieces:
        if " " not in piece:
            chunks = [piece]
        else:
            cut = conjunction_pattern().split(f" {piece}")
            chunks = cut[:1]
            for joiner, chunk in zip(cut[1::2], cut[2::2], strict=True):
                if is_inside(chunks[-1], joiner, chunk):
                    chunks[-1] = f"{chunks[-1]} {joiner} {chunk}"
                else:
                    chunks.append(chunk)
        yield from (stripped for chunk in chunks if (stripped := without_label(chunk.strip(EDGES))))


def is_inside(before: str, joiner: str, after: str) -> bool:
    """Say whether a conjunction is a name's own: Spanish, Portuguese or Catalan, and a lone family name follows."""
    if joiner not in {"y", "e", "i"} or " " in after or not after[:1].isupper() or is_agency_word(after):
        return False
    return " " in before.strip() or not is_given(after)


def without_label(part: str) -> str:
    """Give a part of a byline without the words that introduce a name inside a line ("posted by Ann Lee on")."""
    if ":" in part and (label := noun_pattern().match(part)):
        return without_label(part[label.end() :])
    if found := inside_pattern().search(part):
        before = part[: found.start()].casefold().replace(":", " ").split()
        after = part[found.end() :]
        if all(word in label_words() or is_role(word) for word in before) and (before or not is_surname(part, after)):
            part = after
    tokens = part.split()
    while tokens and tokens[-1] in TRAILING:
        tokens.pop()
    return " ".join(tokens).strip(EDGES)


def is_surname(part: str, after: str) -> bool:
    """Say whether a leading "von" belongs to the one name that follows it."""
    return " " not in after and not part.casefold().startswith("by")


def person_of(part: str, *, labelled: bool) -> str | None:
    """Give a part's person, written as names are, without honorific and role."""
    part = WIDE_ROLE.sub("", part)
    tokens = PLACED.sub("", part).split()
    if all(is_role(token.casefold().strip(".,:;")) for token in tokens):
        return None
    name = until_role(after_role(tokens))
    text = " ".join(name)
    lowered = text.islower() and labelled and len(name) in {2, 3} and not ELIDED.match(text)
    if name and ACADEMIC.match(name[0]) and len(name) == 2 and not labelled:
        return None
    return cased(text) if name and is_person(text.title() if lowered else text, labelled=labelled) else None
