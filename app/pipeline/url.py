"""URLs of articles: cleaned for showing, reduced for identity (RFC 3986, section 6)."""

import re
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from app.pipeline.vocabulary import vocabulary

DEFAULT_PORTS = {"http": 80, "https": 443}
ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
SAFE_IN_PATH = "/:@!$&'()*+,;=~-._%"


def is_tracking(name: str) -> bool:
    """Say whether a query parameter only tells how the reader came."""
    words = vocabulary("url")
    folded = name.lower()
    return folded in words["tracking"] or folded.startswith(tuple(words["tracking_prefixes"]))


def host(parts: SplitResult) -> str:
    """Give the lower-case host, with its port only where it is not the scheme's own."""
    name = (parts.hostname or "").rstrip(".")
    name = f"[{name}]" if ":" in name else name
    port = parts.port
    return name if port in (None, DEFAULT_PORTS.get(parts.scheme)) else f"{name}:{port}"


def clean(url: str | None) -> str | None:
    """Give an absolute http(s) URL without fragment, tracking parameters and login; None for anything else."""
    try:
        parts = urlsplit((url or "").strip())
        name = host(parts)
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not name:
        return None
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if not is_tracking(key)]
    query = parts.query if len(kept) == parts.query.count("&") + 1 else urlencode(kept)
    path = quote(parts.path or "/", safe=SAFE_IN_PATH)
    return f"{parts.scheme}://{name}{path}" + (f"?{query}" if query else "")


def identity(url: str) -> str:
    """Give the form under which two URLs of one page meet: no scheme, `www.`, trailing slash, or order of parameters."""
    parts = urlsplit(url)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return f"{host(parts).removeprefix('www.')}{ESCAPED.sub(unescaped, parts.path).rstrip('/')}?{query}"


def unescaped(found: re.Match[str]) -> str:
    """Give an escape of a URL in its one form: written out what needs none, in capitals the rest (RFC 3986, section 6.2.2)."""
    character = chr(int(found[1], 16))
    return character if UNRESERVED.fullmatch(character) else found[0].upper()
