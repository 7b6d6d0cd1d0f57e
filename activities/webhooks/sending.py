"""Sends notices: signed, once or more often, in the order of each pathway as long as their receiver takes them.

A notice is claimed, posted and marked. A worker that dies between the last two leaves a claim that runs out; the notice
then goes out again under the same ``webhook-id``, by which receivers know it. Each subscriber has a loop of its own, so
that one that hangs keeps no other waiting.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

import httpx
import structlog

from activities.database import Pool
from activities.outreach.provider import seconds_to_wait
from activities.webhooks.outbox import SUBSCRIBER_GONE, Claimed, Outbox
from activities.webhooks.subscribers import Subscriber


@dataclass(frozen=True)
class Pace:
    """How patiently notices are sent; all in seconds."""

    request: float = 10.0
    """What one request may take, body of the answer excluded: nobody reads it."""
    lease: float = 60.0
    """How long a claim holds; more than a request takes."""
    first_wait: float = 5.0
    longest_wait: float = 3600.0
    """Between attempts, doubling from the one to the other."""
    span: float = 72 * 3600.0
    """How long a notice is tried: over a weekend."""
    idle: float = 1.0
    """How soon it is noticed that something was written."""
    outage: float = 5.0
    """How long PostgreSQL is left alone once it did not answer."""
    tidying: float = 3600.0
    """Between removals of what ended long ago."""

    def wait(self, attempt: int) -> float:
        """Seconds after an attempt that failed."""
        return float(min(self.first_wait * 2 ** min(attempt - 1, 30), self.longest_wait))


PACE = Pace()


class Answer(NamedTuple):
    """What a receiver made of a request."""

    code: str | None
    """Why it was not taken; None where it was."""
    status: int | None = None
    retry_after: float | None = None


async def post(client: httpx.AsyncClient, subscriber: Subscriber, claimed: Claimed, seconds: float) -> Answer:
    """Send a notice once. Only a status of 2xx means that it was taken; a redirection is not followed."""
    now, body = datetime.now(UTC), claimed.notice.model_dump_json()
    headers = {
        "content-type": "application/json",
        "webhook-id": claimed.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": subscriber.signature(claimed.message_id, now, body),
    }
    try:
        async with (
            asyncio.timeout(seconds),
            client.stream("POST", subscriber.url, content=body.encode(), headers=headers) as answer,
        ):
            status, wait = answer.status_code, seconds_to_wait(answer.headers.get("retry-after"))
            return Answer(None if answer.is_success else f"http_{status}", status, wait)
    except (TimeoutError, httpx.TimeoutException):
        return Answer("timed_out")
    except httpx.HTTPError:
        return Answer("unreachable")


class Webhooks:
    """Sends what is in the outbox.

    Args:
        pool: Where the outbox is.
        subscribers: Everybody who is told, and nobody else is.
        pace: How patiently.
    """

    def __init__(self, pool: Pool, subscribers: Sequence[Subscriber], pace: Pace = PACE) -> None:
        self._outbox = Outbox(pool)
        self._subscribers = subscribers
        self._pace = pace
        self._stop = asyncio.Event()
        self._subscribed = False
        self._log = structlog.get_logger(__name__)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Send while the body runs, then finish what was begun."""
        async with httpx.AsyncClient(timeout=self._pace.request, trust_env=False) as client:
            loops = [self._repeat(self._tend)]
            loops += [self._repeat(partial(self._step, client, one)) for one in self._subscribers]
            tasks = [asyncio.create_task(loop) for loop in loops]
            try:
                yield
            finally:
                self._stop.set()
                _, late = await asyncio.wait(tasks, timeout=self._pace.request)
                for task in late:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _repeat(self, work: Callable[[], Awaitable[float]]) -> None:
        """Do some work again and again, with as many seconds between as it answers; an outage is waited out."""
        while not self._stop.is_set():
            try:
                pause = await work()
            except Exception as trouble:
                # Whatever it is, nobody else would send the rest: say it, and try again.
                self._log.warning("webhooks have to wait", kind=type(trouble).__name__)
                pause = self._pace.outage
            try:
                async with asyncio.timeout(pause):
                    await self._stop.wait()
            except TimeoutError:
                pass

    async def _tend(self) -> float:
        """Enter the subscribers in the database, which then writes notices for them; remove what ended long ago."""
        if not self._subscribed:
            for one in await self._outbox.subscribe(self._subscribers):
                self._log.warning("a webhook subscriber is disabled", service=one, code=SUBSCRIBER_GONE)
            self._subscribed = True
        await self._outbox.forget()
        return self._pace.tidying

    async def _step(self, client: httpx.AsyncClient, subscriber: Subscriber) -> float:
        """Send one notice and keep what became of it."""
        claimed = await self._outbox.claim(subscriber.id, timedelta(seconds=self._pace.lease))
        if claimed is None:
            return self._pace.idle
        began = time.monotonic()
        answer = await post(client, subscriber, claimed, self._pace.request)
        if answer.code is None:
            await self._outbox.sent(claimed)
            return 0
        about = {
            "service": subscriber.id,
            "pathway_id": claimed.notice.data.pathway_id,
            "seq": claimed.notice.data.seq,
            "attempt": claimed.attempt,
            "duration_ms": round((time.monotonic() - began) * 1000),
        }
        if answer.status == HTTPStatus.GONE:
            await self._outbox.disable(subscriber.id, SUBSCRIBER_GONE)
            self._log.error("a webhook subscriber wants no more", code=SUBSCRIBER_GONE, **about)
            return 0
        asked = answer.retry_after or 0.0
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            await self._outbox.rest(subscriber.id, timedelta(seconds=max(asked, self._pace.first_wait)))
        wait, span = max(asked, self._pace.wait(claimed.attempt)), timedelta(seconds=self._pace.span)
        if await self._outbox.postpone(claimed, answer.code, timedelta(seconds=wait), span):
            self._log.error("a webhook was given up", code=answer.code, **about)
        else:
            self._log.warning("a webhook was not taken", code=answer.code, **about)
        return 0
