"""The records' side of an inventory: what the database has of a pathway, and the read model made anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from activities.cipher import Cipher
from activities.database import Pool, database_errors
from activities.records.effects import work_effects
from activities.records.journal import JournalDamaged, lock_episode, read_journal, verify_chain
from schemas.events import CHAIN_START
from schemas.records import PathwayView
from schemas.rounds import Accounts, Ending, Finding, FindingCode
from schemas.views import EndingRow, FindingRow
from schemas.work import WorkItem

_JOURNAL: Final = """
    SELECT seq, hash FROM journal WHERE pathway_id = $1 AND episode = $2 ORDER BY seq DESC LIMIT 1
"""

_VIEW: Final = """
    SELECT version, phase, protocol, cycle, sessions_given, sessions_planned, next_due_at, next_due_reason, opened_at
    FROM pathways WHERE pathway_id = $1 AND episode = $2
"""

_WORK: Final = """
    SELECT item_id AS id, kind, subject, owner_role, owner_id, opened_at, due_at, hard_limit, next_deadline, steps,
           priority, acknowledge_by, taken_over, reminded_at, offered_to, offer_expires_at
    FROM work_items WHERE pathway_id = $1 AND episode = $2 AND closed_at IS NULL
"""

_RENEW: Final = """
    INSERT INTO pathways AS kept (
        pathway_id, episode, phase, protocol, cycle, sessions_given, sessions_planned,
        version, next_due_at, next_due_reason, opened_at, updated_at
    )
    SELECT $1, $2, phase, protocol, cycle, sessions_given, sessions_planned,
           $3, next_due_at, next_due_reason, opened_at, now()
    FROM jsonb_populate_record(NULL::pathways, $4)
    ON CONFLICT (pathway_id, episode) DO UPDATE SET
        phase = excluded.phase, protocol = excluded.protocol, cycle = excluded.cycle,
        sessions_given = excluded.sessions_given, sessions_planned = excluded.sessions_planned,
        version = excluded.version, next_due_at = excluded.next_due_at, next_due_reason = excluded.next_due_reason,
        opened_at = excluded.opened_at, updated_at = excluded.updated_at
"""

_ENDINGS: Final = """
    SELECT pathway_id, kind, subject, ends_at, seen_at FROM pathway_endings
    WHERE ends_at > $1 AND ($2::timestamptz IS NULL OR ends_at <= $2)
    ORDER BY ends_at, pathway_id, kind, subject LIMIT $3
"""

_FINDINGS: Final = """
    SELECT pathway_id, code, repaired, found_at FROM inventory_findings ORDER BY repaired, pathway_id, code
