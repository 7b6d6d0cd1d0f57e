"""Check-ins that nobody answers, and those that outlive the series, a consent, or care itself."""

from datetime import timedelta

import pytest

from clients.scenarios.next_right import asking
from schemas.actors import Role
from schemas.checkins import WelfareDecision
from schemas.commands import (
    CompletePathway,
    DecideWelfare,
    DeclineSafetyContact,
    DiscontinuePathway,
    ExtendSeries,
    NoteCapacity,
    RecordCheckin,
    SignIntegrationNote,
    WithdrawConsent,
)
from schemas.facts import (
    CheckinAttempted,
    CheckinMissed,
    CheckinRecorded,
    MessageRequested,
    MissedStage,
)
from schemas.pathway import Phase
from schemas.treatment import TreatmentRoute
from schemas.work import WorkKind
from tests.rules.arrivals import TICK
from tests.rules.asking import (
    AFTER,
    CALL_DUE,
    CALL_OPENS,
    DAY_3,
    HUMAN,
    NOT_REACHED,
    WELFARE,
    after_dose,
    missed,
    open_day_3,
    opened,
    withdrawn,
    work,
)
from tests.support.course import at
from tests.support.protocols import packaged, short
from workflows.rules.deadlines import still_wanted
from workflows.rules.status import status_of

# Missed


def test_missed_reminders_then_a_call_then_a_decision() -> None:
    course = after_dose(CALL_DUE)
    due_at = course.now
    ladder = packaged().ladder_of(WorkKind.HOLD_CHECKIN)
    (item,) = work(course, WorkKind.HOLD_CHECKIN)
    for hours in ladder.steps_h:
        course.wait_until(due_at + timedelta(hours=hours) - TICK)
        before = work(course, WorkKind.HOLD_CHECKIN)[0].steps
        course.wait_until(due_at + timedelta(hours=hours))
        assert work(course, WorkKind.HOLD_CHECKIN)[0].steps == before + 1
    for wait, kind, owner in (
        (HUMAN, WorkKind.CALL_PATIENT, Role.COORDINATOR),
        (WELFARE, WorkKind.DECIDE_WELFARE, Role.PHYSICIAN),
    ):
        course.wait_until(due_at + wait - TICK)
        assert work(course, kind) == []
        course.wait_until(due_at + wait)
        assert [(item.subject, item.owner_role) for item in work(course, kind)] == [("S1-safety_call", owner)]
    stages = [fact.stage for fact in course.facts(CheckinMissed)]
    assert stages == [MissedStage.HUMAN_CALL, MissedStage.WELFARE_DECISION]
    assert item.id in {one.id for one in course.state.work}


def test_time_closes_no_checkin() -> None:
    course = missed()
    course.wait(days=400)
    assert "S1-safety_call" in {one.id for one in course.state.checkins.open}
    assert len([fact for fact in course.facts(CheckinMissed) if fact.checkin_id == "S1-safety_call"]) == 2


def test_a_call_without_an_answer_leaves_it_open() -> None:
    course = after_dose(CALL_DUE + HUMAN)
    course.must(RecordCheckin, Role.COORDINATOR, outcome=NOT_REACHED, side_effects=None)
    assert len(course.facts(CheckinAttempted)) == 1
    assert work(course, WorkKind.CALL_PATIENT) == []
    assert len(work(course, WorkKind.HOLD_CHECKIN)) == 1
    course.wait_until(course.now + WELFARE - HUMAN)
    assert work(course, WorkKind.CALL_PATIENT) == []
    assert len(work(course, WorkKind.DECIDE_WELFARE)) == 1


@pytest.mark.parametrize("decision", list(WelfareDecision))
def test_only_closing_ends_it(decision: WelfareDecision) -> None:
    course = missed()
    course.must(DecideWelfare, Role.THERAPIST, decision=decision)
    closed = decision is WelfareDecision.CLOSE
    call = [one for one in course.state.checkins.open if one.id == "S1-safety_call"]
    assert bool(call) is not closed
    assert work(course, WorkKind.DECIDE_WELFARE) == []
    if not closed:
        course.wait_until(course.now + WELFARE)
        assert "S1-safety_call" in {item.subject for item in work(course, WorkKind.DECIDE_WELFARE)}


# The series, withdrawal, the end


def test_a_missed_integration_visit_cancels_nothing() -> None:
    course = at(Phase.INTEGRATION)
    course.wait(days=9)
    assert course.phase is Phase.INTEGRATION
    assert opened(course) == ["S1-safety_call", "S1-day_3", "S1-day_7"]


def test_the_visit_ends_the_cycle_and_the_checkins_go_on() -> None:
    course = at(Phase.INTEGRATION)
    course.wait(hours=25)
    course.must(SignIntegrationNote, Role.THERAPIST)
    course.wait(days=7)
    assert opened(course) == ["S1-safety_call", "S1-day_3", "S1-day_7"]


