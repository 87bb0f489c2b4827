"""Loads the word lists of `words/`: one TOML file for each subject, a table for each language (ISO 639-1) inside."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def vocabulary(subject: str) -> dict[str, Any]:
    """Give the parsed `words/<subject>.toml`; raises FileNotFoundError for a subject that has no file."""
    return tomllib.loads(files("app.pipeline.words").joinpath(f"{subject}.toml").read_text(encoding="utf-8"))
