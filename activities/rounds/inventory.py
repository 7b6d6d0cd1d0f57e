"""The inventory: asks every open pathway, compares its records with it, and repairs the read model from the journal.

Only what follows from something whole is repaired: the read model from the journal. A journal that is shorter than its
pathway, or says something else, is found and left to a human, who alone can tell which side is right.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import structlog
from temporalio import activity
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.cipher import Cipher
from activities.database import Pool
from activities.rounds.records import Records
from schemas.protocol.rounds import RoundRules
from schemas.records import ActivityName
from schemas.rounds import Accounts, Finding, FindingCode, InventoryReport

_OPEN: Final = "WorkflowType = 'CarePathway' AND ExecutionStatus = 'Running'"
_AT_ONCE: Final = 8
"""Pathways that are asked at the same time: workers have care to do, too."""

ANSWERS_WITHIN: Final = timedelta(seconds=20)
"""How long a pathway has to answer; one that a worker has to rebuild first takes a while."""

SETTLES_WITHIN: Final = timedelta(seconds=70)
"""How long events may wait for the journal: what tries again waits for a minute at most between two attempts."""


class Seen(NamedTuple):
    """One pathway as it answered, and what was found; no accounts where it did not answer."""

    pathway_id: str
    accounts: Accounts | None
    finding: Finding | None


class Inventory:
    """Compares records with pathways.

    Args:
        pool: The database of journal and read model.
        cipher: Opens the journal that the read model is made from anew.
        temporal: Asks the pathways.
        rules: Says how far ahead what ends is counted.
        settles_within: See :data:`SETTLES_WITHIN`.
        answers_within: See :data:`ANSWERS_WITHIN`.
    """

    def __init__(
        self,
        pool: Pool,
        cipher: Cipher,
        temporal: Client,
        rules: RoundRules | None,
        *,
        settles_within: timedelta = SETTLES_WITHIN,
        answers_within: timedelta = ANSWERS_WITHIN,
    ) -> None:
        self._records = Records(pool, cipher)
        self._temporal = temporal
        self._rules = rules
        self._settles_within, self._answers_within = settles_within, answers_within
        self._log = structlog.get_logger(__name__)

    @activity.defn(name=ActivityName.TAKE_INVENTORY)
    async def take_inventory(self) -> InventoryReport:
        """Look at every open pathway, and keep what was found and what ends in the place of what was kept before.

        Raises:
            ApplicationError: DatabaseUnavailable or DatabaseRefused; nothing is kept then, and all is looked at again.
            RPCError: Temporal cannot list the pathways.
        """
        listed = [found.id async for found in self._temporal.list_workflows(_OPEN)]
        seen = [one async for one in self._all(listed)]
        if late := [one.pathway_id for one in seen if one.finding and one.finding.code is FindingCode.JOURNAL_WAITS]:
            await self._pause()
            again = {one.pathway_id: one async for one in self._all(late)}
            seen = [again.get(one.pathway_id, one) for one in seen]
        findings = [one.finding for one in seen if one.finding is not None]
        findings += await self._missing(seen)
        endings = [(one.pathway_id, ending) for one in seen if one.accounts for ending in one.accounts.endings]
        await self._records.keep(endings, findings)
        for finding in findings:
            self._log.warning("records and pathway differ", code=finding.code.value, repaired=finding.repaired)
        now = datetime.now(UTC)
        soon = now + timedelta(days=self._rules.ending_within_days.value if self._rules is not None else 0)
        return InventoryReport(
            pathways=sum(one.accounts is not None for one in seen),
            repaired=sum(finding.repaired for finding in findings),
            open=sum(not finding.repaired for finding in findings),
            ending=sum(now < ending.ends_at <= soon for _, ending in endings),
        )

    async def _all(self, pathway_ids: Sequence[str]) -> AsyncIterator[Seen]:
        """Look at these, some at a time; the server hears now and then that there is progress."""
        for first in range(0, len(pathway_ids), _AT_ONCE):
            some = pathway_ids[first : first + _AT_ONCE]
            for seen in await asyncio.gather(*(self._look(one) for one in some)):
                if seen is not None:
                    yield seen
            activity.heartbeat(first + len(some))

    async def _pause(self) -> None:
        left = self._settles_within.total_seconds()
        while left > 0:
            await asyncio.sleep(min(left, 10.0))
            left -= 10.0
            activity.heartbeat()

    async def _look(self, pathway_id: str) -> Seen | None:
        """Compare one pathway; None if it has ended meanwhile. What differs is asked twice: it may be in motion."""
        for last in (False, True):
            try:
                accounts = await self._asked(pathway_id)
            except _Silent:
                if last:
                    return Seen(pathway_id, None, _finding(pathway_id, FindingCode.WORKFLOW_SILENT))
                continue
            if accounts is None:
                return None
            code = await self._records.compare(pathway_id, accounts)
            if code is None or (last and code is not FindingCode.READ_MODEL_DIFFERED):
                return Seen(pathway_id, accounts, None if code is None else _finding(pathway_id, code))
            if last:
                return Seen(pathway_id, accounts, await self._records.repair(pathway_id, accounts))
        return None

    async def _asked(self, pathway_id: str) -> Accounts | None:
        """What a pathway says of itself; None if there is none of this id any more.

        Raises:
            _Silent: It does not answer: no worker is there, or its workflow task fails.
        """
        handle = self._temporal.get_workflow_handle(pathway_id)
        try:
            answer = handle.query("accounts", result_type=Accounts, rpc_timeout=self._answers_within)
            return await asyncio.wait_for(answer, self._answers_within.total_seconds() + 1)
        except (WorkflowQueryFailedError, WorkflowQueryRejectedError, TimeoutError):
            raise _Silent from None
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise _Silent from None

    async def _missing(self, seen: Iterable[Seen]) -> list[Finding]:
        """Pathways that the read model has open although nothing runs for them, or for that episode of care."""
        answered = {(one.pathway_id, one.accounts.episode) for one in seen if one.accounts is not None}
        silent = {one.pathway_id for one in seen if one.accounts is None}
        missing = []
        for pathway_id, episode in await self._records.open_episodes():
            if (pathway_id, episode) in answered or pathway_id in silent:
                continue
            if await self._is_running(pathway_id):
                # Opened while this went on, or not listed yet; an episode before it has to be closed all the same.
                accounts = await self._answer_or_none(pathway_id)
                if accounts is None or accounts.episode == episode:
                    continue
            if await self._records.is_open(pathway_id, episode):
                missing.append(_finding(pathway_id, FindingCode.WORKFLOW_MISSING))
        return missing

    async def _answer_or_none(self, pathway_id: str) -> Accounts | None:
        try:
            return await self._asked(pathway_id)
        except _Silent:
            return None

    async def _is_running(self, pathway_id: str) -> bool:
        try:
            described = await self._temporal.get_workflow_handle(pathway_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return described.status is WorkflowExecutionStatus.RUNNING


class _Silent(Exception):
    """A pathway does not answer."""


def _finding(pathway_id: str, code: FindingCode) -> Finding:
    return Finding(pathway_id=pathway_id, code=code, repaired=False)
