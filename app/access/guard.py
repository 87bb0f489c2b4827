"""Decides who may do what, as pure ASGI: before a route is looked for, a body read or a statement sent."""

from typing import Any, Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.bearer import bearer_token
from app.access.gateway import from_gateway
from app.access.key import KEY_ANYWHERE, presented
from app.access.principal import ANYBODY, Principal
from app.access.rate import Rates, by_address
from app.access.refusal import Forbidden, Unauthorized
from app.access.requirement import needed
from app.db import STORE_ERRORS
from app.errors import Problem, on_store_error, problem_response
from app.settings import Settings

log = structlog.get_logger()

STREAM: Final = "/v1/changes/stream"
"""The answer that has no end, so that its reader's key is looked at again."""


class StreamEnded(Exception):  # noqa: N818 - no error: it ends a stream whose reader may no longer read
    """The reader of a stream may no longer read it."""


class Guard:
    """Lets through who may, with the principal in the scope; answers 401, 403 or 429 to who may not."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.rates = Rates()
        self.asks = settings.auth in {"keys", "gateway"} or settings.rate_limit is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        scopes = needed(scope["method"], route_path(scope)) if scope["type"] == "http" else None
        if scopes is None:
            await self.app(scope, receive, send)
            return
        if not self.asks:
            scope["principal"] = ANYBODY
            await self.app(scope, receive, send)
            return
        fields: dict[str, str] = {}
        try:
            principal = scope["principal"] = await self.authenticated(scope)
            fields = await self.counted(scope, principal)
            admit(principal, scopes)
        except Problem as problem:
            problem.headers = fields | problem.headers
            await problem_response(Request(scope), problem)(scope, receive, send)
        except STORE_ERRORS as error:
            await (await on_store_error(Request(scope), error))(scope, receive, send)
        else:
            with structlog.contextvars.bound_contextvars(sender=principal.label):
                await self.passed_on(scope, receive, send, fields)

    async def authenticated(self, scope: Scope) -> Principal:
        """Give whom a request is from; raises Unauthorized, Unavailable, and what the store raises."""
        if self.settings.auth == "gateway":
            return from_gateway(scope, self.settings)
        if self.settings.auth != "keys":
            return ANYBODY
        principal: Principal | None = None
        if KEY_ANYWHERE.search(scope["query_string"]):
            raise Unauthorized(
                "A key in a URL ends up in logs: send it as `Authorization: Bearer KEY`, and revoke this one.",
                error="invalid_request",
            )
        key = presented(bearer_token(scope["headers"]))
        if key is not None:
            principal = await scope["app"].state.keyring.find(key)
        if principal is None:
            raise Unauthorized("The key is unknown, or no longer in force.", error="invalid_token")
        return principal

    async def counted(self, scope: Scope, principal: Principal) -> dict[str, str]:
        """Count a request against its sender's rate, where there is one; raises TooManyRequests."""
        rate = principal.rate or self.settings.rate_limit
        return {} if rate is None else await self.rates.count(principal.id or by_address(scope.get("client")), rate)

    async def passed_on(self, scope: Scope, receive: Receive, send: Send, fields: dict[str, str]) -> None:
        """Have the application answer a request that may be made."""
        lasting = self.settings.auth == "keys" and route_path(scope) == STREAM

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(fields)
                if self.settings.auth == "keys" and "cache-control" in headers:
                    headers["cache-control"] = headers["cache-control"].replace("public", "private")
            elif lasting and not await self.still(scope):
                await send({"type": "http.response.body", "body": b""})
                raise StreamEnded
            await send(message)

        try:
            await self.app(scope, receive, sent)
        except* StreamEnded:
            log.info("stream_ended", reason="the reader's key is no longer in force")

    async def still(self, scope: Scope) -> bool:
        """Say whether a request that was let through would be so again."""
        try:
            await self.authenticated(scope)
        except (Problem, *STORE_ERRORS):
            return False
        return True


def admit(principal: Principal, scopes: frozenset[str]) -> None:
    """Let a principal through that has one of the scopes; raises Forbidden."""
    if not principal.may_any(scopes):
        names = " or ".join(f"`{scope}`" for scope in sorted(scopes))
        raise Forbidden(f"This needs the scope {names}.", needed=scopes)


def route_path(scope: Scope | dict[str, Any]) -> str:
    """Give the path that routes are matched by: without the `root_path`, as Starlette's router takes it."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root and (path == root or path.startswith(f"{root}/")) else path
