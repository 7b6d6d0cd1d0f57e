"""Who may send a message now, and what became of it: the rows by which no retry sends twice.

A message goes through two short steps. :meth:`Claims.register` counts the attempt and is committed at once, so that an
attempt that dies leaves a trace (``sending``: it may or may not have left). :meth:`Claims.hold` keeps the row locked
while the mail is handed over, so that attempts at the same message come one after the other, and releases it by itself
when the process or its connection dies.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, NamedTuple

import asyncpg

from activities.database import Connection, Pool, database_errors
from schemas.messages import OPEN_CHANNELS, SAFETY, Channel, Delivery, DeliveryStatus, MessageRequest

LOCK_SECONDS: Final = 3
"""How long to wait for another attempt at the same message: longer than a mail usually takes, shorter than the pool
lets a statement run."""

MESSAGE_ID_TAKEN: Final = "message_id_taken"
"""Code of a message whose id stands for another message already."""

_REGISTER: Final = """
INSERT INTO messages AS kept
    (message_id, pathway_id, template, to_role, to_id, about, request, requested_at, status, attempts, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, now(), 'sending', 1, now())
ON CONFLICT (message_id) DO UPDATE SET
    status = 'sending', attempts = kept.attempts + 1, request = $7, not_before = NULL, updated_at = now()
WHERE kept.status IN ('requested', 'sending')
    AND (kept.pathway_id, kept.template, kept.to_role, kept.to_id, kept.about) = ($2, $3, $4, $5, $6)
RETURNING attempts
"""

_FIND: Final = """
SELECT status, last_error_code, channel, (pathway_id, template, to_role, to_id, about) = ($2, $3, $4, $5, $6) AS same
FROM messages WHERE message_id = $1
"""

_LOCK: Final = "SELECT status, last_error_code, channel FROM messages WHERE message_id = $1 FOR UPDATE"

_SENT: Final = """
UPDATE messages SET status = 'sent', last_error_code = NULL, channel = $2, counted_at = $3,
    sent_at = coalesce($4, now()),
    updated_at = now()
WHERE message_id = $1
"""

_END: Final = "UPDATE messages SET status = $2, last_error_code = $3, updated_at = now() WHERE message_id = $1"

_POSTPONE: Final = """
UPDATE messages SET status = 'requested', last_error_code = $2, not_before = $3, updated_at = now()
WHERE message_id = $1
"""

_TRIED: Final = """
INSERT INTO message_channels AS kept (message_id, channel, status, tries, code, reference, updated_at)
VALUES ($1, $2, $3, 1, $4, $5, clock_timestamp())
ON CONFLICT (message_id, channel) DO UPDATE SET
    status = excluded.status, tries = kept.tries + 1, code = excluded.code, reference = excluded.reference,
    updated_at = excluded.updated_at
