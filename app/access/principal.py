"""Whom a request is from, and what that one may do."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from app.access.refusal import Forbidden
from app.errors import Fault
from app.store.tables import SCOPES

EVERYTHING: Final = frozenset(SCOPES)


@dataclass(frozen=True, slots=True)
class Principal:
    """A known sender or reader; `id` is that of its key, `gateway:NAME` behind a gateway, empty where nobody is asked.

    `sources` are those that it speaks for, None for all; `rate` is what it may ask at most, such as `600/minute`;
    `label` names it in logs.
    """

    id: str
    scopes: frozenset[str]
    sources: tuple[str, ...] | None = None
    rate: str | None = None
    label: str = ""

    def may_any(self, needed: frozenset[str]) -> bool:
        """Say whether it has one of these scopes; `admin` stands for the others too."""
        return "admin" in self.scopes or not needed.isdisjoint(self.scopes)

    def may(self, scope: str) -> bool:
        """Say whether it has this scope."""
        return self.may_any(frozenset({scope}))

    def speaks_for(self, source: str | None) -> bool:
        """Say whether it may send what is published by this source; compared to the letter, as sources are everywhere."""
        return self.sources is None or source in self.sources


ANYBODY: Final = Principal("", EVERYTHING)
"""Who asks where nobody is asked who he is."""


def principal_of(request: Request) -> Principal:
    """Give whom a request is from, as the guard found it."""
    found: Principal = request.scope["principal"]
    return found


def source_spoken_for(principal: Principal, source: str | None) -> str | None:
    """Give the source that the query states, or the only one of a key that is bound to one.

    Raises Forbidden for a source that the key is not bound to.
    """
    if source is None and principal.sources is not None and len(principal.sources) == 1:
        return principal.sources[0]
    if source is not None and not principal.speaks_for(source):
        raise foreign("/query/source", source)
    return source


def foreign(pointer: str, source: str | None) -> Forbidden:
    """Give the refusal of an item that a bound key may not send."""
    detail = (
        "This key is bound to sources: the item, or `source` in the query, must state one of them."
        if source is None
        else f"This key is not bound to the source {source[:255]!r}, and may not speak for it."
    )
    return Forbidden(detail, faults=[Fault(pointer, detail)])
