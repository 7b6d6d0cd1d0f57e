"""What a history tells: the calls of a course as a script for the floor, and what the server had to keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from schemas.messages import MessageBatch
from schemas.records import ActivityName
from tests.bench.bare import Calls, Script, Tick
from tests.bench.course import Step

SKIPPING: Final = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
    }
)
"""Events that are there only because time was skipped. A real course has none of them, so they are never counted."""

_TRIGGERS: Final = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_TIMER_FIRED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
    }
)
"""Events that bring about a workflow task. An update does, too, but its event comes only with the task's completion."""


@dataclass
class Kept:
    """What the server keeps of a course: events and their bytes, by kind, without those of skipping time."""

    events: Counter[str] = field(default_factory=Counter)
    size: Counter[str] = field(default_factory=Counter)
    runs: int = 0


def kept(runs: Iterable[Sequence[HistoryEvent]]) -> Kept:
    """Count all runs of a course together."""
    total = Kept()
    for events in runs:
        total.runs += 1
        for event in events:
            if event.event_type not in SKIPPING:
                kind = _kind(event)
                total.events[kind] += 1
                total.size[kind] += event.ByteSize()
    return total


async def runs_of(client: Client, workflow_id: str, first_run_id: str) -> list[Sequence[HistoryEvent]]:
    """The history of each run, from the first one to the one that ended."""
    runs: list[Sequence[HistoryEvent]] = []
    run_id = first_run_id
    while run_id:
        history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        runs.append(history.events)
        run_id = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return runs


async def script_of(
    client: Client, runs: Iterable[Sequence[HistoryEvent]], steps: Sequence[Step]
) -> tuple[Script, list[Tick | timedelta]]:
    """The same calls for the floor: what happens by itself, and an update for each command of ``steps``.

    The course must have been played slowly: with nothing under way when the next command came.
    """
    at_start, at_timers, at_updates = Calls(), [], []
    for events in runs:
        for cause, task in _tasks(events):
            calls = await _calls(client, task)
            match cause:
                case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                    at_updates.append(calls)
                case EventType.EVENT_TYPE_TIMER_FIRED:
                    at_timers.append(calls)
                case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
                    at_start = calls
    commands = [step for step in steps if not isinstance(step, timedelta)]
    if len(commands) != len(at_updates):
        raise ValueError(f"{len(commands)} commands, but {len(at_updates)} workflow tasks with an update")
    calls_in_order = iter(at_updates)
    ticks = [step if isinstance(step, timedelta) else Tick(calls=next(calls_in_order)) for step in steps]
    ticks[-1] = Tick(calls=at_updates[-1], last=True)
    return Script(at_start=at_start, at_timers=tuple(at_timers)), ticks


def _tasks(events: Sequence[HistoryEvent]) -> Iterator[tuple[int, list[HistoryEvent]]]:
    """Each workflow task: what brought it about, and the events that its completion led to."""
    came, cause, led_to = 0, 0, list[HistoryEvent]()
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            yield cause, led_to
            came, cause, led_to = 0, came, []
        elif event.event_type in _TRIGGERS:
            came = event.event_type
        else:
            led_to.append(event)
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                cause = event.event_type
    yield cause, led_to


async def _calls(client: Client, task: Iterable[HistoryEvent]) -> Calls:
    writes, messages, upserts, timer = 0, 0, 0, None
    for event in task:
        match event.event_type:
            case EventType.EVENT_TYPE_MARKER_RECORDED:
                writes += 1
            case EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
                upserts += 1
            case EventType.EVENT_TYPE_TIMER_STARTED:
                timer = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                scheduled = event.activity_task_scheduled_event_attributes
                if scheduled.activity_type.name != ActivityName.DELIVER_MESSAGES:
                    raise ValueError(f"the floor does not know the activity {scheduled.activity_type.name}")
                (batch,) = await client.data_converter.decode(scheduled.input.payloads, [MessageBatch])
                messages = len(batch.messages)
    return Calls(writes=writes, messages=messages, upserts=upserts, timer=timer)


def _kind(event: HistoryEvent) -> str:
    name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
    for prefix, kind in _KINDS.items():
        if name.startswith(prefix):
            return kind
    return "other"


_KINDS: Final = {
    "WORKFLOW_TASK": "workflow tasks",
    "WORKFLOW_EXECUTION_UPDATE": "updates",
    "MARKER": "local activities",
    "ACTIVITY_TASK": "activities",
    "TIMER": "timers",
    "UPSERT": "search attributes",
}
"""Beginnings of event names, in the words of the report."""
