"""Takes a request's body off the wire before an early refusal, as pure ASGI, so that its sender gets to read the answer.

A server that answers while the client still sends, and then closes, cuts the answer off (RFC 9112, section 9.6).
"""

import asyncio
import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 16_000_000
MOST_SECONDS = 5.0


class Drain:
    """Reads what is left of a body when the answer is an error: so many bytes at most, and for so long."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or any(name == b"expect" for name, _ in scope["headers"]):
            await self.app(scope, receive, send)
            return
        whole = False

        async def received() -> Message:
            nonlocal whole
            message = await receive()
            whole = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def rest() -> None:
            size = 0
            while not whole and size < MOST_BYTES:
                size += len((await received()).get("body", b""))

        async def sent(message: Message) -> None:
            if (
                message["type"] == "http.response.start"
                and message["status"] >= 400
                and not whole
                and not hopeless(message)
            ):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(MOST_SECONDS):
                        await rest()
            await send(message)

        await self.app(scope, received, sent)


def hopeless(answer: Message) -> bool:
    """Say whether an answer is for a body that came too slowly as it is."""
    return bool(answer["status"] == 408)
