"""The clinic's rounds as operators see them, and an inventory by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from temporalio.client import ScheduleActionExecutionStartWorkflow, ScheduleActionResult, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy

from clients.client import KapClient
from clients.errors import Refused, refused
from clients.translating import bounded, is_not_found
from schemas.public import Phrase
from schemas.records import TaskQueue
from schemas.rounds import InventoryReport, RoundKind, RoundOrder, RoundReport, schedule_id
from schemas.views import RoundRow

ROUNDS_MISSING: Final = "rounds_missing"
"""Code: the namespace has no schedules of rounds."""

_SECONDS: Final = 15.0
_BY_HAND: Final = "round-inventory-by-hand"


async def rounds(client: KapClient) -> list[RoundRow]:
    """Each round: how often it is made, when it was made last and what it did, when it comes next.

    Raises:
        Refused: The namespace has no schedules, or Temporal does not answer.
    """
    return [await _row(client, kind) for kind in RoundKind]


async def take_inventory(client: KapClient) -> InventoryReport:
    """Compare every open pathway with its records now; joins one that was begun by hand before and goes on still.

    Raises:
        Refused: Temporal or the workers do not answer.
    """
    started = client.temporal.start_workflow(
        "ClinicRound",
        RoundOrder(kind=RoundKind.INVENTORY),
        id=_BY_HAND,
        task_queue=TaskQueue.PATHWAYS,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        result_type=RoundReport,
        static_summary=Phrase.CLINIC_ROUND.text(),
    )
    handle = await bounded(started, _SECONDS)
    report: RoundReport = await bounded(handle.result(), None)
    if report.inventory is None:
        raise RuntimeError("an inventory reports itself")
    return report.inventory


async def _row(client: KapClient, kind: RoundKind) -> RoundRow:
    try:
        described = await bounded(client.temporal.get_schedule_handle(schedule_id(kind)).describe(), _SECONDS)
    except Refused as problem:
        if is_not_found(problem.__cause__):
            sentence = "There are no schedules of rounds here. Make them with: kap ops bootstrap"
            raise refused(ROUNDS_MISSING, sentence) from problem
        raise
    made, following = described.info.recent_actions, described.info.next_action_times
    return RoundRow(
        kind=kind,
        every_s=int(described.schedule.spec.intervals[0].every.total_seconds()),
        paused=described.schedule.state.paused,
        last_due_at=made[-1].scheduled_at if made else None,
        last_begun_at=made[-1].started_at if made else None,
        last=await _last(client, made),
        missed=described.info.num_actions_missed_catchup_window,
        next_at=following[0] if following else None,
    )


async def _last(client: KapClient, made: Sequence[ScheduleActionResult]) -> RoundReport | None:
    """What the newest round did that has come to its end; None if none of the last ones has."""
    for one in reversed(made):
        if not isinstance(one.action, ScheduleActionExecutionStartWorkflow):
            continue
        handle = client.temporal.get_workflow_handle(one.action.workflow_id, result_type=RoundReport)
        try:
            if (await bounded(handle.describe(), _SECONDS)).status is WorkflowExecutionStatus.COMPLETED:
                return await bounded(handle.result(), _SECONDS)
        except Refused as problem:
            if not is_not_found(problem.__cause__):  # kept no longer than its history is
                raise
    return None
