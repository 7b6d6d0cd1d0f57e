"""A real HTTP provider of texts and push messages on 127.0.0.1 for tests, with the bad habits of real ones at hand."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.eventually import eventually

HOST = "127.0.0.1"
TOKEN = "token-of-the-tests"


@dataclass
class ProviderServer:
    """Takes messages and keeps them; what else it does is set on its attributes, for the requests to come."""

    port: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    """What was taken, each once, in order."""
    requests: int = 0
    """How often somebody asked."""
    replies: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    """Answers the next requests with these statuses and headers, without taking the message."""
    loses_answer: int = 0
    """So many times, takes the message and answers 502, as a gateway does that lost the answer."""
    conflict_on_repeat: bool = False
    """Answers a repeated message with 409 rather than as if it were new."""
    pause: asyncio.Event | None = None
    """Takes the message, and keeps silent until this is set."""
    _keys: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def to(self, address: str) -> list[dict[str, Any]]:
        """What was taken for one recipient."""
        return [message for message in self.messages if message["to"] == address]

    async def take(self, request: Request) -> Response:
        self.requests += 1
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(status_code=401)
        if self.replies:
            status, headers = self.replies.popleft()
            return Response(status_code=status, headers=headers)
        key = request.headers["idempotency-key"]
        known = key in self._keys
        if not known:
            self._keys.add(key)
            self.messages.append(await request.json())
        if self.loses_answer > 0:
            self.loses_answer -= 1
            return Response(status_code=502)
        if self.pause is not None:
            await self.pause.wait()
        return JSONResponse({"id": key}, status_code=409 if known and self.conflict_on_repeat else 202)


class Takes(Protocol):
    """A server of the tests that takes what is posted to it."""

    port: int
    pause: asyncio.Event | None
    """While this is not set, requests may be kept waiting; it is set at the end."""

    async def take(self, request: Request) -> Response: ...


T = TypeVar("T", bound=Takes)


@asynccontextmanager
async def serving(server: T, path: str) -> AsyncIterator[T]:
    """Have a server listen on a port of its own, and take what is posted to one path."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        server.port = listener.getsockname()[1]
        app = Starlette(routes=[Route(path, server.take, methods=["POST"])])
        http = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
        running = asyncio.create_task(http.serve(sockets=[listener]))
        await eventually(lambda: http.started)
        try:
            yield server
        finally:
            if server.pause is not None:
                server.pause.set()
            http.should_exit = True
            with suppress(asyncio.CancelledError):
                await running


@pytest.fixture
async def provider() -> AsyncIterator[ProviderServer]:
    """A provider for one test."""
    async with serving(ProviderServer(), "/messages") as running:
        yield running
