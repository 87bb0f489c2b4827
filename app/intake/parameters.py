"""What stands beside a body that is taken in, read here and described for the contract.

FastAPI would read it as well, from a route's signature; it takes a third of the time of a whole request for that, at the one
route where each request is an article.
"""

from typing import Annotated, Any, Final, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from app.intake.schemas import IntakeQuery

Read = TypeVar("Read", bound=BaseModel)


class IntakeHeaders(BaseModel):
    """The headers that say how a body is taken in."""

    model_config = ConfigDict(frozen=True)

    prefer: str | None = Field(
        None,
        description="`wait=N` (RFC 7240): wait up to N seconds, 30 at most, for the outcome.",
        examples=["wait=10"],
    )
    idempotency_key: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")] | None = Field(
        None,
        alias="idempotency-key",
        description="The same key with the same type, query and body answers the first receipt again, for a day.",
        examples=["9f1c2d64-feed-42"],
    )


def read_query(request: Request) -> IntakeQuery:
    """Give the query, of a parameter that is repeated the last; raises RequestValidationError for each that does not fit."""
    return read(IntakeQuery, "query", dict(request.query_params) if request.scope["query_string"] else {})


def read_headers(request: Request) -> IntakeHeaders:
    """Give the headers; raises RequestValidationError for each that does not fit."""
    given = request.headers
    return read(IntakeHeaders, "header", {name: given[name] for name in HEADERS if name in given})


def read(model: type[Read], where: str, values: dict[str, str]) -> Read:
    """Fit values to a model; what is wrong is told as FastAPI tells it."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RequestValidationError([found | {"loc": (where, *found["loc"])} for found in error.errors()]) from error


def described(model: type[BaseModel], where: str) -> list[dict[str, Any]]:
    """Give the parameters of a model as OpenAPI has them."""
    return [
        {
            "name": name,
            "in": where,
            "required": False,
            "schema": {key: value for key, value in schema.items() if key != "default"},
            "description": schema["description"],
        }
        for name, schema in model.model_json_schema()["properties"].items()
    ]


HEADERS: Final = tuple(field.alias or name for name, field in IntakeHeaders.model_fields.items())
PARAMETERS: Final = described(IntakeQuery, "query") + described(IntakeHeaders, "header")
"""The parameters of the route that takes articles, as OpenAPI has them."""
