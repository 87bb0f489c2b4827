"""`HEAD`: whatever `GET` would answer, but for its body (RFC 9110, section 9.3.2), as pure ASGI."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.guard import STREAM, route_path


class HeadSent(Exception):  # noqa: N818 - no error: it ends an answer of which nothing more is wanted
    """The head of an answer without an end is out."""


class Heads:
    """Middleware that has `HEAD` answered as `GET` is, without what follows the head."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        endless = route_path(scope) == STREAM

        async def head_alone(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)
            if endless and message["type"] == "http.response.start":
                await send({"type": "http.response.body", "body": b""})
                raise HeadSent

        inner = {**scope, "method": "GET"}
        try:
            await self.app(inner, receive, head_alone)
        except* HeadSent:
            pass
        finally:
            scope["route"] = inner.get("route")
