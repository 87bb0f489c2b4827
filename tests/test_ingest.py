"""`dateline ingest`: what it posts, how it comes back from trouble, and what it tells of each item."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from app import ingest
from app.errors import StartError

Handler = Callable[[httpx.Request], httpx.Response]
PIECE = ingest.Piece("a.txt", b"text", "text/plain")


async def posted(handler: Handler) -> list[ingest.Line]:
    """Post a piece to a service that answers as the handler does."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler), base_url="http://dateline") as client:
        return await ingest.post(client, PIECE, {"source": "a.example"}, wait=5)


def receipt(state: str, *items: dict[str, object]) -> httpx.Response:
    """Give a service's answer with a receipt."""
    return httpx.Response(200, json={"id": "r1", "state": state, "items": list(items)})


def test_a_files_name_says_its_type_and_an_option_more(tmp_path: Path) -> None:
    for name, kind in (("a.json", "application/json"), ("a.HTML", "text/html"), ("a", "text/plain")):
        (tmp_path / name).write_bytes(b"x")
        assert [piece.content_type for piece in ingest.pieces(tmp_path / name, None)] == [kind]
    [piece] = ingest.pieces(tmp_path / "a", "application/json")
    assert piece.content_type == "application/json"
    with pytest.raises(StartError, match="Cannot read"):
        list(ingest.pieces(tmp_path / "none", None))


def test_ndjson_is_posted_in_pieces_of_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "LINES_AT_ONCE", 2)
    monkeypatch.setattr(ingest, "BYTES_AT_ONCE", 10)
    file = tmp_path / "a.ndjson"
    file.write_bytes(b"1\n2\n3\n" + b"x" * 20 + b"\n5\n")
    found = list(ingest.pieces(file, None))
    assert [piece.body for piece in found] == [b"1\n2\n", b"3\n", b"x" * 20 + b"\n", b"5\n"]
    assert [piece.name.rpartition(":")[2] for piece in found] == ["1", "3", "4", "5"]


async def test_a_full_or_absent_service_is_asked_again_under_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            raise httpx.ConnectError("refused")
        if len(keys) == 2:
            return httpx.Response(503, headers={"Retry-After": "0"}, json={})
        return receipt("done", {"position": 0, "outcome": "stored", "article_id": "a1", "reason": None})

    monkeypatch.setattr(ingest, "TRIES", 3)
    assert await posted(handler) == [ingest.Line(good=True, text="a.txt[0]: stored a1")]
    assert len(set(keys)) == 1


async def test_a_service_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(ingest, "TRIES", 1)
    with pytest.raises(StartError, match="cannot be reached"):
        await posted(handler)


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        (receipt("queued"), [(True, "a.txt: accepted, still queued; see receipt r1")]),
        (receipt("quarantined"), [(False, "a.txt: quarantined; see receipt r1")]),
        (
            receipt("done", {"position": 0, "outcome": "rejected", "article_id": None, "reason": "blank"}),
            [(False, "a.txt[0]: rejected blank")],
        ),
        (
            httpx.Response(422, json={"detail": "no", "errors": [{"pointer": "/0/url", "detail": "bad"}]}),
            [(False, "a.txt: refused: /0/url: bad")],
        ),
        (httpx.Response(413, json={"detail": "too large"}), [(False, "a.txt: refused: too large")]),
        (httpx.Response(502, text="<html>"), [(False, "a.txt: HTTP 502")]),
        (
            httpx.Response(422, json={"errors": [{"pointer": "", "detail": "blank"}]}),
            [(False, "a.txt: refused: blank")],
        ),
    ],
)
async def test_each_outcome_is_told_in_a_line(answer: httpx.Response, lines: list[tuple[bool, str]]) -> None:
    assert [(line.good, line.text) for line in await posted(lambda _: answer)] == lines


async def test_one_bad_item_makes_the_whole_run_bad(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"x")
    with pytest.raises(StartError):
        await ingest.ingest([tmp_path / "none"], url="http://127.0.0.1:1", content_type=None, query={}, wait=0)
    for wrong in ({"url": "http://127.0.0.1:1 x"}, {"url": "http://127.0.0.1:1", "key": "bad\xe9"}):
        with pytest.raises(StartError, match=r"no URL|no key"):
            await ingest.ingest([file], content_type=None, query={}, wait=0, **wrong)
    assert capsys.readouterr().out == ""
