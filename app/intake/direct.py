"""A route whose function reads its request by itself; FastAPI finds and describes it, and does no more."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from app.query.answers import each_once


class Direct(APIRoute):
    """The route that all articles come in by: to look for what a function asks FastAPI for took a sixth of a request.

    Its function takes a request, and gives a response. What the application asks of every route is asked here.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give what answers a request (FastAPI's documented hook for that)."""
        answer: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint

        async def handle(request: Request) -> Response:
            await each_once(request)
            return await answer(request)

        return handle