"""

_CLOSED: Final = """
SELECT channel FROM message_channels WHERE message_id = $1 AND status = 'failed'
UNION SELECT channel FROM channel_opt_outs WHERE person_id = $2
"""

_COUNT: Final = """
SELECT count(*) FROM messages
WHERE to_id = $1 AND counted_at >= $2 AND counted_at < $3 AND channel = ANY($4) AND template <> ALL($5)
"""


class ClaimTaken(Exception):
    """Another attempt at the same message is still under way."""


class Attempt(NamedTuple):
    """One try at a message."""

    number: int
    settled: Delivery | None
    """What became of it earlier; there is nothing to do then."""


class Claim:
    """The sole right to send one message, held until the surrounding block ends."""

    def __init__(self, connection: Connection, message_id: str, settled: Delivery | None) -> None:
        self.connection = connection
        self._message_id = message_id
        self.settled = settled

    async def closed_channels(self, person_id: str) -> frozenset[Channel]:
        """Channels that failed this message for good, and those that the person ended by STOP."""
        rows = await self.connection.fetch(_CLOSED, self._message_id, person_id)
        return frozenset(Channel(row["channel"]) for row in rows)

    async def sent_between(self, person_id: str, since: datetime, until: datetime) -> int:
        """How many messages of the ordinary kind a person got by open channels in a span of pathway time."""
        count: int = await self.connection.fetchval(_COUNT, person_id, since, until, list(OPEN_CHANNELS), list(SAFETY))
        return count

    async def tried(self, channel: Channel, status: str, code: str | None = None, reference: str | None = None) -> None:
        """Keep what became of a try by one channel: ``taken``, ``failed`` for good, or ``trying`` again."""
        await self.connection.execute(_TRIED, self._message_id, channel, status, code, reference)

    async def sent(self, channel: Channel, reference: str, now: datetime, sent_at: datetime | None = None) -> Delivery:
        """A channel has taken it; ``now`` is pathway time, ``sent_at`` the real instant if it was before this one."""
        await self.tried(channel, "taken", reference=reference)
        await self.connection.execute(_SENT, self._message_id, channel, now, sent_at)
        return Delivery(message_id=self._message_id, status=DeliveryStatus.SENT, channel=channel)

    async def undeliverable(self, code: str) -> Delivery:
        """It can never be delivered."""
        return await self._ended(DeliveryStatus.UNDELIVERABLE, code)

    async def withdrawn(self, code: str) -> Delivery:
        """Its reason is gone."""
        return await self._ended(DeliveryStatus.WITHDRAWN, code)

    async def rests(self, code: str, until: datetime) -> Delivery:
        """It waits for an instant of pathway time."""
        await self.connection.execute(_POSTPONE, self._message_id, code, until)
        return Delivery(message_id=self._message_id, status=DeliveryStatus.HELD, code=code, not_before=until)

    async def postponed(self, code: str) -> None:
        """Not now; a later attempt may send it."""
        await self.connection.execute(_POSTPONE, self._message_id, code, None)

    async def _ended(self, status: DeliveryStatus, code: str) -> Delivery:
        await self.connection.execute(_END, self._message_id, status.value, code)
        return Delivery(message_id=self._message_id, status=status, code=code)


class Claims:
    """The rows of ``messages``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def register(self, pathway_id: str, request: MessageRequest) -> Attempt:
        """Count an attempt at a message, which need not be known yet: its journal entry may come later.

        A message id that stands for another message already is answered as undeliverable, :data:`MESSAGE_ID_TAKEN`: to
        take the other one's delivery for this one's would lose it in silence.

        Raises:
            ClaimTaken: Another attempt keeps the row for longer than :data:`LOCK_SECONDS`.
            DatabaseUnavailable: See :func:`activities.database.database_errors`; DatabaseRefused likewise.
        """
        message = (request.id, pathway_id, request.template.value, request.to_role.value, request.to_id, request.about)
        async with self._transaction() as connection:
            attempts = await connection.fetchval(_REGISTER, *message, request.model_dump_json())
            if attempts is not None:
                return Attempt(attempts, None)
            row = await connection.fetchrow(_FIND, *message)
            if row is None or not row["same"]:
                status, code = DeliveryStatus.UNDELIVERABLE, MESSAGE_ID_TAKEN
                return Attempt(0, Delivery(message_id=request.id, status=status, code=code))
            return Attempt(0, _settled(request.id, row))

    @asynccontextmanager
    async def hold(self, message_id: str) -> AsyncIterator[Claim]:
        """Keep others from sending a registered message until the block ends; what is told the claim is kept then.

        Raises:
            ClaimTaken: Another attempt keeps the row for longer than :data:`LOCK_SECONDS`.
            DatabaseUnavailable: See :func:`activities.database.database_errors`; DatabaseRefused likewise.
        """
        async with self._transaction() as connection:
            row = await connection.fetchrow(_LOCK, message_id)
            yield Claim(connection, message_id, _settled(message_id, row) if row else None)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        with database_errors():
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
                    yield connection
            except asyncpg.LockNotAvailableError:
                raise ClaimTaken from None


def _settled(message_id: str, row: asyncpg.Record) -> Delivery | None:
    """What became of a message according to its row; None while that is open."""
    if row["status"] in {"requested", "sending"}:
        return None
    status = DeliveryStatus(row["status"])
    sent = status is DeliveryStatus.SENT
    return Delivery(
        message_id=message_id,
        status=status,
        code=None if sent else row["last_error_code"],
        channel=Channel(row["channel"]) if sent and row["channel"] else None,
    )
