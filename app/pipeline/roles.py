"""Tells what people do from who they are: which words before a name and which whole lines are nothing but a role."""

import re
from functools import lru_cache

from app.pipeline.names import MARKS, SUFFIXES, is_given, is_role, words
from app.pipeline.prose import size

LONGEST_LINE = 7
MOST_CHARACTERS = 80
DIGIT = re.compile(r"\d")


def after_role(tokens: list[str]) -> list[str]:
    """Give the words of a name after the roles and forms of address that lead it; two words are left at least."""
    place = 0
    while place < len(tokens) - 2 and not is_given(tokens[place]) and is_role(tokens[place].casefold().strip(MARKS)):
        place += 1
    tokens = tokens[place:]
    while len(tokens) > 1 and tokens[0].casefold().strip(".") in words("honorifics"):
        tokens = tokens[1:]
    return tokens


def is_role_line(text: str) -> bool:
    """Say whether a line is a journalist's role and nothing else ("Political Editor", "Corresponsal en Atenas")."""
    return len(text) <= MOST_CHARACTERS and is_role_alone(text)


@lru_cache(maxsize=4096)
def is_role_alone(text: str) -> bool:
    """Say whether a short line is a role; asked of each line for itself, and for the lines around it."""
    if size(text) > LONGEST_LINE or text.endswith((".", "?", "!", ":")) or DIGIT.search(text):
        return False
    folded = [token.casefold().strip(MARKS) for token in text.replace("/", " ").split()]
    return any(word in words("trades") or (len(word) > 13 and word.endswith(SUFFIXES)) for word in folded)
