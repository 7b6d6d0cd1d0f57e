"""The rows of notices: claimed by one worker at a time, and ended as sent or failed.

They are written by the database itself, in the transaction that writes the journal; see the migration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from activities.database import Pool, database_errors
from activities.webhooks.subscribers import Subscriber
from schemas.views import WebhookRow
from schemas.webhooks import Notice, NoticeData

SUBSCRIBER_REMOVED: Final = "subscriber_removed"
"""Code of notices whose subscriber is no longer in the file."""

SUBSCRIBER_GONE: Final = "subscriber_gone"
"""Code of notices whose subscriber answered 410: it wants no more of them."""

KEPT: Final = timedelta(days=30)
"""How long it is kept what became of a notice."""

_REMOVE: Final = "DELETE FROM webhook_subscribers WHERE id <> ALL ($1)"
_END_REMOVED: Final = """
UPDATE webhook_outbox SET status = 'failed', code = $2, ended_at = now()
WHERE status = 'waiting' AND subscriber <> ALL ($1)
"""
_SUBSCRIBE: Final = """
INSERT INTO webhook_subscribers (id, types) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET types = excluded.types
RETURNING disabled_at IS NOT NULL
"""

# The first one of a pathway that still waits, so that what follows does not overtake it. Asked of row by row in the
# order of the index, by a subquery that no planner turns into a join: a large backlog is not read for one claim.
_CLAIM: Final = """
UPDATE webhook_outbox SET attempts = attempts + 1, due_at = now() + $2 WHERE message_id = (
    SELECT head.message_id FROM webhook_outbox AS head
    WHERE head.subscriber = $1 AND head.status = 'waiting' AND head.due_at <= now()
        AND (SELECT disabled_at IS NULL AND rests_until <= now() FROM webhook_subscribers WHERE id = $1)
        AND head.seq = (
            SELECT min(first.seq) FROM webhook_outbox AS first
            WHERE first.subscriber = head.subscriber AND first.pathway_id = head.pathway_id
                AND first.episode = head.episode AND first.status = 'waiting'
        )
    ORDER BY head.due_at, head.seq LIMIT 1 FOR UPDATE OF head SKIP LOCKED
) RETURNING message_id, pathway_id, episode, seq, type, recorded_at, queued_at, attempts
"""
_SENT: Final = """
UPDATE webhook_outbox SET status = 'sent', code = NULL, ended_at = now() WHERE message_id = $1 AND status = 'waiting'
"""
# With it wait those behind it, so that they need not be looked at again and again.
_POSTPONE: Final = """
WITH head AS (
    UPDATE webhook_outbox SET
        code = $3, due_at = now() + $4,
        status = CASE WHEN now() + $4 > since + $5 THEN 'failed' ELSE 'waiting' END,
        ended_at = CASE WHEN now() + $4 > since + $5 THEN now() END
    WHERE message_id = $1 AND attempts = $2 AND status = 'waiting'
    RETURNING subscriber, pathway_id, episode, seq, due_at, status
), behind AS (
    UPDATE webhook_outbox AS later SET due_at = head.due_at FROM head
    WHERE head.status = 'waiting' AND later.status = 'waiting' AND later.subscriber = head.subscriber
        AND later.pathway_id = head.pathway_id AND later.episode = head.episode AND later.seq > head.seq
)
SELECT status = 'failed' FROM head
"""
_REST: Final = "UPDATE webhook_subscribers SET rests_until = greatest(rests_until, now() + $2) WHERE id = $1"
_DISABLE: Final = "UPDATE webhook_subscribers SET disabled_at = now() WHERE id = $1"
_END_ALL: Final = """
UPDATE webhook_outbox SET status = 'failed', code = $2, ended_at = now() WHERE subscriber = $1 AND status = 'waiting'
"""
_FORGET: Final = "DELETE FROM webhook_outbox WHERE status <> 'waiting' AND ended_at < now() - $1::interval"

_STATES: Final = """
SELECT coalesce(told.id, kept.subscriber) AS subscriber,
    CASE WHEN told.id IS NULL THEN 'removed' WHEN told.disabled_at IS NULL THEN 'enabled' ELSE 'disabled' END AS status,
    count(*) FILTER (WHERE kept.status = 'waiting') AS waiting,
    count(*) FILTER (WHERE kept.status = 'sent') AS sent,
    count(*) FILTER (WHERE kept.status = 'failed') AS failed,
    min(kept.queued_at) FILTER (WHERE kept.status = 'waiting') AS oldest_waiting_at,
    max(kept.ended_at) FILTER (WHERE kept.status = 'sent') AS last_sent_at,
    (array_agg(kept.code ORDER BY kept.due_at DESC) FILTER (WHERE kept.code IS NOT NULL))[1] AS code
