"""Questions to the read model: where pathways stand, and who owes what."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from activities.database import Pool, database_errors
from schemas.actors import Role
from schemas.pathway import Phase
from schemas.views import OutboxRow, PathwayRow, WorkRow

_PATHWAYS: Final = """
    SELECT pathway_id, episode, phase, protocol, cycle, sessions_given, sessions_planned, version, next_due_at,
           next_due_reason, opened_at, updated_at
    FROM pathways
    WHERE ($1::text IS NULL OR phase = $1)
      AND ($2::text IS NULL OR (opened_at, pathway_id, episode) <
           (SELECT opened_at, pathway_id, episode FROM pathways WHERE pathway_id = $2 AND episode = $3))
    ORDER BY opened_at DESC, pathway_id DESC, episode DESC
    LIMIT $4
"""

# A step was taken as soon as the pathway's own clock, which may be a simulated one, passed a deadline. What is pressing
# comes first, late or not: to wait until it is late would be the risk.
_WORK: Final = """
    SELECT item.*, pathway.phase
    FROM (
        SELECT pathway_id, episode, item_id, kind, subject, owner_role, owner_id, opened_at, due_at, hard_limit,
               next_deadline, steps, steps > 0 OR due_at <= $3 AS overdue, priority, acknowledge_by, taken_over,
               reminded_at, help_asked_at, offered_to, offer_expires_at
        FROM work_items
        WHERE closed_at IS NULL AND ($1::text IS NULL OR owner_role = $1)
          AND ($2::text IS NULL OR owner_id = $2 OR offered_to = $2)
    ) AS item
    JOIN pathways AS pathway USING (pathway_id, episode)
    ORDER BY CASE WHEN priority IN ('p0', 'p1') THEN priority ELSE 'p2' END, overdue DESC,
             CASE WHEN overdue THEN due_at ELSE next_deadline END, pathway_id, episode, item_id
    LIMIT $4
"""

_OUTBOX: Final = """
    SELECT message_id, pathway_id, template, to_role, to_id, about, requested_at, status, attempts,
           last_error_code AS code, channel, not_before, sent_at, counted_at, confirmed_at,
           confirmation, confirmation_code,
           coalesce((SELECT json_agg(json_build_object('channel', tried.channel, 'status', tried.status,
                                                       'tries', tried.tries, 'code', tried.code)
                                     ORDER BY tried.updated_at, tried.channel)
                     FROM message_channels AS tried WHERE tried.message_id = messages.message_id), '[]') AS channels
    FROM messages
    WHERE ($1::text IS NULL OR pathway_id = $1) AND ($2::text IS NULL OR status = $2)
    ORDER BY requested_at DESC, message_id DESC
    LIMIT $3
"""


async def list_pathways(
    pool: Pool, phase: Phase | None = None, *, limit: int = 100, after: tuple[str, str] | None = None
) -> list[PathwayRow]:
    """Episodes of care, the one opened last first.

    Args:
        pool: Where the read model is.
        phase: Only those that stand there.
        limit: At most so many.
        after: Pathway id and episode of the last row of the page before.

    Raises:
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    pathway_id, episode = after or (None, None)
    with database_errors():
        rows = await pool.fetch(_PATHWAYS, phase, pathway_id, episode, limit)
    return [PathwayRow.model_validate(_values(row), strict=False) for row in rows]


async def worklist(
    pool: Pool, role: Role | None = None, owner_id: str | None = None, *, now: datetime, limit: int = 100
) -> list[WorkRow]:
    """Open work, the oldest risk first: what is pressing, then what is overdue longest, then the next deadline.

    Args:
        pool: Where the read model is.
        role: Only what this role owes.
        owner_id: Only what this person owes or is asked to take over.
        now: Instant by which work counts as overdue. That of a pathway with a simulated clock counts as overdue, too,
            once the pathway itself has said so.
        limit: At most so many.

    Raises:
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    with database_errors():
        rows = await pool.fetch(_WORK, role, owner_id, now, limit)
    return [WorkRow.model_validate(_values(row), strict=False) for row in rows]


async def outbox(
    pool: Pool, pathway_id: str | None = None, status: str | None = None, *, limit: int = 100
) -> list[OutboxRow]:
    """What was asked to be said, the newest first, and where it stands.

    Args:
        pool: Where the messages are.
        pathway_id: Only those of one pathway.
        status: Only those that stand so.
        limit: At most so many.

    Raises:
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    with database_errors():
        rows = await pool.fetch(_OUTBOX, pathway_id, status, limit)
    return [
        OutboxRow.model_validate({**_values(row), "channels": json.loads(row["channels"])}, strict=False)
        for row in rows
    ]


def _values(row: Any) -> dict[str, Any]:
    return dict(row.items())
