"""A sender that is refused early still gets to read why."""

from starlette.types import Message, Receive, Scope, Send

from app.drain import MOST_BYTES, Drain
from tests.running import http

PART = b"x" * 100_000


class Wire:
    """A client that sends parts of a body without end, and what it was sent."""

    def __init__(self, parts: int) -> None:
        self.left = parts
        self.sent: list[Message] = []
        self.left_at_answer: int | None = None

    async def receive(self) -> Message:
        """Give the next part."""
        self.left -= 1
        return {"type": "http.request", "body": PART, "more_body": self.left > 0}

    async def send(self, message: Message) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            self.left_at_answer = self.left
        self.sent.append(message)


async def answer(wire: Wire, status: int, *headers: tuple[bytes, bytes]) -> None:
    """Have an application answer with a status without reading the body."""

    async def application(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"no"})

    await Drain(application)({"type": "http", "headers": list(headers)}, wire.receive, wire.send)


async def test_a_refused_body_is_read_before_the_answer() -> None:
    wire = Wire(20)
    await answer(wire, 422)
    assert (wire.left_at_answer, len(wire.sent)) == (0, 2)


async def test_a_body_without_end_is_read_so_far_and_no_farther() -> None:
    wire = Wire(10_000)
    await answer(wire, 413)
    assert wire.left_at_answer == 10_000 - MOST_BYTES // len(PART)


async def test_an_answer_that_is_none_waits_for_nothing_and_a_body_that_was_not_sent_yet_is_not_asked_for() -> None:
    fine, careful = Wire(20), Wire(20)
    await answer(fine, 200)
    await answer(careful, 422, (b"expect", b"100-continue"))
    assert (fine.left_at_answer, careful.left_at_answer) == (20, 20)


async def test_a_url_that_is_none_is_passed_over(database_url: str) -> None:
    async with http(database_url) as client:
        for url in ("nowhere", "hard::page.html", "ftp://a.example/x", "https://a.example/one two", "http://[::1"):
            answered = await client.post(
                "/v1/articles", params={"url": url}, content=b"A calm day.", headers={"Content-Type": "text/plain"}
            )
            assert answered.status_code == 202
        spaced = await client.post(
            "/v1/extract",
            params={"url": " https://a.example/quay "},
            content=b"A calm day at the harbour, said the keeper.",
            headers={"Content-Type": "text/plain"},
        )
        assert spaced.json()["items"][0]["article"]["url"] == "https://a.example/quay"