FROM webhook_subscribers AS told FULL JOIN webhook_outbox AS kept ON kept.subscriber = told.id
GROUP BY 1, 2 ORDER BY 1
"""
_ENABLE: Final = "UPDATE webhook_subscribers SET disabled_at = NULL, rests_until = now() WHERE id = $1 RETURNING id"
_AGAIN: Final = """
WITH again AS (
    UPDATE webhook_outbox SET
        status = 'waiting', code = NULL, attempts = 0, since = now(), due_at = now(), ended_at = NULL
    WHERE subscriber = $1 AND status = 'failed' RETURNING 1
) SELECT count(*) FROM again
"""


@dataclass(frozen=True)
class Claimed:
    """A notice that is this worker's to send, until its claim runs out."""

    message_id: str
    """The same each time that it is sent, so that its receiver knows it again."""
    attempt: int
    notice: Notice


class Outbox:
    """What is to be told to whom."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def subscribe(self, subscribers: Sequence[Subscriber]) -> list[str]:
        """Have notices written for these and for no others from now on; returns the ids of those that are disabled.

        Raises:
            DatabaseUnavailable: See :func:`activities.database.database_errors`; DatabaseRefused likewise.
        """
        ids = [one.id for one in subscribers]
        with database_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_REMOVE, ids)
                await connection.execute(_END_REMOVED, ids, SUBSCRIBER_REMOVED)
                return [one.id for one in subscribers if await connection.fetchval(_SUBSCRIBE, one.id, one.types)]

    async def claim(self, subscriber: str, lease: timedelta) -> Claimed | None:
        """A notice that is due, kept from others for a while. Not ended by then, it is due again: its worker died.

        Raises:
            DatabaseUnavailable: As above.
        """
        with database_errors():
            row = await self._pool.fetchrow(_CLAIM, subscriber, lease)
        if row is None:
            return None
        data = NoticeData(
            pathway_id=row["pathway_id"],
            episode=row["episode"],
            seq=row["seq"],
            fact=row["type"],
            recorded_at=row["recorded_at"],
        )
        notice = Notice(type=f"pathway.{row['type']}", timestamp=row["queued_at"], data=data)
        return Claimed(str(row["message_id"]), row["attempts"], notice)

    async def sent(self, claimed: Claimed) -> None:
        """Its receiver has it."""
        with database_errors():
            await self._pool.execute(_SENT, claimed.message_id)

    async def postpone(self, claimed: Claimed, code: str, wait: timedelta, span: timedelta) -> bool:
        """Not now; says whether it has been tried for the whole ``span``, and has failed by that."""
        with database_errors():
            failed = await self._pool.fetchval(_POSTPONE, claimed.message_id, claimed.attempt, code, wait, span)
        return bool(failed)

    async def rest(self, subscriber: str, wait: timedelta) -> None:
        """Leave a subscriber alone for a while, whichever worker."""
        with database_errors():
            await self._pool.execute(_REST, subscriber, wait)

    async def disable(self, subscriber: str, code: str) -> None:
        """Write and send it nothing any more, until an operator says :meth:`resend`."""
        with database_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_DISABLE, subscriber)
                await connection.execute(_END_ALL, subscriber, code)

    async def forget(self, kept: timedelta = KEPT) -> None:
        """Remove what has ended long ago."""
        with database_errors():
            await self._pool.execute(_FORGET, kept)


async def webhook_states(pool: Pool) -> list[WebhookRow]:
    """Where each subscriber stands.

    Raises:
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    with database_errors():
        rows = await pool.fetch(_STATES)
    return [WebhookRow.model_validate(dict(row.items())) for row in rows]


async def resend_webhooks(pool: Pool, subscriber: str) -> int | None:
    """Have failed notices sent again, by a subscriber that was disabled, too; returns how many, None if unknown.

    Raises:
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    with database_errors():
        async with pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(_ENABLE, subscriber) is None:
                return None
            count: int = await connection.fetchval(_AGAIN, subscriber)
            return count
