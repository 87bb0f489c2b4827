"""Parses HTML as browsers do (WHATWG), within a bound of depth, as the parser's cost grows with the square of it."""

import re

from selectolax.lexbor import LexborHTMLParser

MANY_TAGS = 20_000
"""Below so many tags, no nesting costs as much as a second."""
DEEPEST = 512
"""Browsers nest no deeper; an element beyond it is read as if it stood beside its parent."""
TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
NEVER_NESTED = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li td tr th dt dd option tbody thead tfoot"  # noqa: SIM905 - a list is thirty lines
    " script style title textarea".split()
)


def parse(html: str) -> LexborHTMLParser:
    """Parse a document or a fragment."""
    return LexborHTMLParser(flattened(html) if html.count("<") > MANY_TAGS else html)


def flattened(html: str) -> str:
    """Turn the elements beyond the deepest into empty ones."""
    depth = 0

    def kept(found: re.Match[str]) -> str:
        nonlocal depth
        closing, name = found.groups()
        if name.lower() in NEVER_NESTED:
            return found[0]
        depth = max(0, depth - 1) if closing else depth + 1
        return "<wbr" if depth > DEEPEST and not closing else found[0]

    return TAG.sub(kept, html)