def test_long_term_after_the_last_session_of_the_series() -> None:
    course = at(Phase.INTEGRATION, cycle=2, protocol=short(2)).to_phase(Phase.FOLLOW_UP)
    drug = course.state.last_drug_at
    assert drug is not None
    course.wait(days=400)
    long_term = [(item.subject, item.due_at - drug) for item in work(course, WorkKind.HOLD_CHECKIN)][-4:]
    assert long_term == [(f"S2-day_{days:g}", timedelta(days=days)) for days in (30, 90, 180, 365)]
    assert not any(name.startswith("S1-day_30") for name in opened(course))


def test_a_series_that_goes_on_moves_the_long_term_ones() -> None:
    course = at(Phase.FOLLOW_UP, protocol=short(1))
    course.must(ExtendSeries, Role.PHYSICIAN, sessions=1)
    course.until(lambda it: it.state.sessions_given == 2)
    ahead = [one.id for one in course.state.checkins.planned]
    assert "S2-day_30" in ahead
    assert "S1-day_30" not in ahead


def test_they_survive_a_withdrawn_consent_until_declined() -> None:
    course = withdrawn()
    course.wait(days=7)
    assert opened(course) == ["S1-safety_call", "S1-day_3"], "what is not for safety belonged to the treatment"
    course.must(DeclineSafetyContact, Role.PATIENT)
    assert (course.state.checkins.open, course.state.checkins.planned) == ((), ())
    assert work(course, WorkKind.HOLD_CHECKIN) == []
    assert course.state.checkins.declined_at == course.now


def test_another_dose_asks_again() -> None:
    course = at(Phase.APPROVAL, cycle=2, treatment=TreatmentRoute.STANDARD_KETAMINE)
    course.must(WithdrawConsent, Role.PATIENT)
    course.must(DeclineSafetyContact, Role.PATIENT)
    course.wait(days=2)
    course.must(NoteCapacity, Role.PHYSICIAN)
    course.consent("treatment")
    given = course.state.sessions_given
    course.until(lambda it: it.state.sessions_given > given)
    assert course.state.checkins.declined_at is None
    assert course.state.checkins.planned


def test_after_the_end_of_care_only_what_is_for_safety_remains() -> None:
    course = at(Phase.FOLLOW_UP, protocol=short(1))
    course.must(CompletePathway, Role.PHYSICIAN)
    assert course.phase is Phase.SAFETY_CONTACT
    safety = {kind for kind, rule in AFTER.items() if rule.safety}
    checkins = course.state.checkins
    assert {one.kind for one in checkins.planned} | {one.kind for one in checkins.open} <= safety
    course.to_phase(Phase.CLOSED)
    assert opened(course) == ["S1-safety_call", "S1-day_3"]


def test_declining_after_the_end_closes_the_pathway() -> None:
    course = at(Phase.INTEGRATION)
    course.must(DiscontinuePathway, Role.PATIENT)
    course.wait(days=30)
    assert {item.kind for item in course.state.work} == {
        WorkKind.HOLD_CHECKIN,
        WorkKind.CALL_PATIENT,
        WorkKind.DECIDE_WELFARE,
    }
    course.must(DeclineSafetyContact, Role.COORDINATOR)
    assert course.phase is Phase.CLOSED


def test_an_uneventful_course_answers_every_checkin() -> None:
    course = at(Phase.FOLLOW_UP)
    assert len(course.facts(CheckinRecorded)) == len(opened(course)) > course.state.sessions_given
    assert course.facts(CheckinMissed) == []
    assert list(asking(course.state)) == []


def test_the_status_tells_what_is_open_and_what_lies_ahead() -> None:
    course = open_day_3()
    course.must(RecordCheckin, Role.NURSE, outcome=NOT_REACHED, side_effects=None)
    checkins = status_of(course.state, course.now, 0, 0).checkins
    assert [(one.id, one.open, one.attempts) for one in checkins] == [
        ("S1-safety_call", True, 1),
        ("S1-day_3", True, 0),
        ("S1-day_7", False, 0),
    ]
    assert checkins[1].measures == DAY_3.measures


def test_the_patient_is_told_once_and_reminded_twice() -> None:
    course = after_dose(CALL_DUE + timedelta(hours=400))
    (call,) = [item for item in work(course, WorkKind.HOLD_CHECKIN) if item.subject == "S1-safety_call"]
    told = [entry for entry in course.log if isinstance(entry.fact, MessageRequested)]
    to_patient = [
        entry.recorded_at - call.due_at
        for entry in told
        if isinstance(entry.fact, MessageRequested)
        and (entry.fact.message.about, entry.fact.message.to_role) == (call.id, Role.PATIENT)
    ]
    ladder = packaged().ladder_of(WorkKind.HOLD_CHECKIN)
    assert to_patient == [CALL_OPENS - CALL_DUE, *(timedelta(hours=hours) for hours in ladder.steps_h)]


def test_whoever_declined_is_not_written_to() -> None:
    course = withdrawn()
    (message,) = [fact.message for fact in course.facts(MessageRequested) if fact.message.template == "checkin_due"]
    assert still_wanted(course.state, message, course.now)
    course.must(DeclineSafetyContact, Role.PATIENT)
    assert not still_wanted(course.state, message, course.now)
