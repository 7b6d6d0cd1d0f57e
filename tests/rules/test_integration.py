"""The integration visit: its window, a missed one, and the next cycle."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from schemas.actors import Role
from schemas.commands import DischargePatient, RecordVitals, SignIntegrationNote
from schemas.facts import IntegrationBecameOverdue, IntegrationNoteSigned
from schemas.pathway import Phase
from schemas.work import WorkKind
from tests.rules.arrivals import CALM, TICK, dosed, ready
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.protocols import packaged, short

WINDOW = packaged().integration
OPENS = timedelta(hours=WINDOW.window_opens_h.value)
CLOSES = timedelta(hours=WINDOW.window_closes_h.value)
HARD = timedelta(days=WINDOW.hard_limit_days.value)


def after_dose(elapsed: timedelta) -> Course:
    """Some time after the last drug; the patient was discharged in time."""
    course = at(Phase.INTEGRATION)
    drug = course.state.last_drug_at
    assert drug is not None
    course.wait_until(drug + elapsed)
    return course


def discharged_late() -> Course:
    """The observation went on into the second day."""
    course = dosed()
    course.wait_until(course.now + OPENS + timedelta(hours=2))
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    course.must(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.")
    return course


def held_at(course: Course, ago: timedelta) -> Any:
    return course.refused(SignIntegrationNote, Role.THERAPIST, held_at=course.now - ago)


REFUSALS = [
    *(
        Refused(
            "no_session_to_integrate",
            None,
            what,
            saying(situation, SignIntegrationNote, Role.THERAPIST),
        )
        for what, situation in (
            ("no session", partial(at, Phase.SESSION)),
            ("no drug given", ready),
            ("not discharged", dosed),
            ("integrated before", partial(at, Phase.PREPARATION, cycle=2)),
        )
    ),
    Refused(
        "integration_too_early",
        "held_at",
        "an instant before the window",
        lambda: after_dose(OPENS - TICK).refused(SignIntegrationNote, Role.THERAPIST),
    ),
    Refused(
        "integration_too_early",
        "held_at",
        "recorded in the window, held before it",
        lambda: held_at(after_dose(CLOSES), CLOSES - OPENS + TICK),
    ),
    Refused(
        "integration_too_early",
        "held_at",
        "held before the discharge",
        lambda: held_at(discharged_late(), timedelta(hours=1)),
    ),
    Refused("held_in_future", "held_at", "held in an instant", lambda: held_at(after_dose(OPENS), -TICK)),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize(
    ("elapsed", "late"),
    [(OPENS, False), (CLOSES - TICK, False), (CLOSES, False), (CLOSES + TICK, True), (HARD + OPENS, True)],
)
def test_note_ends_the_cycle_in_time_or_late(elapsed: timedelta, late: bool) -> None:
    course = after_dose(elapsed)
    course.must(SignIntegrationNote, Role.THERAPIST)
    (note,) = course.facts(IntegrationNoteSigned)
    assert (note.cycle, note.held_at, note.late) == (1, course.now, late)
    assert (course.phase, course.state.cycle.number) == (Phase.PREPARATION, 2)
    assert course.state.last_integration_at == course.now


def test_note_may_be_written_after_the_window_about_a_visit_in_it() -> None:
    course = after_dose(CLOSES + timedelta(days=1))
    course.must(SignIntegrationNote, Role.THERAPIST, held_at=course.now - timedelta(days=1))
    (note,) = course.facts(IntegrationNoteSigned)
    assert not note.late
    assert course.state.last_integration_at == course.now - timedelta(days=1)


@pytest.mark.parametrize(("off", "overdue"), [(-TICK, False), (timedelta(0), True)])
def test_window_closes_with_a_follow_up_and_completes_nothing(off: timedelta, overdue: bool) -> None:
    course = after_dose(CLOSES + off)
    assert course.state.cycle.integration_overdue is overdue
    assert len(course.facts(IntegrationBecameOverdue)) == int(overdue)
    owed = {item.kind for item in course.state.work}
    assert WorkKind.HOLD_INTEGRATION_VISIT in owed
    assert (WorkKind.FOLLOW_UP_OVERDUE_INTEGRATION in owed) is overdue
    assert course.phase is Phase.INTEGRATION


def test_s07_missed_visit_stays_owed_until_it_is_held() -> None:
    course = after_dose(CLOSES)
    (visit,) = [item for item in course.state.work if item.kind is WorkKind.HOLD_INTEGRATION_VISIT]
    assert (visit.due_at, visit.hard_limit) == (course.now, course.now - CLOSES + HARD)
    course.wait(days=60)
    assert course.phase is Phase.INTEGRATION
    assert len(course.facts(IntegrationBecameOverdue)) == 1
    course.must(SignIntegrationNote, Role.THERAPIST)
    owed = {item.kind for item in course.state.work}
    assert WorkKind.SIGN_PREPARATION_NOTE in owed
    assert not owed & {WorkKind.HOLD_INTEGRATION_VISIT, WorkKind.FOLLOW_UP_OVERDUE_INTEGRATION}


def test_last_visit_of_the_series_leads_to_the_outcome() -> None:
    course = at(Phase.INTEGRATION, protocol=short(1)).to_phase(Phase.FOLLOW_UP)
    assert course.phase is Phase.FOLLOW_UP
    assert [item.kind for item in course.state.work] == [WorkKind.RECORD_OUTCOME]
