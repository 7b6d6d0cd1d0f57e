"""Pages: pressing messages to staff, each on its own, so that none waits for a routine message or another's channel."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from schemas.messages import MessageRequest, PageRecords
from schemas.public import Phrase
from schemas.records import ActivityName, TaskQueue
from workflows.posting import PATIENT, Posting

PRESSING = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=15)
)
ONE_ATTEMPT = timedelta(seconds=45)
"""PostgreSQL that hangs, and two channels that do."""


class Paging(Posting):
    """Has staff paged, and has what went without PostgreSQL written down once it is back."""

    async def deliver_pages(self) -> None:
        """Begin a page the moment it is wanted, for as long as the run lasts."""
        tasks: dict[str, asyncio.Task[None]] = {}

        def waiting() -> list[MessageRequest]:
            return [page for page in self.pages() if page.id not in tasks or tasks[page.id].done()]

        try:
            while True:
                await workflow.wait_condition(lambda: bool(waiting()))
                self.withdraw_messages()
                tasks = {message_id: task for message_id, task in tasks.items() if not task.done()}
                for page in waiting():
                    tasks[page.id] = asyncio.create_task(self.unbroken(self._paged(page)))
        finally:
            for task in tasks.values():
                task.cancel()

    async def record_pages(self) -> None:
        """Write what went without PostgreSQL into the outbox, patiently."""
        while True:
            await workflow.wait_condition(lambda: bool(self.unrecorded))
            pages = tuple(self.unrecorded)
            await workflow.execute_activity(
                ActivityName.RECORD_PAGES,
                PageRecords(pathway_id=self.state.pathway_id, pages=pages),
                task_queue=TaskQueue.PAGES,
                start_to_close_timeout=timedelta(seconds=30),
                retry_policy=PATIENT,
                summary=Phrase.RECORD_PAGES.text(number=len(pages)),
            )
            del self.unrecorded[: len(pages)]

    async def _paged(self, page: MessageRequest) -> None:
        await self.attempted(
            self.batch([page]),
            activity=ActivityName.PAGE,
            task_queue=TaskQueue.PAGES,
            start_to_close_timeout=ONE_ATTEMPT,
            retry_policy=PRESSING,
            summary=Phrase.PAGE.text(),
        )
