"""Schemathesis asks the running application all that its OpenAPI document allows, and some that it does not."""

import asyncio
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis import Case, Config, SerializationContext
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from app import keys
from app.keys import Wish
from app.main import create_app
from app.settings import Settings
from tests.conftest import fresh_database
from tests.running import kill, settings_for, worker_process

ALL = Wish("contract", ["admin"])
KEY: dict[str, str] = {}
"""The field that all requests carry."""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """The application on a port of its own, over a fresh database, with a worker; it asks for keys."""
    with fresh_database() as url:
        KEY["Authorization"] = f"Bearer {asyncio.run(keys.create(url, Settings(), ALL)).text}"
        worker = worker_process(url)
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(settings_for(url, log_level="error", auth="keys")),
                port=0,
                log_config=None,
                access_log=False,
            )
        )
        thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
        thread.start()
        while not server.started:
            thread.join(0.02)
            assert thread.is_alive()
        address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        try:
            until_it_works(address)
            yield address
        finally:
            server.should_exit = True
            thread.join()
            ended = kill(worker, signal.SIGTERM)
        assert ended == 0


def until_it_works(address: str) -> None:
    """Wait until the worker has loaded its libraries: a client that waits ten seconds must not wait for those too."""
    sent = {"Content-Type": "text/plain", "Prefer": "wait=30"} | KEY
    receipt = httpx.post(f"{address}/v1/articles", content="A calm day at the harbour.", headers=sent, timeout=60)
    deadline = time.monotonic() + 120
    while receipt.json()["state"] != "done":
        assert time.monotonic() < deadline, receipt.text
        time.sleep(0.2)
        receipt = httpx.get(f"{address}/v1/receipts/{receipt.json()['id']}", headers=KEY, timeout=60)


REJECTED = ["400", "401", "403", "404", "405", "406", "409", "414", "415", "422", "428", "429", "431"]
"""What may be answered to a request that does not fit: also that its head is too large."""
schema = schemathesis.openapi.from_dict(
    schemathesis_document := create_app(settings_for("postgresql://nowhere")).openapi(),
    # the key is sent by us: one that was left out or made up would be no fault of a request that carries it
    config=Config.from_dict(
        {
            "generation": {"with-security-parameters": False},
            "checks": {
                "negative_data_rejection": {"expected-statuses": [*REJECTED, "5XX"]},
                "not_a_server_error": {"expected-statuses": ["2XX", "3XX", "4XX", "503"]},
            },
        }
    ),
)


TEXTS = (
    "application/x-ndjson",
    "text/html",
    "application/xhtml+xml",
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/xml",
    "text/xml",
)


@schemathesis.serializer(*TEXTS)
def as_text(_context: SerializationContext, value: Any) -> bytes:
    """Send markup and NDJSON as they were generated: a text."""
    return str(value).encode("utf-8", "replace")


@schemathesis.check
def errors_are_problems(_context: CheckContext, response: Response, case: "Case[Any]") -> None:
    """Every error is a problem document, and none is ours."""
    if response.status_code >= 400 and not (response.status_code == 503 and case.path == "/readyz"):
        assert response.headers["content-type"] == ["application/problem+json"]
        assert response.status_code < 500 or response.status_code == 503


def without_waiting(case: "Case[Any]") -> None:
    """Take back a wish to wait for changes."""
    waits = dict(case.query or {}).get("wait")
    if isinstance(waits, int):
        case.query["wait"] = min(waits, 0)


def unsaid(case: "Case[Any]") -> list[Any]:
    """Give the checks of what the document cannot say."""
    a_text = case.media_type in {*TEXTS, "text/plain"} and not isinstance(case.body, str)
    return [positive_data_acceptance, *([negative_data_rejection] if a_text else [])]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("start", [1, 2])
def test_what_an_answer_leads_to_keeps_its_contract_too(base_url: str, start: int) -> None:
    """Article, receipt, article, story, topic, correction, deletion: along the document's own links.

    From the eleventh example on Hypothesis changes earlier ones, and would wonder that the store is no longer what it was.
    """

    class Walks(schema.as_state_machine()):  # type: ignore[misc] # made of the document
        """Chains of requests, each of what the one before answered."""

        def get_call_kwargs(self, case: "Case[Any]") -> dict[str, Any]:
            """Send it to the application that runs here, and wait for nothing."""
            without_waiting(case)
            return {"base_url": base_url, "headers": KEY}

        def validate_response(self, response: Response, case: "Case[Any]", **_: Any) -> None:
            """Judge an answer as the single requests' are."""
            case.validate_response(response, excluded_checks=unsaid(case))

    seed(start)(Walks).run(
        settings=settings(
            max_examples=10,
            stateful_step_count=6,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )


@schema.exclude(path="/v1/changes/stream").parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_the_application_keeps_its_contract(case: "Case[Any]", base_url: str) -> None:
    """A cursor and an article object's zone, URL or blankness are more than a schema can say: such a refusal is no breach.

    Nor is a number that is taken as markup: sent as text it is one. The stream of changes has no end to wait for, and
    its pages are not waited for here.
    """
    without_waiting(case)
    deadline = time.monotonic() + 60
    while (response := case.call(base_url=base_url, headers=KEY)).status_code == 503:
        assert time.monotonic() < deadline, response.text
    case.validate_response(response, excluded_checks=unsaid(case))
