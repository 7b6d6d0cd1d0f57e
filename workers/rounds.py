"""The schedules of the clinic's rounds, as Temporal keeps them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from schemas.protocol.rounds import RoundRules
from schemas.public import Phrase
from schemas.records import TaskQueue
from schemas.rounds import DIGEST_EVERY, RoundKind, RoundOrder, schedule_id

CATCH_UP: Final = timedelta(days=1)
"""How long after an outage a round that was missed is still made."""

_OVERLAP: Final = {
    # One that waits for somebody's quiet hours to end must not keep the next from being made.
    RoundKind.DIGEST: ScheduleOverlapPolicy.ALLOW_ALL,
    # However many were missed, one look is enough.
    RoundKind.INVENTORY: ScheduleOverlapPolicy.BUFFER_ONE,
}


def schedule_of(kind: RoundKind, rules: RoundRules) -> Schedule:
    """When a round is made: at whole intervals since midnight UTC, as the protocol says."""
    every = DIGEST_EVERY if kind is RoundKind.DIGEST else timedelta(hours=rules.inventory_every_h.value)
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "ClinicRound",
            RoundOrder(kind=kind),
            id=schedule_id(kind),
            task_queue=TaskQueue.PATHWAYS,
            static_summary=Phrase.CLINIC_ROUND.text(),
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=_OVERLAP[kind], catchup_window=CATCH_UP),
    )


async def settle_schedules(client: Client, rules: RoundRules | None, report: Callable[[str], None]) -> None:
    """Create the schedules that are missing, and bring the others up to date; one that is paused stays so.

    Args:
        client: Of the namespace.
        rules: Of the protocol that the workers run with; without them there are no rounds, and none is removed.
        report: Told in a sentence.

    Raises:
        RPCError: The server refuses.
    """
    if rules is None:
        report("The protocol says nothing of clinic-wide rounds, so no schedules are made.")
        return
    created = []
    for kind in RoundKind:
        schedule = schedule_of(kind, rules)
        try:
            await client.create_schedule(schedule_id(kind), schedule)
            created.append(kind.value)
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(schedule_id(kind)).update(_renewed(schedule))
    named = ", ".join(created)
    report(f"Schedules of rounds were created: {named}." if created else "Schedules of rounds are there.")


def _renewed(schedule: Schedule) -> Callable[[ScheduleUpdateInput], ScheduleUpdate]:
    def renewed(there: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule.state = there.description.schedule.state
        return ScheduleUpdate(schedule=schedule)

    return renewed
