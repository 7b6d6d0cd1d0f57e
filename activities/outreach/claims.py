"""Who may send a message now, and what became of it: the rows by which no retry sends twice.

A message goes through two short steps. :meth:`Claims.register` counts the attempt and is committed at once, so that an
attempt that dies leaves a trace (``sending``: it may or may not have left). :meth:`Claims.hold` keeps the row locked
while the mail is handed over, so that attempts at the same message come one after the other, and releases it by itself
when the process or its connection dies.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple, TypeAlias

import asyncpg

from activities.database import Pool, database_errors
from schemas.messages import Delivery, DeliveryStatus, MessageRequest

LOCK_SECONDS: Final = 3
"""How long to wait for another attempt at the same message: longer than a mail usually takes, shorter than the pool
lets a statement run."""

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
"""A connection lent by the pool."""

MESSAGE_ID_TAKEN: Final = "message_id_taken"
"""Code of a message whose id stands for another message already."""

_REGISTER: Final = """
INSERT INTO messages AS kept
    (message_id, pathway_id, template, to_role, to_id, about, requested_at, status, attempts, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, now(), 'sending', 1, now())
ON CONFLICT (message_id) DO UPDATE SET status = 'sending', attempts = kept.attempts + 1, updated_at = now()
WHERE kept.status IN ('requested', 'sending')
    AND (kept.pathway_id, kept.template, kept.to_role, kept.to_id, kept.about) = ($2, $3, $4, $5, $6)
RETURNING attempts
"""

_FIND: Final = """
SELECT status, last_error_code, (pathway_id, template, to_role, to_id, about) = ($2, $3, $4, $5, $6) AS same
FROM messages WHERE message_id = $1
"""

_LOCK: Final = "SELECT status, last_error_code FROM messages WHERE message_id = $1 FOR UPDATE"

_SETTLE: Final = """
UPDATE messages SET status = $2, last_error_code = $3, smtp_message_id = $4, updated_at = now(),
    sent_at = CASE WHEN $2 = 'sent' THEN now() END
WHERE message_id = $1
"""

_POSTPONE: Final = """
UPDATE messages SET status = 'requested', last_error_code = $2, updated_at = now() WHERE message_id = $1
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
        self._connection = connection
        self._message_id = message_id
        self.settled = settled

    async def sent(self, smtp_message_id: str) -> Delivery:
        """The mail server has taken it."""
        await self._connection.execute(_SETTLE, self._message_id, DeliveryStatus.SENT.value, None, smtp_message_id)
        return Delivery(message_id=self._message_id, status=DeliveryStatus.SENT)

    async def undeliverable(self, code: str) -> Delivery:
        """It can never be delivered."""
        await self._connection.execute(_SETTLE, self._message_id, DeliveryStatus.UNDELIVERABLE.value, code, None)
        return Delivery(message_id=self._message_id, status=DeliveryStatus.UNDELIVERABLE, code=code)

    async def postponed(self, code: str) -> None:
        """Not now; a later attempt may send it."""
        await self._connection.execute(_POSTPONE, self._message_id, code)


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
            attempts = await connection.fetchval(_REGISTER, *message)
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
    sent = row["status"] == DeliveryStatus.SENT
    code = None if sent else row["last_error_code"]
    return Delivery(message_id=message_id, status=DeliveryStatus(row["status"]), code=code)
