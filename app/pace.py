"""Gives a request's body a time to come, as pure ASGI: a body that never ends, or comes by the byte, is answered 408.

The time is some seconds, and one more for so many bytes that have come (as Apache's mod_reqtimeout has it).
"""

import asyncio
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import Settings

BODY_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding"})


class Pace:
    """Raises 408 in whoever reads a body that comes too slowly; the connection ends with the answer (RFC 9110, 15.5.9)."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.seconds = settings.body_seconds
        self.rate = settings.body_bytes_a_second

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; one without a body as it is."""
        if scope["type"] != "http" or not any(name in BODY_HEADERS for name, _ in scope["headers"]):
            await self.app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        ends, whole = loop.time() + self.seconds, False

        async def paced() -> Message:
            nonlocal ends, whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(ends):
                    message = await receive()
            except TimeoutError:
                detail = f"The body came too slowly: it has {self.seconds:g} seconds, and one more for each {self.rate} bytes."
                raise HTTPException(408, detail, {"Connection": "close"}) from None
            ends += len(message.get("body", b"")) / self.rate
            whole = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        await self.app(scope, paced, send)
