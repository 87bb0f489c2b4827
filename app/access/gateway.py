"""Whom a gateway says a request is from; believed from the gateway's own addresses alone."""

import re
from collections.abc import Sequence
from typing import Any, Final

from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.access.principal import EVERYTHING, Principal
from app.access.refusal import Unauthorized
from app.settings import Settings

NAME: Final = re.compile(rb"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")


class Forwarded(ProxyHeadersMiddleware):
    """Takes `X-Forwarded-*` over from trusted proxies, and notes whether the request came from one.

    That must be known of the connection itself: afterwards the client is the one that the proxy names.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override] # uvicorn's own types say the same more narrowly
        """Pass a connection on."""
        peer = scope.get("client")
        scope["through_gateway"] = peer is not None and peer[0] in self.trusted_hosts
        await super().__call__(scope, receive, send)  # type: ignore[arg-type] # as above


def values(headers: Sequence[tuple[bytes, bytes]], name: str) -> list[bytes]:
    """Give a field's values, as they were sent."""
    key = name.lower().encode("latin-1")
    return [value.strip(b" \t") for found, value in headers if found == key]


def from_gateway(scope: Scope | dict[str, Any], settings: Settings) -> Principal:
    """Give the principal that the gateway names; raises Unauthorized for a request that did not come through it."""
    if not scope["through_gateway"]:
        raise Unauthorized("Requests are taken from the gateway alone.")
    names = values(scope["headers"], settings.gateway_user_header)
    if len(names) != 1 or not NAME.fullmatch(names[0]):
        raise Unauthorized(f"The gateway must say in one {settings.gateway_user_header} field whom this is from.")
    scopes: frozenset[str] = settings.gateway_scopes
    if settings.gateway_scopes_header is not None:
        stated = b" ".join(values(scope["headers"], settings.gateway_scopes_header)).decode("latin-1")
        scopes = EVERYTHING.intersection(re.split(r"[\s,]+", stated))
    name = f"gateway:{names[0].decode('ascii')}"
    return Principal(name, frozenset(scopes), label=name)
