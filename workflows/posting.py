"""Messages: handed over for delivery as long as their reason stands, and taken back the moment it is gone."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError

from schemas.facts import MessageWithdrawn
from schemas.messages import Delivery, DeliveryStatus, MessageBatch, MessageRequest
from schemas.public import Phrase
from schemas.records import ActivityName, TaskQueue
from workflows.conductor import Conductor
from workflows.rules.deadlines import still_wanted
from workflows.rules.outreach import delivery_rules, is_page, is_released
from workflows.rules.reaching import not_reached
from workflows.rules.step import follow

PATIENT = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=1)
)
REVIEW_MESSAGES_EVERY = timedelta(minutes=15)
"""How long one attempt round lasts before undelivered messages are judged anew: their reason may be gone."""


class Posting(Conductor):
    """Has messages delivered. Whom they reach, and how, is for the activity to find out when it sends them."""

    async def deliver_messages(self) -> None:
        """Deliver what is to be said, several messages in one activity, for as long as the run lasts."""
        while True:
            await workflow.wait_condition(lambda: bool(self._routine() or self._pointless()))
            self.withdraw_messages()
            if routine := self._routine():
                await self.attempted(
                    self.batch(routine),
                    activity=ActivityName.DELIVER_MESSAGES,
                    task_queue=TaskQueue.OUTREACH,
                    start_to_close_timeout=timedelta(minutes=2),
                    retry_policy=PATIENT,
                    summary=Phrase.SEND_MESSAGE.text(number=len(routine)),
                )

    def pages(self) -> list[MessageRequest]:
        """Messages that leave on the way of pages."""
        return [message for message in self.sendable() if is_page(self.state, message)]

    def _routine(self) -> list[MessageRequest]:
        return [message for message in self.sendable() if not is_page(self.state, message)]

    async def unbroken(self, chore: Coroutine[Any, Any, None]) -> None:
        """Run a chore; a bug in it must stop the run where it is seen, not leave it without journal, mail or timer."""
        try:
            await chore
        except Exception as bug:
            self.broken = bug

    @workflow.signal(description="A message that was sent came back; another channel is next.")
    def message_bounced(self, message: MessageRequest) -> None:
        """From the provider, be it after days. Whether its reason still stands is judged as of any message."""
        if self.state.closure is None and message.id not in {one.id for one in self.unsent}:
            self.unsent.append(message)

    def withdraw_messages(self) -> None:
        """Take back every unsent message whose reason is gone."""
        gone = self._pointless()
        if gone:
            now = self.now()
            self._forget({message.id for message in gone})
            facts = [MessageWithdrawn(message_id=message.id) for message in gone]
            self._record(follow(self.state, facts, now, now), at=now)

    def _pointless(self) -> list[MessageRequest]:
        now = self.now()
        # What is being attempted may have left: that attempt's end is waited for, which then comes at once.
        resting = (message for message in self.unsent if message.id not in self.under_way)
        return [message for message in resting if not still_wanted(self.state, message, now)]

    def batch(self, messages: list[MessageRequest]) -> MessageBatch:
        """What an attempt that begins now is given."""
        rules = delivery_rules(self.state, self.now(), self.clock.scale)
        return MessageBatch(pathway_id=self.state.pathway_id, messages=tuple(messages), rules=rules)

    async def attempted(
        self,
        batch: MessageBatch,
        *,
        activity: ActivityName,
        task_queue: TaskQueue,
        start_to_close_timeout: timedelta,
        retry_policy: RetryPolicy,
        summary: str,
    ) -> None:
        """One round of attempts. It is broken off as soon as what it goes by is no longer so."""
        attempts = workflow.start_activity(
            activity,
            batch,
            result_type=tuple[Delivery, ...],
            task_queue=task_queue,
            start_to_close_timeout=start_to_close_timeout,
            schedule_to_close_timeout=REVIEW_MESSAGES_EVERY,
            retry_policy=retry_policy,
            summary=summary,
        )
        # An attempt that nothing breaks off must keep nothing from being taken back.
        ids = {message.id for message in batch.messages if batch.rules is not None}
        self.under_way |= ids
        try:
            await workflow.wait_condition(lambda: attempts.done() or self._is_outdated(batch))
            if outdated := not attempts.done():
                attempts.cancel()
            deliveries = await attempts
            self.mail_away = False
        except FailureError:
            deliveries, self.mail_away = (), not outdated
        finally:
            self.under_way -= ids
        self._settle(deliveries)

    def _is_outdated(self, batch: MessageBatch) -> bool:
        """Whether a message has lost its reason, or the patient's agreement to a recipient or a channel has changed."""
        if batch.rules is None:  # of a protocol from before: its recorded histories know no such end
            return False
        now = self.now()
        if any(not still_wanted(self.state, message, now) for message in batch.messages):
            return True
        if any(not is_released(self.state, message) for message in batch.messages):
            return True
        rules = delivery_rules(self.state, batch.rules.now, self.clock.scale)
        return rules != batch.rules

    def _settle(self, deliveries: tuple[Delivery, ...]) -> None:
        """Forget what was sent or never can be, and remember until when the others rest."""
        for delivery in deliveries:
            if delivery.not_before is not None:
                self.held[delivery.message_id] = delivery.not_before
            if delivery.unrecorded is not None:
                self.unrecorded.append(delivery.unrecorded)
        lost = {one.message_id: one.code for one in deliveries if one.status is DeliveryStatus.UNDELIVERABLE}
        for message in [one for one in self.unsent if one.id in lost]:
            self.record(*not_reached(message, lost[message.id] or DeliveryStatus.UNDELIVERABLE))
        ended = (DeliveryStatus.SENT, DeliveryStatus.UNDELIVERABLE)
        self._forget({one.message_id for one in deliveries if one.status in ended})
        self.withdraw_messages()
        self._forget({one.message_id for one in deliveries if one.status is DeliveryStatus.WITHDRAWN})

    def _forget(self, message_ids: set[str]) -> None:
        self.unsent = [message for message in self.unsent if message.id not in message_ids]
        self.held = {message_id: until for message_id, until in self.held.items() if message_id not in message_ids}
