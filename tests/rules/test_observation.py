"""What is measured, held, decided, captured, debriefed; and the way home."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Actor, Role
from schemas.commands import (
    AcknowledgeHold,
    ApproveDosing,
    CaptureInsight,
    Command,
    CountersignDosing,
    DecidePredoseVitals,
    DischargePatient,
    LiftHold,
    RecordDebrief,
    RecordVitals,
)
from schemas.facts import (
    DebriefRecorded,
    HoldLifted,
    InsightCaptured,
    PredoseVitalsDecided,
    SessionHeld,
    VitalsRecorded,
)
from schemas.pathway import Phase
from schemas.treatment import TreatmentRoute, Vitals
from schemas.work import WorkKind
from tests.rules import arrivals as a
from tests.rules.arrivals import CALM, HIGH, MINUTE, RULES, TICK, dosed, give, measured, observed, ready, received
from tests.rules.refusing import Refused, each, holds, saying
from tests.rules.staffing import verified
from tests.support.course import Course, at, types
from tests.support.protocols import packaged

VERY_HIGH = CALM.model_copy(update={"systolic": int(RULES.immediate_hold.systolic.value)})


def discharged() -> Course:
    return at(Phase.INTEGRATION)


def debriefed() -> Course:
    course = observed()
    course.must(RecordDebrief, Role.THERAPIST)
    return course


def waiting_for_the_physician() -> Course:
    return measured(HIGH, HIGH, HIGH)()


def accepted() -> Course:
    course = waiting_for_the_physician()
    course.must(DecidePredoseVitals, Role.PHYSICIAN, proceed=True)
    return course


def dosed_as_accepted() -> Course:
    course = accepted()
    give(course)
    return course


def held() -> Course:
    course = received()
    course.must(RecordVitals, Role.NURSE, vitals=VERY_HIGH)
    return course


IN_SESSION: list[tuple[type[Command], Role]] = [
    (RecordVitals, Role.NURSE),
    (DecidePredoseVitals, Role.PHYSICIAN),
    (CaptureInsight, Role.PATIENT),
    (RecordDebrief, Role.THERAPIST),
    (DischargePatient, Role.NURSE),
]

REFUSALS = [
    *(
        Refused(code, None, command.verb, saying(situation, command, role))
        for code, situation in (("no_session", partial(at, Phase.SESSION)), ("not_checked_in", a.booked))
        for command, role in IN_SESSION
    ),
    Refused("discharged", None, "measuring at home", lambda: discharged().refused(RecordVitals, Role.NURSE)),
    Refused("discharged", None, "an insight at home", lambda: discharged().refused(CaptureInsight, Role.PATIENT)),
    Refused("discharged", None, "discharging twice", lambda: discharged().refused(DischargePatient, Role.NURSE)),
    Refused(
        "observed_before_check_in",
        "observed_at",
        "measured before the arrival",
        lambda: _at(received(), -TICK, RecordVitals),
    ),
    Refused(
        "vitals_empty",
        "vitals",
        "nothing measured",
        lambda: received().refused(RecordVitals, Role.NURSE, vitals=Vitals()),
    ),
    *(
        Refused(
            "no_decision_needed",
            None,
            what,
            saying(situation, DecidePredoseVitals, Role.PHYSICIAN),
        )
        for what, situation in (
            ("readings in range", ready),
            ("readings to be repeated", measured(HIGH)),
            ("nothing measured", received),
            ("decided before", accepted),
            ("drug given", dosed_as_accepted),
        )
    ),
    Refused("no_hold", None, "lifting nothing", lambda: at(Phase.SESSION).refused(LiftHold, Role.PHYSICIAN)),
    Refused("no_hold", None, "lifting twice", lambda: _lifted().refused(LiftHold, Role.PHYSICIAN)),
    Refused(
        "nothing_to_acknowledge",
        None,
        "taking note of no hold",
        lambda: received().refused(AcknowledgeHold, Role.THERAPIST),
    ),
    Refused("no_drug_given", None, "debriefing nothing", lambda: ready().refused(RecordDebrief, Role.THERAPIST)),
    Refused("already_debriefed", None, "debriefing twice", lambda: debriefed().refused(RecordDebrief, Role.THERAPIST)),
]


def _at(course: Course, off: timedelta, command: Any, role: Role = Role.NURSE) -> Any:
    moment = course.now
    course.wait(minutes=1)
    return course.refused(command, role, observed_at=moment + off)


def _lifted() -> Course:
    course = held()
    course.must(LiftHold, Role.PHYSICIAN)
    return course


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_vitals_are_appended_as_measured_also_late() -> None:
    course = received()
    arrived = course.now
    course.wait(minutes=10)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    course.must(RecordVitals, Role.NURSE, vitals=Vitals(spo2=97), observed_at=arrived)
    assert [reading.measured_at - arrived for reading in course.session.readings] == [10 * MINUTE, timedelta(0)]
    assert len(course.facts(VitalsRecorded)) == 2


def test_vitals_of_the_session_may_be_told_after_it() -> None:
    course = observed()
    before = course.now - MINUTE
    course.must(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.")
    course.wait(hours=1)
    course.must(RecordVitals, Role.NURSE, vitals=CALM, observed_at=before)
    course.must(CaptureInsight, Role.THERAPIST, observed_at=before)
    assert course.session.readings[-1].measured_at == before


def test_very_high_pressure_holds_at_once_and_uses_no_session() -> None:
    course = received()
    step = course.must(RecordVitals, Role.NURSE, vitals=VERY_HIGH)
    assert types(step)[:2] == ["vitals_recorded", "session_held"]
    (fact,) = course.facts(SessionHeld)
    assert (fact.session_id, fact.code) == ("S1", "blood_pressure_hold")
    assert course.state.cycle.session is None
    assert course.state.hold is not None
    assert course.state.sessions_given == 0
    owed = {WorkKind.REVIEW_HOLD, WorkKind.ACKNOWLEDGE_HOLD, WorkKind.SCHEDULE_SESSION}
    assert {item.kind for item in course.state.work} == owed


def test_very_high_pressure_after_the_dose_ends_no_session() -> None:
    course = dosed()
    course.must(RecordVitals, Role.NURSE, vitals=VERY_HIGH)
    assert course.facts(SessionHeld) == []
    assert course.session.in_progress


def test_late_reading_is_judged_like_any_other() -> None:
    course = ready()
    moment = course.now
    course.wait(minutes=10)
    course.must(RecordVitals, Role.NURSE, vitals=VERY_HIGH, observed_at=moment)
    assert course.state.hold is not None
    assert course.state.hold.since == moment


@pytest.mark.parametrize(("proceed", "held_now"), [(True, False), (False, True)])
def test_physician_decides_on_readings_in_between(proceed: bool, held_now: bool) -> None:
    course = waiting_for_the_physician()
    assert WorkKind.DECIDE_PREDOSE_VITALS in {item.kind for item in course.state.work}
    course.must(DecidePredoseVitals, Role.PHYSICIAN, proceed=proceed)
    assert [fact.proceed for fact in course.facts(PredoseVitalsDecided)] == [proceed]
    assert (course.state.hold is not None) is held_now
    assert [fact.code for fact in course.facts(SessionHeld)] == (["physician_hold"] if held_now else [])
    assert WorkKind.DECIDE_PREDOSE_VITALS not in {item.kind for item in course.state.work}


def test_hold_is_lifted_by_a_physician_and_leaves_the_approval_as_it_was() -> None:
    course = held()
    approval = course.state.approval
    course.must(LiftHold, Role.PHYSICIAN)
    assert len(course.facts(HoldLifted)) == 1
    assert (course.state.hold, course.state.approval) == (None, approval)
    assert WorkKind.REVIEW_HOLD not in {item.kind for item in course.state.work}


def test_the_therapist_takes_note_of_a_hold_and_decides_nothing_by_it() -> None:
    course = held()
    (item,) = [item for item in course.state.work if item.kind is WorkKind.ACKNOWLEDGE_HOLD]
    assert (item.owner_role, item.owner_id, item.opened_at) == (Role.THERAPIST, "th-fern", course.now)
    course.must(LiftHold, Role.PHYSICIAN)
    assert item in course.state.work, "the physician's decision tells the therapist nothing"
    course.must(AcknowledgeHold, Role.THERAPIST)
    assert item.kind not in {item.kind for item in course.state.work}
    course = held()
    course.must(AcknowledgeHold, Role.THERAPIST)
    assert course.state.hold is not None
    assert WorkKind.REVIEW_HOLD in {item.kind for item in course.state.work}


def test_without_psychotherapy_or_under_an_older_protocol_no_therapist_is_asked() -> None:
    work = {kind: rule for kind, rule in packaged().work.items() if kind is not WorkKind.ACKNOWLEDGE_HOLD}
    for course in (
        at(Phase.SESSION, treatment=TreatmentRoute.STANDARD_KETAMINE),
        at(Phase.SESSION, protocol=packaged().model_copy(update={"work": work})),
    ):
        course.until(lambda it: it.state.cycle.session is not None and it.session.checked_in_at is not None)
        course.must(RecordVitals, Role.NURSE, vitals=VERY_HIGH)
        assert course.state.hold is not None
        assert WorkKind.ACKNOWLEDGE_HOLD not in {item.kind for item in course.state.work}


def test_new_approval_judges_the_hold() -> None:
    course = held()
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    assert course.state.hold is None


def test_a_proposed_approval_ends_no_hold_before_a_second_prescriber_agrees() -> None:
    course = held()
    course.must(ApproveDosing, Role.PHYSICIAN, **{**an_approval(course.state), "max_dose_mg": 300.0})
    assert course.state.hold is not None
    second = Actor(id="dr-linden", role=Role.PHYSICIAN)
    verified(course, second).must(CountersignDosing, Role.PHYSICIAN, approval_id="A2", actor=second)
    assert course.state.hold is None


def test_insights_are_kept_in_the_journal() -> None:
    course = dosed()
    course.must(CaptureInsight, Role.PATIENT, insight="The suitcase is empty.")
    course.must(CaptureInsight, Role.THERAPIST, insight="It was never mine.")
    insights = [fact.insight for fact in course.facts(InsightCaptured)]
    assert insights == ["The suitcase is empty.", "It was never mine."]


def test_debrief_is_owed_until_it_is_recorded_even_after_discharge() -> None:
    course = observed()
    course.must(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.")
    assert WorkKind.RECORD_DEBRIEF in {item.kind for item in course.state.work}
    course.must(RecordDebrief, Role.THERAPIST)
    assert len(course.facts(DebriefRecorded)) == 1
    assert WorkKind.RECORD_DEBRIEF not in {item.kind for item in course.state.work}
