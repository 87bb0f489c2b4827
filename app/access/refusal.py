"""What a request is refused with for who sends it, and how the contract shows that."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.errors import MEDIA_TYPE, PROBLEM_SCHEMA, Fault, Problem, problem_body

CHALLENGE: Final = 'Bearer realm="dateline"'
"""What a refusal asks for (RFC 6750, section 3)."""


class Unauthorized(Problem):
    """The request does not say whom it is from, or not so that it can be believed; `error` is a code of RFC 6750."""

    status, kind, title = 401, "unauthorized", "Unauthorized"

    def __init__(self, detail: str, *, error: str | None = None) -> None:
        challenge = CHALLENGE if error is None else f'{CHALLENGE}, error="{error}"'
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class Forbidden(Problem):
    """The key is good, but not for this: a scope is missing, or the source is another's."""

    status, kind, title = 403, "forbidden", "Forbidden"

    def __init__(self, detail: str, *, needed: Iterable[str] = (), faults: Iterable[Fault] = ()) -> None:
        scope = " ".join(sorted(needed))
        challenge = {"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'} if scope else {}
        super().__init__(detail, headers=challenge, faults=faults)


class TooManyRequests(Problem):
    """More was asked than the rate allows; Retry-After says when to come back."""

    status, kind, title = 429, "quota-exceeded", "Too many requests"

    def __init__(self, detail: str, *, retry_after: int, fields: Mapping[str, str]) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after), **fields})


SHOWN: Final = {"Unauthorized": Unauthorized, "Forbidden": Forbidden, "TooManyRequests": TooManyRequests}
HEADERS: Final[Mapping[str, dict[str, Any]]] = {
    "WWW-Authenticate": {
        "description": "What is asked for, and what was wrong with what came (RFC 6750, section 3).",
        "schema": {"type": "string"},
        "example": f'{CHALLENGE}, error="invalid_token"',
    },
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}, "example": 12},
    "RateLimit-Policy": {
        "description": "Requests (`q`) in so many seconds (`w`).",
        "schema": {"type": "string"},
        "example": '"default";q=600;w=60',
    },
    "RateLimit": {
        "description": "Requests that are left (`r`), and seconds until there are more (`t`).",
        "schema": {"type": "string"},
        "example": '"default";r=0;t=12',
    },
}
CARRIED: Final = {
    "Unauthorized": ("WWW-Authenticate",),
    "Forbidden": ("WWW-Authenticate",),
    "TooManyRequests": ("Retry-After", "RateLimit-Policy", "RateLimit"),
}


def shown_responses() -> dict[str, dict[str, Any]]:
    """Give the three refusals as `components/responses` of OpenAPI."""
    return {name: shown(name, kind) for name, kind in SHOWN.items()}


def shown(name: str, kind: type[Problem]) -> dict[str, Any]:
    """Give one refusal as OpenAPI has it."""
    detail = (kind.__doc__ or "").strip()
    example = problem_body(status=kind.status, kind=kind.kind, title=kind.title, detail=detail, instance="/v1/articles")
    return {
        "description": detail,
        "headers": {header: HEADERS[header] for header in CARRIED[name]},
        "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA, "example": example}},
    }
