"""A real service that is told by webhook, on 127.0.0.1: it checks every signature, and has the habits of real ones."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook
from starlette.requests import Request
from starlette.responses import Response

from activities.webhooks.sending import Pace
from activities.webhooks.subscribers import Subscriber, load_subscribers
from tests.support.provider import HOST, serving

SECRET = "whsec_c2VjcmV0LW9mLXRoZS10ZXN0cy1hbmQtb2Ytbm8tb25l"
QUICK = Pace(request=0.5, lease=1.0, first_wait=0.05, longest_wait=0.1, span=60.0, idle=0.02, outage=0.1)


@dataclass(frozen=True)
class Told:
    """One request whose signature was right, whether or not it was taken."""

    message_id: str
    headers: dict[str, str]
    body: str

    @property
    def notice(self) -> dict[str, Any]:
        notice: dict[str, Any] = json.loads(self.body)
        return notice

    @property
    def place(self) -> tuple[str, int]:
        """Pathway and number."""
        return self.notice["data"]["pathway_id"], self.notice["data"]["seq"]


@dataclass
class Receiver:
    """Keeps what it is told; what else it does is set on its attributes, for the requests to come."""

    folder: Path
    port: int = 0
    told: list[Told] = field(default_factory=list)
    """Every request, in order."""
    taken: list[Told] = field(default_factory=list)
    """Those that were answered with 204."""
    replies: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    """Answers the next requests with these statuses and headers."""
    refuses: str | None = None
    """Answers 503 to whatever is about this pathway."""
    pause: asyncio.Event | None = None
    """Keeps silent until this is set."""

    async def take(self, request: Request) -> Response:
        body = await request.body()
        headers = dict(request.headers)
        Webhook(SECRET).verify(body, headers)
        told = Told(headers["webhook-id"], headers, body.decode())
        self.told.append(told)
        if self.pause is not None:
            await self.pause.wait()
        if self.replies:
            status, more = self.replies.popleft()
            return Response(status_code=status, headers=more)
        if self.refuses is not None and told.place[0] == self.refuses:
            return Response(status_code=503)
        self.taken.append(told)
        return Response(status_code=204)

    def file(self, types: str = "all", name: str = "scheduling") -> Path:
        """A file in which it is the only subscriber."""
        path, secret = self.folder / "webhooks.yaml", self.folder / "secret"
        secret.write_text(f"{SECRET}\n")
        path.write_text(
            f"subscribers:\n  - id: {name}\n    url: http://{HOST}:{self.port}/hooks\n"
            f"    secret: {{file: secret}}\n    types: {types}\n"
        )
        return path

    def subscribers(self, types: str = "all", name: str = "scheduling") -> tuple[Subscriber, ...]:
        return load_subscribers(self.file(types, name))


def running_receiver(folder: Path) -> AbstractAsyncContextManager[Receiver]:
    """A service that listens on a port of its own, with its file in a folder."""
    return serving(Receiver(folder), "/hooks")


@pytest.fixture
async def receiver(tmp_path: Path) -> AsyncIterator[Receiver]:
    """A service for one test."""
    async with running_receiver(tmp_path) as running:
        yield running
