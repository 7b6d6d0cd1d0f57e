"""Alarms after a dose, emergencies, adverse events, and what a patient needs to go home."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from clients.scenarios.next_right import ATTESTED
from schemas.actors import Role
from schemas.commands import (
    AcknowledgeEmergency,
    CheckIn,
    CloseEmergency,
    DecideMedwatch,
    DeclareEmergency,
    DischargePatient,
    DiscontinuePathway,
    RecordAdministration,
    RecordAdverseEvent,
    RecordDeath,
    RecordVitals,
    ReviewAdverseEvent,
    ReviewIncident,
    ReviewVitalsAlarm,
)
from schemas.facts import (
    AdverseEventRecorded,
    ApprovalSuspended,
    EmergencyDeclared,
    PatientDischarged,
    VitalsAlarmed,
    VitalsBecameLate,
)
from schemas.monitoring import AdverseEventKind, AlarmLevel, Symptom
from schemas.pathway import End, Phase
from schemas.protocol import MonitoringRules
from schemas.refusals import Refusal
from schemas.treatment import Reading, Setting, Vitals
from schemas.work import WorkKind
from tests.rules import arrivals as a
from tests.rules.refusing import Refused, each, holds
from tests.support.course import START, Course, at
from tests.support.protocols import given, packaged
from workflows.rules.gate import gate
from workflows.rules.monitoring import alarm

RULES: MonitoringRules = given(packaged().monitoring)
CALM = a.CALM
MINUTE = timedelta(minutes=1)


def dosed() -> Course:
    return a.dosed(100.0)


def measured(course: Course, symptoms: tuple[Symptom, ...] = (), **vitals: Any) -> Course:
    course.must(RecordVitals, Role.NURSE, vitals=CALM.model_copy(update=vitals), symptoms=symptoms)
    return course


def harmed(grade: int, kind: AdverseEventKind = AdverseEventKind.NAUSEA) -> Course:
    course = at(Phase.SESSION, cycle=1)
    course.must(RecordAdverseEvent, Role.NURSE, kind=kind, grade=grade)
    return course


def emergency() -> Course:
    course = dosed()
    course.must(DeclareEmergency, Role.PATIENT)
    return course


def leaving(**said: Any) -> Callable[[], Refusal]:
    """Going home after the observation time, with one thing out of order."""

    def attempt() -> Refusal:
        course = a.observed()
        excused = {"missing_readings_reason": "Asleep, breathing quietly."}
        return course.refused(DischargePatient, Role.NURSE, **{**excused, **said})

    return attempt


def leaving_after(*, reviewed: bool = False, **vitals: Any) -> Refusal:
    course = a.observed(CALM.model_copy(update=vitals))
    for one in course.state.alarms if reviewed else ():
        course.must(ReviewVitalsAlarm, Role.PHYSICIAN, alarm_id=one.id)
    return course.refused(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.")


def leaving_short_of_oxygen() -> Refusal:
    """Even after a physician has looked at it."""
    course = a.observed(CALM.model_copy(update={"spo2": 86}))
    course.must(ReviewVitalsAlarm, Role.PHYSICIAN)
    return course.refused(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.")


def dose(course: Course) -> Refusal:
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0)


def ready_but(**said: Any) -> Refusal:
    course = a.received()
    course.must(RecordVitals, Role.NURSE, vitals=CALM.model_copy(update=said))
    return dose(course)


def elsewhere() -> Refusal:
    course = a.booked().until(lambda it: it.now >= it.session.starts_at)
    course.must(CheckIn, Role.THERAPIST, location="NV")
    measured(course)
    return dose(course)


REFUSALS = [
    Refused("no_emergency", None, "taking on nothing", lambda: dosed().refused(AcknowledgeEmergency, Role.NURSE)),
    Refused("no_emergency", None, "closing nothing", lambda: dosed().refused(CloseEmergency, Role.PHYSICIAN)),
    Refused("emergency_declared_before", None, "twice", lambda: emergency().refused(DeclareEmergency, Role.PATIENT)),
    Refused(
        "already_acknowledged", None, "taking it on twice", lambda: taken_on().refused(AcknowledgeEmergency, Role.NURSE)
    ),
    Refused(
        "incident_unknown", "incident_id", "another incident", lambda: dosed().refused(ReviewIncident, Role.PHYSICIAN)
    ),
    Refused(
        "vitals_alarm_unknown",
        "alarm_id",
        "nothing alarmed",
        lambda: dosed().refused(ReviewVitalsAlarm, Role.PHYSICIAN),
    ),
    Refused("vitals_alarm", None, "going home with an alarm unreviewed", lambda: leaving_after(systolic=165)),
    Refused("vitals_alarming", None, "going home short of oxygen", lambda: leaving_short_of_oxygen()),
    Refused(
        "adverse_event_unknown",
        "event_id",
        "another event",
        lambda: dosed().refused(ReviewAdverseEvent, Role.PHYSICIAN),
    ),
    Refused(
        "adverse_event_unknown",
        "event_id",
        "too mild for it",
        lambda: harmed(3).refused(DecideMedwatch, Role.PHYSICIAN),
    ),
    Refused(
        "not_asked_for",
        None,
        "a protocol without monitoring",
        lambda: unmonitored().refused(RecordAdverseEvent, Role.NURSE),
    ),
    Refused("emergency", None, "a dose in an emergency", lambda: dose(emergency())),
    Refused("emergency", None, "going home in an emergency", lambda: leaving_in_emergency()),
    Refused(
        "vitals_alarm",
        None,
        "a dose while an alarm waits for a physician",
        lambda: dose(measured(dosed(), systolic=165)),
    ),
    Refused("further_drug_stopped", None, "a booster after a stop", lambda: stopped_and_reviewed()),
    Refused("incident_unreviewed", None, "a dose before what became of it was reviewed", lambda: incident_dose()),
    Refused("adverse_event_unreviewed", None, "a dose before the review", lambda: unreviewed_dose()),
    Refused("respiratory_rate_out_of_range", None, "breathing slowly", lambda: ready_but(respiratory_rate=9)),
    Refused("temperature_out_of_range", None, "feverish", lambda: ready_but(temperature_c=38.1)),
    Refused("location_not_approved", None, "in another state", lambda: elsewhere()),
    Refused("padss_too_low", "padss", "a point short", leaving(padss=int(RULES.discharge.padss_min.value) - 1)),
    Refused("padss_too_low", "padss", "not scored", leaving(padss=None)),
    Refused("discharge_criterion_unmet", "suicidality_screened", "not asked", leaving(suicidality_screened=False)),
    Refused("discharge_criterion_unmet", "nausea_minimal", "sick", leaving(nausea_minimal=False)),
    Refused(
        "readings_missing", "missing_readings_reason", "unmeasured, unexplained", leaving(missing_readings_reason=None)
    ),
    Refused(
        "not_back_to_baseline", None, "a fifth and a bit above", lambda: leaving_after(systolic=169, reviewed=True)
    ),
    Refused("not_back_to_baseline", None, "a fifth and a bit below", lambda: leaving_after(heart_rate=79)),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def taken_on() -> Course:
    course = emergency()
    course.must(AcknowledgeEmergency, Role.PHYSICIAN)
    return course


def unmonitored() -> Course:
    return at(Phase.SESSION, protocol=packaged().model_copy(update={"monitoring": None}))


def leaving_in_emergency() -> Refusal:
    course = a.observed()
    course.must(DeclareEmergency, Role.NURSE)
    return course.refused(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.")


def stopped_and_reviewed() -> Refusal:
    course = measured(dosed(), systolic=185)
    course.must(ReviewVitalsAlarm, Role.PHYSICIAN)
    course.wait(minutes=15)
    return dose(measured(course))


def incident_dose() -> Refusal:
    course = a.read(a.booked())
    course.wait_until(course.session.starts_at)
    course.must(DeclareEmergency, Role.PATIENT)
    course.must(CloseEmergency, Role.PHYSICIAN)
    course.must(CheckIn, Role.THERAPIST)
    return dose(measured(course))


def unreviewed_dose() -> Refusal:
    course = a.ready()
    course.must(RecordAdverseEvent, Role.NURSE, grade=2)
    return dose(course)


def kinds(course: Course) -> set[WorkKind]:
    return {item.kind for item in course.state.work}


def level(
    vitals: dict[str, int], symptoms: tuple[Symptom, ...] = (), before: tuple[Reading, ...] = ()
) -> AlarmLevel | None:
    values = {"systolic": 120, "diastolic": 80, "heart_rate": 70, "spo2": 98, **vitals}
    found = alarm(Reading(vitals=Vitals(**values), measured_at=START, symptoms=symptoms), before, RULES)
    return found[0] if found else None


ALERT, STOP, EMERGENCY = AlarmLevel.ALERT, AlarmLevel.STOP, AlarmLevel.EMERGENCY


@pytest.mark.parametrize(
    ("vitals", "expected"),
    [
        ({"systolic": 159}, None),
        ({"systolic": 160}, ALERT),
        ({"systolic": 179}, ALERT),
        ({"systolic": 180}, STOP),
        ({"systolic": 250}, STOP),
        ({"diastolic": 99}, None),
        ({"diastolic": 100}, ALERT),
        ({"diastolic": 109}, ALERT),
        ({"diastolic": 110}, STOP),
        ({"heart_rate": 120}, None),
        ({"heart_rate": 121}, ALERT),
        ({"heart_rate": 140}, ALERT),
        ({"heart_rate": 141}, STOP),
        ({"heart_rate": 50}, None),
        ({"heart_rate": 49}, ALERT),
        ({"spo2": 94}, None),
        ({"spo2": 93}, ALERT),
        ({"spo2": 92}, ALERT),
        ({"spo2": 91}, STOP),
        ({"respiratory_rate": 10}, None),
        ({"respiratory_rate": 9}, ALERT),
        ({"respiratory_rate": 8}, ALERT),
        ({"respiratory_rate": 7}, EMERGENCY),
    ],
)
def test_thresholds_without_symptoms(vitals: dict[str, int], expected: AlarmLevel | None) -> None:
    assert level(vitals) is expected


@pytest.mark.parametrize(
    ("vitals", "symptoms", "expected"),
    [
        ({"systolic": 180}, (Symptom.SEVERE_HEADACHE,), STOP),
        ({"systolic": 181}, (Symptom.SEVERE_HEADACHE,), EMERGENCY),
        ({"diastolic": 120}, (Symptom.SEVERE_HEADACHE,), STOP),
        ({"diastolic": 121}, (Symptom.SEVERE_HEADACHE,), EMERGENCY),
        ({}, (Symptom.VOMITING,), None),
        *(({}, (symptom,), EMERGENCY) for symptom in RULES.emergency.symptoms),
    ],
)
def test_symptoms_make_the_difference(
    vitals: dict[str, int], symptoms: tuple[Symptom, ...], expected: AlarmLevel | None
) -> None:
    assert level(vitals, symptoms) is expected


@pytest.mark.parametrize(("seconds", "expected"), [(59, STOP), (60, EMERGENCY), (600, EMERGENCY)])
def test_low_oxygen_is_an_emergency_once_it_lasts(seconds: int, expected: AlarmLevel) -> None:
    low = Reading(vitals=Vitals(spo2=89), measured_at=START - timedelta(seconds=seconds))
    assert level({"spo2": 89}, before=(low,)) is expected
    between = Reading(vitals=Vitals(spo2=95), measured_at=START - MINUTE / 2)
    assert level({"spo2": 89}, before=(low, between)) is STOP


def test_a_rise_before_the_dose_is_not_an_alarm_but_a_question_of_the_dose() -> None:
    assert measured(a.received(), systolic=165).facts(VitalsAlarmed) == []


def test_an_emergency_carries_the_address_of_this_very_session() -> None:
    course = at(Phase.SESSION, setting=Setting.HOME)
    course.until(lambda it: bool(it.state.sessions_given))
    measured(course, (Symptom.CHEST_PAIN,))
    (declared,) = course.facts(EmergencyDeclared)
    assert (declared.address, declared.local_emergency_number) == (ATTESTED.address, "911")
    assert (declared.reasons, declared.location) == (("chest_pain",), "CO")
    assert kinds(course) >= {WorkKind.ACKNOWLEDGE_EMERGENCY, WorkKind.CLOSE_EMERGENCY}


def test_an_acknowledgement_ends_the_paging_and_not_the_emergency() -> None:
    course = taken_on()
    assert WorkKind.ACKNOWLEDGE_EMERGENCY not in kinds(course)
    assert WorkKind.CLOSE_EMERGENCY in kinds(course)
    course.wait(days=3)
    assert course.state.emergency is not None
    course.must(CloseEmergency, Role.PHYSICIAN)
    assert WorkKind.REVIEW_INCIDENT in kinds(course)
    course.must(ReviewIncident, Role.PHYSICIAN)
    assert WorkKind.REVIEW_INCIDENT not in kinds(course)


@pytest.mark.parametrize("minutes", packaged().routes[a.approval_of(a.ready()).route].vitals_at_min)
def test_a_reading_that_is_due_and_not_taken_is_an_alarm(minutes: int) -> None:
    course = dosed()
    due = course.now + timedelta(minutes=minutes)
    late = timedelta(minutes=RULES.late_min.value)
    course.wait_until(due - MINUTE)
    for reading in course.facts(VitalsBecameLate):
        assert reading.due_at < due
    course.wait_until(due + late - a.TICK)
    assert due not in [fact.due_at for fact in course.facts(VitalsBecameLate)]
    course.wait_until(due + late)
    assert due in [fact.due_at for fact in course.facts(VitalsBecameLate)]
    assert WorkKind.MEASURE_VITALS in kinds(course)
    measured(course)
    assert WorkKind.MEASURE_VITALS not in kinds(course)


def test_readings_in_time_alarm_nobody() -> None:
    assert at(Phase.CLOSED).facts(VitalsBecameLate) == []


@pytest.mark.parametrize(("grade", "blocked", "suspended"), [(1, False, False), (2, True, False), (3, True, True)])
def test_what_follows_from_the_grade(grade: int, blocked: bool, suspended: bool) -> None:
    course = harmed(grade)
    failing = {check.name for check in gate(course.state, course.now) if not check.passed}
    assert ("adverse_events_reviewed" in failing) is blocked
    assert bool(course.facts(ApprovalSuspended)) is suspended
    assert (WorkKind.REVIEW_ADVERSE_EVENT in kinds(course)) is blocked
    assert course.facts(EmergencyDeclared) == []


@pytest.mark.parametrize("grade", [4, 5])
def test_a_grave_event_is_an_emergency_and_somebody_decides_on_reporting_it(grade: int) -> None:
    course = harmed(grade)
    assert len(course.facts(EmergencyDeclared)) == 1
    course.must(ReviewAdverseEvent, Role.PHYSICIAN)
    assert WorkKind.DECIDE_MEDWATCH in kinds(course)
    course.must(DecideMedwatch, Role.PHYSICIAN)
    assert course.state.adverse_events == ()


@pytest.mark.parametrize(
    ("symptomatic", "minutes", "grade"), [(False, 60.0, 1), (False, 60.5, 3), (True, 10.0, 3), (False, None, 3)]
)
def test_a_transient_rise_is_graded_by_the_clinics_rule(symptomatic: bool, minutes: float | None, grade: int) -> None:
    course = dosed()
    said = {"symptomatic": symptomatic, "resolved_after_min": minutes}
    course.must(RecordAdverseEvent, Role.NURSE, kind=AdverseEventKind.HYPERTENSION, grade=3, **said)
    (recorded,) = course.facts(AdverseEventRecorded)
    assert (recorded.event.grade, recorded.told_grade) == (grade, 3)


def test_a_reading_told_after_the_cycle_is_appended_and_judged() -> None:
    course = at(Phase.PREPARATION, cycle=2)
    before = given(course.state.last_session)
    then = before.doses[0].given_at + timedelta(minutes=40)
    given_before = course.state.sessions_given
    course.must(RecordVitals, Role.NURSE, vitals=CALM.model_copy(update={"systolic": 190}), observed_at=then)
    assert given(course.state.last_session).readings[-1].measured_at == then
    assert [fact.level for fact in course.facts(VitalsAlarmed)] == [STOP]
    assert WorkKind.REVIEW_VITALS_ALARM in kinds(course)
    assert course.state.sessions_given == given_before


@pytest.mark.parametrize(("systolic", "heart_rate"), [(168, 120), (112, 120), (140, 96)])
def test_going_home_within_a_fifth_of_the_baseline(systolic: int, heart_rate: int) -> None:
    course = a.observed(CALM.model_copy(update={"systolic": systolic, "heart_rate": heart_rate}))
    if course.state.alarms:
        course.must(ReviewVitalsAlarm, Role.PHYSICIAN)
    course.must(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.")
    (home,) = course.facts(PatientDischarged)
    assert (home.missing_readings, home.missing_readings_reason) == ((30, 60), "Asleep.")


def test_after_the_end_what_went_wrong_is_still_looked_at() -> None:
    course = harmed(4)
    course.must(DiscontinuePathway, Role.PATIENT)
    assert course.state.closure is None
    course.must(CloseEmergency, Role.PHYSICIAN)
    course.must(ReviewIncident, Role.PHYSICIAN)
    course.must(ReviewAdverseEvent, Role.PHYSICIAN)
    assert course.state.closure is None
    course.must(DecideMedwatch, Role.PHYSICIAN)
    assert course.phase is Phase.CLOSED


def test_a_death_leaves_the_review_and_nothing_else() -> None:
    course = dosed()
    course.must(RecordAdverseEvent, Role.NURSE, grade=5)
    course.must(RecordDeath, Role.PHYSICIAN)
    assert kinds(course) == {
        WorkKind.ACKNOWLEDGE_EMERGENCY,
        WorkKind.CLOSE_EMERGENCY,
        WorkKind.REVIEW_ADVERSE_EVENT,
        WorkKind.DECIDE_MEDWATCH,
    }
    course.wait(days=30)
    course.must(CloseEmergency, Role.PHYSICIAN)
    course.must(ReviewIncident, Role.PHYSICIAN)
    course.must(ReviewAdverseEvent, Role.PHYSICIAN)
    course.must(DecideMedwatch, Role.PHYSICIAN)
    assert given(course.state.closure).end is End.DIED


def test_timeline_s01_high_pressure_on_arrival() -> None:
    """Readings at 10:02, 10:14 and 10:26: the mean of the last two, 163/99.5, holds the session, and not before."""
    course = a.received()
    for number, (systolic, diastolic) in enumerate(((158, 96), (162, 98), (164, 101)), start=1):
        assert course.state.hold is None
        measured(course, systolic=systolic, diastolic=diastolic)
        assert (course.state.hold is not None) is (number == 3)
        course.wait(minutes=12)
    assert course.state.cycle.session is None


def test_a_repetition_too_soon_is_none() -> None:
    course = a.received()
    for systolic in (158, 162, 164):
        measured(course, systolic=systolic)
        course.wait(minutes=a.GAP - 1)
    assert course.state.hold is None
    failing = {check.code for check in gate(course.state, course.now) if not check.passed}
    assert "blood_pressure_repeat" in failing


@pytest.mark.parametrize(("systolic", "diastolic", "asked"), [(160, 90, True), (161, 90, False), (160, 91, False)])
def test_at_home_a_physician_may_decide_up_to_a_limit(systolic: int, diastolic: int, asked: bool) -> None:
    course = at(Phase.SESSION, setting=Setting.HOME)
    course.until(lambda it: it.state.cycle.session is not None and it.session.checked_in_at is not None)
    for _ in range(3):
        measured(course, systolic=systolic, diastolic=diastolic)
        course.wait(minutes=a.GAP)
    assert (course.state.hold is None) is asked
    assert (WorkKind.DECIDE_PREDOSE_VITALS in kinds(course)) is asked
