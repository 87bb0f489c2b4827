"""Tells news agencies from persons."""

import re
from functools import cache

from app.pipeline.vocabulary import vocabulary

SHORT = 5
"""Names up to here are compared with their case: "AP" is an agency, "ap" in a sentence may be anything."""


@cache
def known() -> dict[str, str]:
    """Give every way to print an agency with its usual name; long ones without case."""
    names: dict[str, str] = {}
    for usual, others in vocabulary("agencies")["agencies"].items():
        for name in (usual, *others):
            names[name if len(name) <= SHORT else name.casefold()] = usual
    return names


def agency_of(text: str) -> str | None:
    """Give the usual name of the agency that a text prints; of several ("APA/dpa") all that are known, joined; else None."""
    parts = [
        part.strip(" .,()[]©") for part in re.split(r"[/,;|+&]| and | und | et | y ", text) if part.strip(" .,()[]©")
    ]
    found = [known().get(part) or known().get(part.casefold()) for part in parts]
    if not found or not all(found):
        return None
    return "/".join(dict.fromkeys(name for name in found if name))
