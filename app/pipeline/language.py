"""Says which language an article is in: what the sender states, else what its beginning looks like."""

import re
from functools import cache
from typing import Any

from app.pipeline.article import Evidence

SAMPLE = 500
LEAST_LETTERS = 20
SURE = 0.6
TAG = re.compile(r"^([A-Za-z]{2,3})(?:[-_].*)?$")
SAME = {"iw": "he", "in": "id", "ji": "yi", "nb": "no", "nn": "no"}


@cache
def identifier() -> Any:
    """Load the model that the package ships, once in each process."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - a second of loading

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def primary(tag: str | None) -> str | None:
    """Give the primary subtag of a BCP 47 tag, small; None for anything else."""
    found = TAG.match((tag or "").strip())
    code = found[1].lower() if found else None
    return SAME.get(code, code) if code else None


def detect(text: str, stated: str | None) -> Evidence | None:
    """Give the language with its evidence: the sender's tag, else the model's word for the first 500 characters.

    None where there is too little text, or the model is not sure.
    """
    code = primary(stated)
    if code is not None:
        return Evidence("language", code, "sender", str(stated), 1.0, chosen=True)
    sample = text[:SAMPLE]
    if sum(character.isalpha() for character in sample) < LEAST_LETTERS:
        return None
    found, sure = identifier().classify(sample)
    if sure < SURE:
        return None
    return Evidence("language", str(found), "derived", sample[:80], round(float(sure), 3), chosen=True)
