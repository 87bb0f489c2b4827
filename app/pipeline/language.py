"""Says which language an article is in: what the sender states, else what its beginning looks like."""

import re
from functools import cache
from typing import Any

from babel import Locale
from babel.core import get_global

from app.pipeline.article import Evidence
from app.pipeline.prose import WIDE

SAMPLE = 500
"""Characters that are looked at; more make the answer no better."""
LEAST_LETTERS = 20
LEAST_WIDE_LETTERS = 6
"""Where a character is a syllable or a word, few will do."""
SURE = 0.6
"""On 30 characters, two answers in five below it were wrong, and one in fifty above (news in nine languages)."""
TAG = re.compile(r"^([A-Za-z]{2,3})(?:[-_][A-Za-z0-9_-]{1,40})?$")
ONE_NORWEGIAN = {"nb": "no", "nn": "no"}
"""Sources and models tell the two written forms apart unreliably."""
NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis", "root"})


@cache
def identifier() -> Any:
    """Load the model that the package ships (0.6 s), once in each process; two threads at most load it twice."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - only workers pay for it

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@cache
def languages() -> dict[str, str]:
    """Give the code of each language that CLDR knows, by code and by English name, small."""
    names = {str(code): str(name) for code, name in Locale("en").languages.items()}
    known = {code: code for code in names if code.isalpha() and code not in NO_LANGUAGE}
    return {name.casefold(): code for code, name in names.items() if code in known} | known


def primary(tag: str | None) -> str | None:
    """Give the ISO 639-1 code (639-3 where there is none) of a BCP 47 tag or English name; None for anything else."""
    text = (tag or "").strip()[:60]
    found = TAG.match(text)
    code = found[1].lower() if found else text.casefold()
    current = str(get_global("language_aliases").get(code, code)).partition("_")[0]
    known = languages().get(current)
    return ONE_NORWEGIAN.get(known, known) if known else None


def detect(text: str, stated: str | None) -> Evidence | None:
    """Give the language with its evidence: the sender's tag, else the model's word for the first 500 characters.

    None where there is too little text, or the model is not sure. A tag that names no language is passed over.
    """
    code = primary(stated)
    if code is not None:
        return Evidence("language", code, "sender", str(stated).strip()[:60], 1.0, chosen=True)
    sample = (
        text[:SAMPLE].encode("utf-8", "replace").decode()
    )  # a lone surrogate is no UTF-8, and the model wants bytes
    if not is_enough(sample):
        return None
    found, sure = identifier().classify(sample.lower() if sample.isupper() else sample)
    if sure < SURE:
        return None
    value = ONE_NORWEGIAN.get(str(found), str(found))
    return Evidence("language", value, "derived", sample[:80], round(float(sure), 3), chosen=True)


def is_enough(sample: str) -> bool:
    """Say whether a sample has letters enough to tell a language by."""
    letters = sum(character.isalpha() for character in sample)
    return letters >= LEAST_LETTERS or (letters >= LEAST_WIDE_LETTERS and len(WIDE.findall(sample)) * 2 > letters)
