"""What goes on beside the phases: the journal, the messages, the one timer, and continuing as new."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError

from schemas.public import Phrase
from schemas.records import ActivityName, JournalBatch, TaskQueue
from schemas.start import PathwayStart
from workflows.conductor import HandOver, PathwayEnded
from workflows.paging import Paging
from workflows.posting import PATIENT
from workflows.rules.status import view_of

QUICK_WRITE = timedelta(seconds=2)
"""How long a command's answer may wait for PostgreSQL before the journal is written behind its back."""

RETRY_REFUSED_JOURNAL = timedelta(minutes=10)
MOST_EVENTS_IN_A_BATCH = 200


class Housekeeping(Paging):
    """Keeps a run in order from its first to its last moment."""

    @asynccontextmanager
    async def housekeeping(self) -> AsyncIterator[None]:
        """Write, send and keep deadlines while the body runs; then end, or continue as new.

        The body leaves by :class:`PathwayEnded` when the pathway is closed early, and by :class:`HandOver` when the
        run is to be continued by another one. Either way no event is lost.
        """
        chores = [
            asyncio.create_task(self.unbroken(chore()))
            for chore in (
                self._write_journal,
                self.deliver_messages,
                self.deliver_pages,
                self.record_pages,
                self._keep_the_timer,
            )
        ]
        try:
            yield
        except PathwayEnded:
            pass
        except HandOver:
            workflow.continue_as_new(
                PathwayStart(carried=self.carry(), tuning=self.tuning),
                initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE
                if workflow.info().is_target_worker_deployment_version_changed()
                else None,
            )
        # Messages of a closed pathway have lost their reason, and attempts at them end at once; its journal has not.
        self.withdraw_messages()
        await workflow.wait_condition(
            lambda: (
                self.broken is not None
                or (
                    not self.under_way
                    and not self.unwritten
                    and not self.unrecorded
                    and workflow.all_handlers_finished()
                )
            )
        )
        self.require_unbroken()
        for chore in chores:
            chore.cancel()

    async def _write_journal(self) -> None:
        while True:
            await workflow.wait_condition(lambda: bool(self.unwritten))
            batch = JournalBatch(
                pathway_id=self.state.pathway_id,
                episode=self.state.episode,
                previous_hash=self.written_hash,
                events=tuple(self.unwritten[:MOST_EVENTS_IN_A_BATCH]),
                view=view_of(self.state),
            )
            if await self._written(batch):
                self.written_hash = batch.events[-1].hash
                del self.unwritten[: len(batch.events)]

    async def _written(self, batch: JournalBatch) -> bool:
        """Write in the same workflow task if PostgreSQL is there; else patiently, while care goes on."""
        if not self.journal_away:
            try:
                await workflow.execute_local_activity(
                    ActivityName.WRITE_JOURNAL,
                    batch,
                    schedule_to_close_timeout=QUICK_WRITE,
                    retry_policy=RetryPolicy(maximum_attempts=1),
                )
                return True
            except FailureError:
                self.journal_away = True
        try:
            await workflow.execute_activity(
                ActivityName.WRITE_JOURNAL,
                batch,
                task_queue=TaskQueue.RECORDS,
                start_to_close_timeout=timedelta(seconds=30),
                retry_policy=PATIENT,
                summary=Phrase.WRITE_JOURNAL.text(number=len(batch.events)),
            )
        except FailureError:
            # The journal contradicts these events. Care goes on, the events stay, and an operator sees the failure.
            await workflow.sleep(RETRY_REFUSED_JOURNAL)
            return False
        self.journal_away = False
        return True

    async def _keep_the_timer(self) -> None:
        """One live timer for the next due instant. It is armed anew only when that moves earlier.

        A timer that fires too early finds nothing to do and costs less than re-arming it on every command.
        """
        while True:
            await workflow.wait_condition(lambda: self._next_instant() is not None)
            armed = self._next_instant()
            if armed is None:
                continue
            clock = self.clock
            seconds = clock.real_seconds_until(armed, workflow.now())
            timer = asyncio.create_task(workflow.sleep(seconds, summary=Phrase.NEXT_DUE.text()))
            await workflow.wait_condition(
                lambda timer=timer, armed=armed, clock=clock: (
                    timer.done()  # type: ignore[misc]
                    or self.clock is not clock
                    or ((ahead := self._next_instant()) is not None and ahead < armed)
                )
            )
            if timer.done():
                self.keep_deadlines()
            else:
                timer.cancel()

    def _next_instant(self) -> datetime | None:
        """When something becomes due, or a message has rested long enough."""
        now = self.now()
        resting = [until for until in self.held.values() if until > now]
        return min([*resting, *([self.ahead.at] if self.ahead else [])], default=None)
