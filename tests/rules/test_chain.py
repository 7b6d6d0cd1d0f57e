"""The chain of events: any change of what was recorded shows."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.actors import Actor, Role
from schemas.commands import MoveProtocol
from schemas.events import CHAIN_START, Event, Said, events_of
from schemas.facts import ProtocolMoved
from schemas.pathway import Phase
from tests.support.course import at
from tests.support.protocols import varied
from workflows.rules.step import Step, obey


def broken_at(events: list[Event]) -> int | None:
    """Number of the first event that does not follow from the one before; None for a whole chain."""
    previous = CHAIN_START
    for event in events:
        if event.hash != event.expected_hash(previous):
            return event.seq
        previous = event.hash
    return None


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return at(Phase.INTEGRATION).events()


def test_chain_of_a_course_is_whole(events: list[Event]) -> None:
    assert broken_at(events) is None
    assert len({event.hash for event in events}) == len(events)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


CHANGES: dict[str, Any] = {
    "actor": Actor(id="someone-else", role=Role.PHYSICIAN),
    "reason": "Another reason.",
    "observed_at": timedelta(microseconds=1),
    "recorded_at": timedelta(microseconds=1),
    "command_id": "c-other",
    "protocol": "kap-default:2026.11-2",
    "said": Said(verb="approve_dosing", content={"max_dose_mg": 1}),
    "seq": 1000,
}


@pytest.mark.parametrize("field", [name for name in Event.model_fields if name not in {"fact", "hash"}])
def test_a_change_of_any_field_shows(events: list[Event], field: str) -> None:
    for number in (0, len(events) // 2, len(events) - 1):
        event = events[number]
        change = CHANGES[field]
        value = getattr(event, field) + change if isinstance(change, timedelta) else change
        changed = event.model_copy(update={field: value})
        assert broken_at([*events[:number], changed, *events[number + 1 :]]) == changed.seq


def test_a_change_of_any_fact_shows(events: list[Event]) -> None:
    for number, event in enumerate(events):
        other = next(another for another in events if another.fact != event.fact)
        changed = event.model_copy(update={"fact": other.fact})
        assert broken_at([*events[:number], changed, *events[number + 1 :]]) == event.seq


def test_a_missing_or_swapped_event_shows(events: list[Event]) -> None:
    assert broken_at(events[1:]) == 2
    assert broken_at([*events[:4], *events[5:]]) == 6
    assert broken_at([*events[:4], events[5], events[4], *events[6:]]) == 6


def test_rewriting_one_hash_moves_the_break_to_the_next_event(events: list[Event]) -> None:
    changed = events[3].model_copy(update={"reason": "Rewritten."})
    forged = changed.model_copy(update={"hash": changed.expected_hash(events[2].hash)})
    assert broken_at([*events[:3], forged, *events[4:]]) == events[4].seq


def test_hash_survives_the_way_through_json(events: list[Event]) -> None:
    assert broken_at([Event.model_validate_json(event.model_dump_json()) for event in events]) is None


def test_what_follows_a_move_within_its_step_stands_under_the_other_version() -> None:
    course = at(Phase.SCREENING)
    before, command = course.state, course.say(MoveProtocol, Role.PHYSICIAN, protocol=varied({"version": "2027.01-1"}))
    step = obey(before, command, course.now)
    assert isinstance(step, Step)
    facts = [*step.facts, *step.facts[:1]]
    events = events_of(
        facts,
        version=before.version,
        previous_hash=CHAIN_START,
        protocol=before.protocol.name,
        observed_at=course.now,
        recorded_at=course.now,
        command=command,
    )
    assert isinstance(facts[0], ProtocolMoved)
    assert [event.protocol for event in events] == [facts[0].before] + [facts[0].after] * (len(facts) - 1)
    assert [event.said is not None for event in events] == [True] + [False] * (len(facts) - 1)
    assert [event.seq for event in events] == [before.version + number for number in range(1, len(facts) + 1)]