"""


class Records:
    """What PostgreSQL has. Every method raises DatabaseUnavailable or DatabaseRefused."""

    def __init__(self, pool: Pool, cipher: Cipher) -> None:
        self._pool, self._cipher = pool, cipher

    async def compare(self, pathway_id: str, accounts: Accounts) -> FindingCode | None:
        """How the records differ from what a pathway said just before; None if they do not."""
        place = (pathway_id, accounts.episode)
        with database_errors():
            async with self._pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
                newest = await connection.fetchrow(_JOURNAL, *place)
                view = await connection.fetchrow(_VIEW, *place)
                work = await connection.fetch(_WORK, *place)
        seq, last_hash = (newest["seq"], newest["hash"].hex()) if newest is not None else (0, CHAIN_START)
        if seq < accounts.written:
            return FindingCode.JOURNAL_SHORT
        if seq > accounts.version:
            return FindingCode.JOURNAL_AHEAD
        if seq == accounts.written and last_hash != accounts.written_hash:
            return FindingCode.JOURNAL_DIFFERS
        if seq < accounts.version:
            return FindingCode.JOURNAL_WAITS
        same = view is not None and dict(view.items()) == _of_view(accounts.view, accounts.version)
        same = same and _by_id(dict(row.items()) for row in work) == _by_id(_of_item(item) for item in accounts.work)
        return None if same else FindingCode.READ_MODEL_DIFFERED

    async def repair(self, pathway_id: str, accounts: Accounts) -> Finding:
        """Make a pathway's part of the read model anew: its work from the journal, the rest from its own word."""
        try:
            events = await read_journal(self._pool, self._cipher, pathway_id, accounts.episode)
        except JournalDamaged:
            return Finding(pathway_id=pathway_id, code=FindingCode.JOURNAL_DAMAGED, repaired=False)
        if verify_chain(events) is not None:
            return Finding(pathway_id=pathway_id, code=FindingCode.JOURNAL_DAMAGED, repaired=False)
        place = (pathway_id, accounts.episode)
        with database_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await lock_episode(connection, *place)
                newest = await connection.fetchrow(_JOURNAL, *place)
                if newest is not None and newest["hash"].hex() == events[-1].hash:
                    await connection.execute("DELETE FROM work_items WHERE pathway_id = $1 AND episode = $2", *place)
                    await connection.execute("SELECT apply_effects($1, $2, $3)", *place, work_effects(events))
                    await connection.execute(_RENEW, *place, accounts.version, accounts.view.model_dump_json())
        # Asked once more: a repair that repairs nothing is a defect that somebody has to know of.
        left = await self.compare(pathway_id, accounts)
        return Finding(pathway_id=pathway_id, code=FindingCode.READ_MODEL_DIFFERED, repaired=left is None)

    async def open_episodes(self) -> list[tuple[str, str]]:
        """Pathway id and episode of everything that the read model has open."""
        with database_errors():
            rows = await self._pool.fetch("SELECT pathway_id, episode FROM pathways WHERE phase <> 'closed'")
        return [(row["pathway_id"], row["episode"]) for row in rows]

    async def is_open(self, pathway_id: str, episode: str) -> bool:
        """Whether the read model has an episode open now."""
        query = "SELECT 1 FROM pathways WHERE pathway_id = $1 AND episode = $2 AND phase <> 'closed'"
        with database_errors():
            return await self._pool.fetchval(query, pathway_id, episode) is not None

    async def keep(self, endings: Sequence[tuple[str, Ending]], findings: Sequence[Finding]) -> None:
        """Put what an inventory saw in the place of what the one before it did."""
        found = {(one.pathway_id, one.code): one for one in findings}.values()
        with database_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute("LOCK TABLE pathway_endings, inventory_findings IN EXCLUSIVE MODE")
                await connection.execute("DELETE FROM pathway_endings")
                await connection.execute("DELETE FROM inventory_findings")
                await connection.executemany(
                    "INSERT INTO pathway_endings (pathway_id, kind, subject, ends_at) VALUES ($1, $2, $3, $4)",
                    [(pathway_id, one.kind, one.subject, one.ends_at) for pathway_id, one in endings],
                )
                await connection.executemany(
                    "INSERT INTO inventory_findings (pathway_id, code, repaired) VALUES ($1, $2, $3)",
                    [(one.pathway_id, one.code, one.repaired) for one in found],
                )


async def endings(pool: Pool, until: datetime | None = None, *, now: datetime, limit: int = 100) -> list[EndingRow]:
    """What ends by itself from now on, the soonest first, as the last inventory saw it.

    Args:
        pool: Where it is kept.
        until: Only what ends by then.
        now: What has ended before is left out.
        limit: At most so many.

    Raises:
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    with database_errors():
        rows = await pool.fetch(_ENDINGS, now, until, limit)
    return [EndingRow.model_validate(dict(row.items()), strict=False) for row in rows]


async def findings(pool: Pool) -> list[FindingRow]:
    """What the last inventory found, first what a human has to see to.

    Raises:
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    with database_errors():
        rows = await pool.fetch(_FINDINGS)
    return [FindingRow.model_validate(dict(row.items()), strict=False) for row in rows]


def _of_view(view: PathwayView, version: int) -> dict[str, Any]:
    return {"version": version, **view.model_dump()}


def _of_item(item: WorkItem) -> dict[str, Any]:
    transfer = item.transfer
    return {
        **item.model_dump(exclude={"transfer"}),
        "offered_to": transfer.to_id if transfer is not None else None,
        "offer_expires_at": transfer.expires_at if transfer is not None else None,
    }


def _by_id(items: Any) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in items}
