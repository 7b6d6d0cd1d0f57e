"""What recipients answered to an appointment: found, kept until the pathway has said whether it holds, and settled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import asyncpg

from activities.database import Pool, database_errors
from schemas.actors import Role
from schemas.messages import CONFIRMABLE, Channel
from schemas.reports import Outcome

CANCELLED: Final = "appointment_cancelled"
OVER: Final = "appointment_over"

# The message that was answered, where the provider names it; else the last word on an appointment.
_FIND: Final = """
SELECT message_id, pathway_id, to_role, about, (request ->> 'at')::timestamptz AS at, counted_at, sent_at, now() AS now,
       coalesce((request #>> '{appointment,cancelled}')::boolean, false) AS cancelled
FROM messages AS said
WHERE to_id = ANY($1) AND channel = $2 AND status = 'sent' AND template = ANY($3) AND request ->> 'at' IS NOT NULL
ORDER BY EXISTS (SELECT FROM message_channels AS by WHERE by.message_id = said.message_id AND by.reference = $4) DESC,
         sent_at DESC, message_id DESC
LIMIT 1
"""

_KEEP: Final = """
UPDATE messages SET
    answered_at = coalesce(answered_at, now()),
    confirmation = CASE WHEN confirmation = 'taken' THEN 'taken' ELSE 'waiting' END
WHERE message_id = $1
"""

_WAITING: Final = """
SELECT message_id, pathway_id, about, (request ->> 'at')::timestamptz AS at, counted_at, sent_at, now() AS now
FROM messages WHERE confirmation = 'waiting'
ORDER BY answered_at LIMIT $1
"""

_SETTLE: Final = """
UPDATE messages SET
    confirmation = CASE WHEN $2::text IS NULL THEN 'taken' ELSE 'refused' END,
    confirmation_code = $2,
    confirmed_at = CASE WHEN $2::text IS NULL THEN answered_at END
WHERE message_id = $1 AND confirmation = 'waiting'
"""


class Confirmation(NamedTuple):
    """A patient's CONFIRM to what they were told: a session, and the time that it had then."""

    message_id: str
    pathway_id: str
    session_id: str
    starts_at: datetime


class Confirmations:
    """The answers beside the messages that they answer. A patient's is for the pathway; staff's only noted."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def answered(self, people: Sequence[str], reference: str | None) -> Confirmation | Outcome:
        """Keep a CONFIRM from one of these people; returns what the pathway has still to be told, if anything.

        What was said of an appointment that is called off or over, as the message itself shows, holds for nothing.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(_FIND, people, Channel.SMS, list(CONFIRMABLE), reference)
            if row is None:
                return Outcome.UNKNOWN
            await connection.execute(_KEEP, row["message_id"])
            if row["cancelled"] or _is_over(row):
                await connection.execute(_SETTLE, row["message_id"], CANCELLED if row["cancelled"] else OVER)
                return Outcome.NOT_CONFIRMED
            if row["to_role"] != Role.PATIENT:
                await connection.execute(_SETTLE, row["message_id"], None)
                return Outcome.CONFIRMED
        return _confirmation(row)

    async def waiting(self, *, limit: int = 100) -> list[Confirmation]:
        """What pathways have still to be told, the oldest first. What is over by now is given up."""
        with database_errors():
            rows = await self._pool.fetch(_WAITING, limit)
        ahead = []
        for row in rows:
            if _is_over(row):
                await self.settle(row["message_id"], OVER)
            else:
                ahead.append(_confirmation(row))
        return ahead

    async def settle(self, message_id: str, code: str | None = None) -> None:
        """The pathway has answered: it holds, or for this reason it does not."""
        with database_errors():
            await self._pool.execute(_SETTLE, message_id, code)


def _is_over(row: asyncpg.Record) -> bool:
    """How late it is for the pathway follows from the pathway's time at sending and what has passed since."""
    # A message that came back meanwhile was opened for another channel, and counts as not sent.
    if row["counted_at"] is None or row["sent_at"] is None:
        return bool(row["at"] <= row["now"])
    return bool(row["at"] <= row["counted_at"] + (row["now"] - row["sent_at"]))


def _confirmation(row: asyncpg.Record) -> Confirmation:
    return Confirmation(row["message_id"], row["pathway_id"], row["about"], row["at"])
