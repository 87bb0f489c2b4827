"""The contract: `openapi.yaml` is what the application says, every operation is explained, and the application keeps it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from app.main import create_app
from app.openapi import as_yaml, document
from app.settings import Settings

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = document(create_app(Settings()))
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]


def test_openapi_yaml_is_what_the_application_says() -> None:
    written = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    assert written == as_yaml(create_app(Settings())), "run `dateline openapi > openapi.yaml`"
    assert yaml.safe_load(written)["openapi"].startswith("3.1")


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_every_operation_is_explained_with_examples_and_errors(name: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert all(
        parameter.get("description") or parameter["in"] == "path" for parameter in operation.get("parameters", [])
    )
    if not name.startswith("GET /v1") and not name.startswith(("POST", "PATCH", "DELETE")):
        return
    statuses = set(operation["responses"])
    assert {"422", "500"} <= statuses
    for status in statuses - {"200", "202", "204", "304"}:
        [(kind, content)] = resolved(operation["responses"][status])["content"].items()
        assert kind == "application/problem+json"
        assert content["example"]["status"] == int(status)
    for status in statuses & {"200", "202"}:
        content = operation["responses"][status].get("content", {}).get("application/json")
        if content:
            assert has_example(content), f"{name} {status}"


def resolved(response: dict[str, Any]) -> dict[str, Any]:
    """Give a response, itself or by its name."""
    named = response.get("$ref", "").rsplit("/", 1)[-1]
    found: dict[str, Any] = DOCUMENT["components"]["responses"][named] if named else response
    return found


def has_example(content: dict[str, Any]) -> bool:
    """Say whether a response shows an example, itself or by its schema."""
    if "example" in content or "examples" in content:
        return True
    schema = content["schema"]
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return bool(schema.get("examples"))
