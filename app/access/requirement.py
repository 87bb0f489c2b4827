"""Which scope an operation needs: the guard and the contract both ask here."""

from typing import Final

INGEST: Final = frozenset({"ingest"})
READ: Final = frozenset({"read"})
ADMIN: Final = frozenset({"admin"})
INGEST_OR_READ: Final = INGEST | READ

OPEN: Final = frozenset({"/livez", "/readyz", "/openapi.json", "/docs", "/docs/oauth2-redirect"})
"""What anybody may ask: signs of life, and the contract with its page."""
ASSETS: Final = "/static-offline-docs/"
"""Scripts and styles of `/docs`."""
SENDING: Final = frozenset({"/v1/articles", "/v1/extract"})
RECEIPT: Final = "/v1/receipts/"


def needed(method: str, path: str) -> frozenset[str] | None:
    """Give the scopes of which one is needed, None where none is.

    A path that is not named here needs `read` to be read and `admin` for all else, so that a route that somebody
    forgets is closed rather than open.
    """
    if method in {"GET", "HEAD"}:
        if path in OPEN or path.startswith(ASSETS):
            return None
        if path.startswith(RECEIPT) and "/" not in path.removeprefix(RECEIPT):
            return INGEST_OR_READ
        return READ
    if method == "POST" and path in SENDING:
        return INGEST
    return ADMIN
