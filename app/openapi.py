"""The machine-readable contract: what `/openapi.json`, `openapi.yaml` and `dateline openapi` show."""

from typing import Any

import yaml
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.access.refusal import shown_responses
from app.access.requirement import needed
from app.errors import BadRequest, FieldsTooLarge, ProblemShown, UriTooLong, problems
from app.links import link

DESCRIPTION = """\
Raw syndicated articles in, author, date and topic lists out.

`POST /v1/articles` takes a body and answers with a receipt once it is committed to the store; a worker normalises it;
the query routes serve it. Every error is an `application/problem+json` document (RFC 9457) that says which part is
wrong and why. Times are RFC 3339 with an offset, ids are UUIDv7, pages are walked along `next`.

Where the service asks for keys, each operation says which scope it needs; of several one is enough, and `admin` stands
for all. Where a gateway knows who asks, or nobody is asked, there are no keys to send.
"""
KEY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "dl_PREFIX_SECRET",
    "description": (
        "An API key, made with `dateline keys create`. `ingest`: sends articles and reads its own receipts; `read`: reads "
        "everything; `admin`: deletes, corrects, replays, and all of the others. A key may be bound to sources; it then "
        "speaks for no other."
    ),
}
TAGS = [
    {"name": "intake", "description": "Bodies in, receipts out."},
    {"name": "articles", "description": "Normalised articles with their evidence and revisions."},
    {"name": "stories", "description": "Articles that tell the same text."},
    {"name": "topics", "description": "Subjects, and who writes about them."},
    {"name": "sources", "description": "Who sends what, how complete and how punctual it is."},
    {"name": "changes", "description": "What changed, in an order that can be followed."},
    {"name": "operating", "description": "For those who run the service."},
]
EVERYWHERE = (BadRequest, UriTooLong, FieldsTooLarge)
"""What a request's head is refused with, whichever route it is for."""


def operation_id(route: APIRoute) -> str:
    """Name an operation after its function, so that generated clients read well."""
    return route.name


def everywhere(paths: dict[str, Any]) -> dict[str, Any]:
    """Have every operation name the refusals that any request can meet; give these, each once."""
    described = problems(*(kind.status for kind in EVERYWHERE))
    for operation in (operation for item in paths.values() for operation in item.values()):
        for kind in EVERYWHERE:
            operation["responses"][str(kind.status)] = {"$ref": f"#/components/responses/{kind.__name__}"}
    return {kind.__name__: described[kind.status] for kind in EVERYWHERE}


def document(application: FastAPI) -> dict[str, Any]:
    """Give the application's OpenAPI document, made once."""
    if not application.openapi_schema:
        made = get_openapi(
            title=application.title,
            version=application.version,
            description=application.description,
            routes=application.routes,
            tags=application.openapi_tags,
        )
        schemas = made["components"]["schemas"]
        shown = ProblemShown.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= shown.pop("$defs", {}) | {"ProblemShown": shown}
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        made["components"]["responses"] = everywhere(made["paths"])
        guard(made)
        link(made["paths"])
        application.openapi_schema = made
    return application.openapi_schema


def guard(made: dict[str, Any]) -> None:
    """Say of each operation which scope it needs, and what it answers to who has not got it."""
    made["components"]["securitySchemes"] = {"key": KEY_SCHEME}
    made["components"]["responses"] |= shown_responses()
    for path, item in made["paths"].items():
        for method, operation in item.items():
            scopes = needed(method.upper(), path)
            if scopes is None:
                continue
            operation["security"] = [{"key": [scope]} for scope in sorted(scopes)]
            described = operation["responses"] | {
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "403": {"$ref": "#/components/responses/Forbidden"},
                "429": {"$ref": "#/components/responses/TooManyRequests"},
            }
            operation["responses"] = dict(sorted(described.items()))


def as_yaml(application: FastAPI) -> str:
    """Give the document as it stands in `openapi.yaml`."""
    return yaml.safe_dump(document(application), sort_keys=False, allow_unicode=True, width=120)
