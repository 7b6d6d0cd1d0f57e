"""Preparation, and what every step of the series stands on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Role
from schemas.commands import (
    ApproveDosing,
    CheckIn,
    Command,
    RecordAdministration,
    RecordDayChecklist,
    RecordVitals,
    ScheduleSession,
    SignPreparationNote,
    WithdrawConsent,
)
from schemas.facts import PreparationNoteSigned
from schemas.pathway import Phase
from schemas.preparation import PreparationItem, PreparationKind
from schemas.protocol import Protocol
from schemas.refusals import Refusal
from schemas.treatment import Vitals
from schemas.work import WorkKind
from tests.rules.arrivals import CALM, TICK, approval_of, dosed, give
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.protocols import given, packaged, short, varied
from workflows.rules.dose_plan import readers
from workflows.rules.gate import gate
from workflows.rules.preparation import prepared_visits

RULES = given(packaged().preparation)
LENGTH, BRIEF_LENGTH = RULES.length_min.value, RULES.brief_length_min.value
BRIEF = PreparationKind.BRIEF
LEAST = timedelta(hours=RULES.min_hours_before_first.value)
MOST = timedelta(days=RULES.max_days_before_first.value)
DAY = timedelta(days=1)
UNRULED = packaged().model_copy(update={"preparation": None})
TWICE = varied({"preparation.min_visits": 2})
LASTING = varied({"approval.first.valid_days": 90})
"""A first approval that outlasts a preparation."""

IN_SERIES: list[tuple[type[Command], Role]] = [
    (SignPreparationNote, Role.THERAPIST),
    (ApproveDosing, Role.PHYSICIAN),
    (ScheduleSession, Role.COORDINATOR),
]
"""Verbs that need a patient who is eligible and has consented, and a series that goes on."""


def unscreened() -> Course:
    return at(Phase.SCREENING)


def unconsented() -> Course:
    return at(Phase.CONSENT)


def finished() -> Course:
    return at(Phase.FOLLOW_UP, protocol=short(1))


def beginning(protocol: Protocol | None = None) -> Course:
    return at(Phase.PREPARATION, protocol=protocol)


def second_cycle() -> Course:
    return at(Phase.PREPARATION, cycle=2)


def approved_first() -> Course:
    course = beginning()
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    return course


def note(course: Course, **fields: Any) -> Refusal:
    return course.refused(SignPreparationNote, Role.THERAPIST, **fields)


def held(course: Course, off: timedelta) -> Refusal:
    return note(course, held_at=course.now + off)


def without(situation: Callable[[], Course], item: PreparationItem) -> Callable[[], Refusal]:
    def attempt() -> Refusal:
        refusal = note(situation(), checklist=tuple(one for one in PreparationItem if one is not item))
        assert refusal.facts == {"missing": item.value}
        return refusal

    return attempt


def received_after(span: timedelta, course: Course | None = None) -> Course:
    """Everything is in order for a first dose, so long after the preparation."""
    course = course or at(Phase.SESSION, protocol=LASTING)
    (prepared,) = prepared_visits(course.state)
    course.until(lambda it: set(readers(it.state)) <= set(approval_of(it).acknowledged))
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=prepared + span)
    course.wait_until(prepared + span)
    course.must(RecordDayChecklist, Role.NURSE)
    course.must(CheckIn, Role.NURSE)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course


def dose_after(span: timedelta) -> Refusal:
    return received_after(span).refused(RecordAdministration, Role.NURSE, dose_mg=1.0)


REFUSALS = [
    *(
        Refused(code, None, command.verb, saying(situation, command, role))
        for command, role in IN_SERIES
        for code, situation in (
            ("not_screened", unscreened),
            ("consent_missing", unconsented),
            ("series_finished", finished),
        )
    ),
    Refused("already_prepared", None, "after the dose", saying(dosed, SignPreparationNote, Role.THERAPIST)),
    Refused(
        "already_prepared",
        None,
        "a second note under an old protocol",
        lambda: at(Phase.APPROVAL, protocol=UNRULED).refused(SignPreparationNote, Role.THERAPIST),
    ),
    Refused("held_in_future", "held_at", "held in an instant", lambda: held(beginning(), TICK)),
    Refused("held_before_cycle", "held_at", "held before the pathway was opened", lambda: held(beginning(), -DAY)),
    Refused("held_before_cycle", "held_at", "held before the last session", lambda: held(second_cycle(), -7 * DAY)),
    Refused("full_preparation_needed", "kind", "a brief one first", lambda: note(beginning(), kind=BRIEF)),
    Refused("roadmap_missing", "intentions", "without an intention", lambda: note(beginning(), intentions=())),
    Refused("roadmap_missing", "goals", "without a goal", lambda: note(beginning(), goals=())),
    Refused("minutes_missing", "minutes", "nobody knows how long", lambda: note(beginning(), minutes=None)),
    Refused("preparation_too_short", "minutes", "short", lambda: note(beginning(), minutes=LENGTH - 1)),
    Refused("preparation_too_short", "minutes", "short, later", lambda: note(second_cycle(), minutes=BRIEF_LENGTH - 1)),
    *(
        Refused("checklist_incomplete", "checklist", f"without {item}", without(beginning, item))
        for item in RULES.checklist
        if item is not PreparationItem.DOSE_PLAN
    ),
    Refused(
        "checklist_incomplete",
        "checklist",
        "no dose plan, with one",
        without(approved_first, PreparationItem.DOSE_PLAN),
    ),
    *(
        Refused("checklist_incomplete", "checklist", f"later, without {item}", without(second_cycle, item))
        for item in RULES.brief_checklist
    ),
    Refused("preparation_visits_missing", "completes", "one visit of two", lambda: note(beginning(TWICE))),
    Refused("prepared_too_late", None, "a session too soon", lambda: dose_after(LEAST - TICK)),
    Refused("preparation_too_old", None, "a session too late", lambda: dose_after(MOST + TICK)),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_note_is_signed_once_a_cycle() -> None:
    course = at(Phase.PREPARATION)
    course.must(SignPreparationNote, Role.THERAPIST, intentions=("To listen.",), goals=("Sleep.",))
    (note,) = course.facts(PreparationNoteSigned)
    assert (note.cycle, note.intentions, note.goals) == (1, ("To listen.",), ("Sleep.",))
    assert course.state.cycle.prepared_at == course.now
    course.to_phase(Phase.PREPARATION, cycle=2)
    assert course.state.cycle.prepared_at is None
    course.must(SignPreparationNote, Role.THERAPIST)
    assert [note.cycle for note in course.facts(PreparationNoteSigned)] == [1, 2]


def test_note_may_be_written_later_than_the_visit() -> None:
    course = at(Phase.PREPARATION)
    visit = course.now + timedelta(hours=1)
    course.wait(hours=5)
    course.must(SignPreparationNote, Role.THERAPIST, observed_at=visit)
    assert course.state.cycle.prepared_at == visit


@pytest.mark.parametrize("days", [1, 30, 300])
def test_time_alone_prepares_nobody(days: float) -> None:
    course = at(Phase.PREPARATION)
    course.wait(days=days)
    assert course.phase is Phase.PREPARATION
    assert [item.kind for item in course.state.work if item.kind is not WorkKind.RECORD_LABS] == [
        WorkKind.SIGN_PREPARATION_NOTE
    ]


def test_withdrawn_consent_stops_the_series_before_and_after_preparation() -> None:
    course = at(Phase.APPROVAL)
    course.must(WithdrawConsent, Role.PATIENT)
    assert course.refused(ApproveDosing, Role.PHYSICIAN).facts == {"missing": "treatment"}
    assert course.phase is Phase.CONSENT


@pytest.mark.parametrize("span", [LEAST, LEAST + TICK, MOST - TICK, MOST])
def test_a_first_dose_neither_too_soon_nor_too_late_after_the_preparation(span: timedelta) -> None:
    give(received_after(span))


@pytest.mark.parametrize("span", [LEAST - TICK, MOST + TICK])
def test_an_old_protocol_asks_for_no_time_between(span: timedelta) -> None:
    old = LASTING.model_copy(update={"preparation": None})
    give(received_after(span, at(Phase.SESSION, protocol=old)))


def test_a_later_session_may_follow_its_brief_preparation_at_once() -> None:
    course = second_cycle()
    course.must(SignPreparationNote, Role.THERAPIST, minutes=BRIEF_LENGTH, checklist=RULES.brief_checklist)
    assert course.facts(PreparationNoteSigned)[-1].kind is BRIEF
    names = {check.name for check in gate(course.state, course.now)}
    assert "prepared" in names
    assert not names & {"prepared_early_enough", "preparation_recent"}


def test_short_visits_add_up_to_a_preparation() -> None:
    course = beginning(TWICE)
    items = RULES.checklist
    course.must(SignPreparationNote, Role.THERAPIST, completes=False, minutes=LENGTH, checklist=items[:4])
    assert prepared_visits(course.state) == ()
    assert note(course, minutes=LENGTH - 1, checklist=items[4:]).code == "preparation_too_short"
    course.wait(days=1)
    course.must(SignPreparationNote, Role.THERAPIST, minutes=LENGTH, checklist=items[4:])
    assert course.phase is Phase.APPROVAL
    assert [one.completed for one in course.state.cycle.preparation] == [False, True]
    assert prepared_visits(course.state) == (course.now,)


def test_a_second_visit_is_counted_and_takes_nothing_away() -> None:
    course = at(Phase.SESSION)
    first = course.state.cycle.prepared_at
    course.wait(hours=23)
    course.must(SignPreparationNote, Role.THERAPIST)
    assert len(prepared_visits(course.state)) == 2
    assert course.state.cycle.prepared_at == first
    failed = {check.name for check in gate(course.state, course.now + timedelta(hours=1)) if not check.passed}
    assert not failed & {"prepared", "prepared_early_enough", "preparation_recent"}


def test_a_preparation_that_is_too_old_is_owed_anew() -> None:
    course = at(Phase.SESSION, protocol=LASTING)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + MOST)
    assert WorkKind.SIGN_PREPARATION_NOTE not in {item.kind for item in course.state.work}
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + MOST + TICK)
    (owed,) = [item for item in course.state.work if item.kind is WorkKind.SIGN_PREPARATION_NOTE]
    assert owed.due_at == course.session.starts_at - LEAST
    course.wait(days=20)
    course.must(SignPreparationNote, Role.THERAPIST)
    assert WorkKind.SIGN_PREPARATION_NOTE not in {item.kind for item in course.state.work}


def test_an_amended_approval_leaves_the_preparation_and_asks_for_reading_anew() -> None:
    course = received_after(LEAST)
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    failed = {check.name for check in gate(course.state, course.now) if not check.passed}
    assert failed == {"plan_read_by_therapist", "plan_read_by_patient"}


def test_the_roadmap_goes_on_and_is_amended() -> None:
    course = second_cycle()
    first = course.state.roadmap
    assert first is not None
    assert (first.version, first.cycle, first.goals) == (1, 1, ("Sleep through the night.",))
    course.must(SignPreparationNote, Role.THERAPIST, intentions=(), goals=(), recent_stressors=first.recent_stressors)
    assert course.state.roadmap == first
    course.must(SignPreparationNote, Role.THERAPIST, intentions=("To rest.",), goals=(), recent_stressors=())
    after = course.state.roadmap
    assert after is not None
    assert (after.version, after.cycle, after.intentions) == (2, 2, ("To rest.",))
    assert (after.goals, after.recent_stressors) == (first.goals, ())
    assert course.facts(PreparationNoteSigned)[-1].goals == first.goals


@pytest.mark.parametrize(("cycle", "phase"), [(1, Phase.SESSION), (2, Phase.PREPARATION)])
def test_a_hold_has_a_brief_preparation_done_again(cycle: int, phase: Phase) -> None:
    """Before the first session it is the whole preparation, which keeps its thirty days."""
    course = at(Phase.SESSION, cycle)
    course.until(lambda it: it.state.cycle.session is not None and it.session.checked_in_at is not None)
    course.must(RecordVitals, Role.NURSE, vitals=Vitals(systolic=200, diastolic=100, heart_rate=70, spo2=98))
    assert course.phase is phase
    course.until(lambda it: it.state.sessions_given == cycle)
