"""``ClinicRound``: one round across the clinic, started by a schedule of Temporal's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

from schemas.messages import Delivery, DeliveryStatus, MessageBatch, MessageRequest
from schemas.public import Phrase
from schemas.records import ActivityName, TaskQueue
from schemas.rounds import CLINIC, DigestOrder, Digests, InventoryReport, RoundKind, RoundOrder, RoundReport
from workflows.posting import PATIENT

SCHEDULED_FOR: Final = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
"""When the schedule meant the run to start; after an outage, long before it did."""

MOST_IN_A_BATCH: Final = 10


@workflow.defn
class ClinicRound:
    """Looks after what no single pathway sees. It tells and repairs records; it changes nothing about anybody's care.

    A round may be made twice, or late: a digest is one message a day and person, whatever round sends it, and an
    inventory replaces the one before.
    """

    @workflow.run
    async def run(self, order: RoundOrder) -> RoundReport:
        """Make the round."""
        due_at = workflow.info().typed_search_attributes.get(SCHEDULED_FOR) or workflow.info().start_time
        match order.kind:
            case RoundKind.DIGEST:
                return RoundReport(kind=order.kind, due_at=due_at, digests=await self._tell(due_at))
            case RoundKind.INVENTORY:
                return RoundReport(kind=order.kind, due_at=due_at, inventory=await self._compare())

    async def _tell(self, due_at: datetime) -> int:
        """Send the digests of this round; returns how many went out."""
        digests: Digests = await workflow.execute_activity(
            ActivityName.COLLECT_DIGESTS,
            DigestOrder(at=due_at),
            result_type=Digests,
            task_queue=TaskQueue.RECORDS,
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=PATIENT,
            summary=Phrase.COLLECT_DIGESTS.text(),
        )
        return await self._delivered(digests.messages)

    async def _delivered(self, messages: tuple[MessageRequest, ...]) -> int:
        """Deliver until each has gone or come to its end, which none outlives: it expires with the next morning."""
        sent = 0
        while messages:
            held: dict[str, datetime] = {}
            for first in range(0, len(messages), MOST_IN_A_BATCH):
                deliveries = await self._attempted(messages[first : first + MOST_IN_A_BATCH])
                sent += sum(one.status is DeliveryStatus.SENT for one in deliveries)
                held |= {one.message_id: one.not_before for one in deliveries if one.not_before is not None}
            messages = tuple(message for message in messages if message.id in held)
            if messages:
                await workflow.sleep(max(timedelta(seconds=1), min(held.values()) - workflow.now()))
        return sent

    async def _attempted(self, messages: tuple[MessageRequest, ...]) -> tuple[Delivery, ...]:
        deliveries: tuple[Delivery, ...] = await workflow.execute_activity(
            ActivityName.DELIVER_MESSAGES,
            MessageBatch(pathway_id=CLINIC, messages=messages),
            result_type=tuple[Delivery, ...],
            task_queue=TaskQueue.OUTREACH,
            start_to_close_timeout=timedelta(minutes=2),
            retry_policy=PATIENT,
            summary=Phrase.SEND_MESSAGE.text(number=len(messages)),
        )
        return deliveries

    async def _compare(self) -> InventoryReport:
        report: InventoryReport = await workflow.execute_activity(
            ActivityName.TAKE_INVENTORY,
            result_type=InventoryReport,
            task_queue=TaskQueue.RECORDS,
            start_to_close_timeout=timedelta(hours=2),
            heartbeat_timeout=timedelta(minutes=2),
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=5)),
            summary=Phrase.TAKE_INVENTORY.text(),
        )
        return report
