"""Readings that stood in the way of a dose cannot be averaged, repeated, cancelled or passed over away."""

from datetime import timedelta

import pytest

from schemas.actors import Role
from schemas.commands import (
    CancelSession,
    CheckIn,
    DecidePredoseVitals,
    DeclareEmergency,
    LiftHold,
    RecordAdministration,
    RecordDayChecklist,
    RecordVitals,
    ReviewVitalsAlarm,
    ScheduleSession,
)
from schemas.facts import EmergencyDeclared, VitalsAlarmed, VitalsBecameLate
from schemas.monitoring import AlarmLevel, Symptom
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.treatment import DrugRoute, Reading, Setting, TreatmentRoute, Vitals
from schemas.work import WorkKind
from tests.rules import arrivals as a
from tests.support.course import START, Course, at
from tests.support.protocols import given, packaged, varied
from workflows.rules.blood_pressure import Verdict, assess
from workflows.rules.gate import gate
from workflows.rules.monitoring import missing_readings

RULES = packaged().vitals
CARRIED = timedelta(hours=given(RULES.carried_h).value)
KEPT = timedelta(hours=given(packaged().session.kept_h).value)
GO, REPEAT, PHYSICIAN, HOLD = Verdict.GO, Verdict.REPEAT, Verdict.PHYSICIAN, Verdict.HOLD
ALERT, STOP, EMERGENCY = AlarmLevel.ALERT, AlarmLevel.STOP, AlarmLevel.EMERGENCY
LOW = {"spo2": 89}


def signs(systolic: int = 124, diastolic: int = 78, spo2: int = 98, heart_rate: int = 66) -> Vitals:
    return Vitals(systolic=systolic, diastolic=diastolic, heart_rate=heart_rate, spo2=spo2)


def measure(course: Course, vitals: Vitals, *symptoms: Symptom, minutes_ago: float = 0) -> Course:
    then = course.now - timedelta(minutes=minutes_ago)
    course.must(RecordVitals, Role.NURSE, vitals=vitals, symptoms=symptoms, observed_at=then)
    return course


def arrived(*pressures: tuple[int, int]) -> Course:
    course = a.received()
    for pressure in pressures:
        measure(course, signs(*pressure))
        course.wait(minutes=a.GAP)
    return course


def failing(course: Course) -> set[str]:
    return {check.code for check in gate(course.state, course.now) if not check.passed}


def dose(course: Course) -> str | None:
    """The code with which a dose is refused, if it is."""
    answer = course.do(RecordAdministration, Role.NURSE, dose_mg=1.0)
    return answer.code if isinstance(answer, Refusal) else None


def levels(course: Course) -> list[AlarmLevel]:
    return [one.level for one in course.state.alarms]


def judged(*told: tuple[int, int, int]) -> Verdict:
    """Minute, systolic, diastolic."""
    readings = [
        Reading(vitals=Vitals(systolic=s, diastolic=d), measured_at=START + timedelta(minutes=minute))
        for minute, s, d in told
    ]
    return assess(readings, RULES, Setting.CLINIC)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([(0, 110, 70), (10, 140, 90)], GO),
        ([(0, 110, 70), (10, 141, 90)], REPEAT),
        ([(0, 110, 70), (10, 168, 104)], REPEAT),
        ([(0, 110, 70), (5, 168, 104)], REPEAT),
        ([(0, 110, 70), (10, 110, 70), (20, 110, 70), (30, 168, 104)], REPEAT),
        ([(0, 110, 70), (10, 168, 104), (20, 112, 76)], GO),
        ([(0, 110, 70), (10, 168, 104), (20, 113, 76)], REPEAT),
        ([(0, 150, 88), (10, 120, 80), (20, 145, 80)], PHYSICIAN),
        ([(0, 150, 88), (10, 120, 80), (20, 140, 80)], GO),
        ([(0, 150, 88), (10, 120, 80), (15, 168, 104), (20, 130, 80)], PHYSICIAN),
    ],
)
def test_a_new_high_pressure_is_not_averaged_away(told: list[tuple[int, int, int]], expected: Verdict) -> None:
    assert judged(*told) is expected


def test_a_new_high_pressure_is_not_dosed() -> None:
    assert dose(arrived((110, 70), (168, 104))) == "blood_pressure_repeat"


@pytest.mark.parametrize("later", [[(128, 80)], [(128, 80), (120, 80), (110, 70)]])
def test_measuring_until_it_passes_stays_with_the_physician(later: list[tuple[int, int]]) -> None:
    course = arrived((150, 95), (150, 95), (150, 95), *later)
    assert dose(course) == "blood_pressure_physician"
    assert WorkKind.DECIDE_PREDOSE_VITALS in {item.kind for item in course.state.work}
    course.must(DecidePredoseVitals, Role.PHYSICIAN, proceed=True)
    assert dose(course) is None


def test_in_range_before_the_last_repeat_needs_no_physician() -> None:
    assert dose(arrived((150, 88), (150, 88), (128, 80))) is None


def test_a_verdict_of_the_physician_may_still_become_a_hold() -> None:
    high = [(number * 10, 150, 95) for number in range(3)]
    assert judged(*high, (30, 168, 100)) is PHYSICIAN
    assert judged(*high, (30, 172, 100)) is HOLD
    assert judged(*high, (30, 172, 100), (40, 110, 70), (50, 110, 70)) is HOLD


def booked_anew(course: Course, after: timedelta = a.MINUTE) -> Course:
    course.must(CancelSession, Role.COORDINATOR)
    course.wait_until(course.now + after - a.MINUTE)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + a.MINUTE)
    course.wait(minutes=1)
    course.must(RecordDayChecklist, Role.NURSE)
    course.must(CheckIn, Role.THERAPIST)
    return course


def test_cancelling_and_booking_again_undoes_no_reading() -> None:
    course = booked_anew(arrived((172, 104), (168, 104)))
    assert dose(measure(course, signs(138, 88))) == "blood_pressure_physician"
    again = booked_anew(course)
    assert dose(measure(again, signs(138, 88))) == "blood_pressure_physician"


@pytest.mark.parametrize(
    ("after", "code"), [(CARRIED, "blood_pressure_repeat"), (CARRIED + a.TICK, None), (CARRIED + a.MINUTE, None)]
)
def test_a_later_arrival_begins_anew(after: timedelta, code: str | None) -> None:
    course = a.received()
    measure(course, signs(172, 104))
    assert dose(measure(booked_anew(course, after), signs(138, 88))) == code


def test_who_lifts_a_hold_has_judged_the_readings() -> None:
    course = measure(a.received(), signs(190, 100))
    course.must(LiftHold, Role.PHYSICIAN)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + a.MINUTE)
    course.wait(minutes=1)
    course.must(RecordDayChecklist, Role.NURSE)
    course.must(CheckIn, Role.THERAPIST)
    assert dose(measure(course, signs(138, 88))) is None


def test_no_booster_unless_measured_since_the_dose_and_in_range() -> None:
    course = a.dosed(1.0)
    course.wait(minutes=15)
    assert dose(course.fork()) == "not_measured_since_dose"
    assert dose(measure(course.fork(), Vitals(temperature_c=36.8))) == "vitals_missing"
    assert dose(measure(course.fork(), signs(150, 88))) == "blood_pressure_repeat"
    assert dose(measure(course.fork(), signs(spo2=94))) == "oxygen_out_of_range"
    assert dose(measure(course, signs())) is None


def test_an_acceptance_before_the_dose_is_none_for_the_booster() -> None:
    course = arrived((150, 95), (150, 95), (150, 95))
    course.must(DecidePredoseVitals, Role.PHYSICIAN, proceed=True)
    a.give(course)
    course.wait(minutes=15)
    assert dose(measure(course.fork(), signs(150, 95))) == "blood_pressure_repeat"
    assert dose(measure(course, signs(138, 88))) is None


@pytest.mark.parametrize(
    ("vitals", "level"),
    [
        (signs(190, 115), STOP),
        (Vitals(systolic=190), STOP),
        (signs(150, 88), ALERT),
        (Vitals(systolic=150), ALERT),
        (signs(heart_rate=121), ALERT),
        (signs(heart_rate=120), None),
        (signs(spo2=94), ALERT),
        (signs(spo2=91), STOP),
        (Vitals(temperature_c=38.1), ALERT),
        (Vitals(temperature_c=38.0), None),
        (signs(140, 90), None),
    ],
)
def test_a_reading_before_the_dose_told_after_it_is_judged(vitals: Vitals, level: AlarmLevel | None) -> None:
    course = a.ready()
    course.wait(minutes=10)
    a.give(course)
    course.wait(minutes=5)
    measure(course, vitals, minutes_ago=7)
    assert levels(course) == ([level] if level else [])
    assert (WorkKind.REVIEW_VITALS_ALARM in {item.kind for item in course.state.work}) is (level is not None)
    assert course.session.stopped is (level is STOP)
    assert course.session.in_progress


def test_a_calm_reading_told_late_does_not_undo_what_a_physician_accepted() -> None:
    course = arrived((150, 95), (150, 95), (150, 95))
    course.must(DecidePredoseVitals, Role.PHYSICIAN, proceed=True)
    a.give(course)
    course.wait(minutes=5)
    for minutes_ago in (6, 7):
        measure(course, signs(), minutes_ago=minutes_ago)
    assert levels(course) == []
    measure(course, signs(152, 95), minutes_ago=5.5)
    assert levels(course) == [ALERT]


def test_low_oxygen_is_not_interrupted_by_a_reading_without_it() -> None:
    course = a.dosed()
    course.wait(minutes=10)
    measure(course, a.CALM.model_copy(update=LOW))
    course.wait(seconds=40)
    measure(course, Vitals(systolic=130, diastolic=80))
    course.wait(seconds=19)
    assert course.fork().must(RecordVitals, Role.NURSE, vitals=signs(spo2=89)).state.emergency is None
    course.wait(seconds=1)
    measure(course, a.CALM.model_copy(update=LOW))
    assert course.facts(EmergencyDeclared)[0].reasons == ("oxygen",)


@pytest.mark.parametrize(("seconds", "emergency"), [(59, False), (60, True), (180, True)])
def test_low_oxygen_told_out_of_order_is_an_emergency(seconds: float, emergency: bool) -> None:
    course = a.dosed()
    course.wait(minutes=10)
    measure(course, a.CALM.model_copy(update=LOW))
    measure(course, a.CALM.model_copy(update=LOW), minutes_ago=seconds / 60)
    assert (course.state.emergency is not None) is emergency
    assert (EMERGENCY in [fact.level for fact in course.facts(VitalsAlarmed)]) is emergency


def test_a_reading_without_every_sign_is_not_the_one_that_was_due() -> None:
    course = a.dosed()
    for _ in range(2):
        course.wait(minutes=30)
        measure(course, Vitals(temperature_c=37.0))
    course.wait(minutes=60)
    assert [late.minute for late in course.facts(VitalsBecameLate)] == [30, 60]
    assert WorkKind.MEASURE_VITALS in {item.kind for item in course.state.work}
    measure(course, signs())
    assert WorkKind.MEASURE_VITALS not in {item.kind for item in course.state.work}
    assert [minute for minute, _ in missing_readings(course.state, course.session, course.now)] == [30, 60]


def test_the_gravest_alarm_stands_and_each_is_reviewed_by_its_own_name() -> None:
    course = a.dosed()
    for pressure in ((185, 112), (162, 101)):
        course.wait(minutes=5)
        measure(course, signs(*pressure))
    assert [(one.id, one.level) for one in course.state.alarms] == [("V1", STOP), ("V2", ALERT)]
    assert course.state.gravest_alarm is STOP
    course.must(ReviewVitalsAlarm, Role.PHYSICIAN, alarm_id="V2")
    assert course.state.gravest_alarm is STOP
    assert course.refused(ReviewVitalsAlarm, Role.PHYSICIAN, alarm_id="V2").field == "alarm_id"
    course.must(ReviewVitalsAlarm, Role.PHYSICIAN, alarm_id="V1")
    assert course.state.gravest_alarm is None


def test_a_state_of_old_keeps_its_alarm() -> None:
    course = a.dosed()
    course.state = course.state.model_copy(update={"vitals_alarm": STOP})
    assert (course.state.gravest_alarm, [one.id for one in course.state.alarms]) == (STOP, ["V0"])
    measure(course, signs(162, 101))
    course.must(ReviewVitalsAlarm, Role.PHYSICIAN, alarm_id="V1")
    assert course.state.gravest_alarm is STOP
    course.must(ReviewVitalsAlarm, Role.PHYSICIAN, alarm_id="V0")
    assert course.state.alarms == ()


def test_a_booster_does_not_excuse_readings_that_were_due_before_it() -> None:
    course = a.dosed(1.0)
    first = course.now
    limits = packaged().routes[DrugRoute.SUBLINGUAL].model_copy(update={"vitals_at_min": (10, 30)})
    protocol = course.state.protocol
    routes = {**protocol.routes, DrugRoute.SUBLINGUAL: limits}
    course.state = course.state.model_copy(update={"protocol": protocol.model_copy(update={"routes": routes})})
    course.wait(minutes=20)
    booster = course.session.doses[0].model_copy(update={"given_at": course.now})
    both = course.session.model_copy(update={"doses": (*course.session.doses, booster)})
    missing = list(missing_readings(course.state, both, course.now + timedelta(hours=1)))
    assert [(minute, at - first) for minute, at in missing] == [
        (10, timedelta(minutes=10)),
        (10, timedelta(minutes=30)),
        (30, timedelta(minutes=50)),
    ]


@pytest.mark.parametrize("treatment", [TreatmentRoute.ESKETAMINE, TreatmentRoute.STANDARD_KETAMINE])
def test_readings_go_on_until_the_discharge(treatment: TreatmentRoute) -> None:
    course = at(
        Phase.SESSION,
        treatment=treatment,
        protocol=varied({"treatments.standard_ketamine.drug_routes": ["intravenous"]}),
    )
    course.until(lambda it: bool(it.state.sessions_given))
    route = course.session.doses[0].route
    limits = packaged().routes[route]
    every = timedelta(minutes=given(limits.vitals_every_min).value)
    little = timedelta(minutes=given(packaged().monitoring).late_min.value)
    course.wait_until(course.now + timedelta(minutes=limits.vitals_at_min[-1]))
    measure(course, signs())
    for _ in range(3):
        late = len(course.facts(VitalsBecameLate))
        course.wait_until(course.now + every + little - a.TICK)
        assert len(course.facts(VitalsBecameLate)) == late
        course.wait_until(course.now + a.TICK)
        assert len(course.facts(VitalsBecameLate)) == late + 1
        course.wait(hours=5)
        assert len(course.facts(VitalsBecameLate)) == late + 1, "one reading is owed, not twenty"
        measure(course, signs())


def held_at_home() -> Course:
    course = at(Phase.SESSION, setting=Setting.HOME)
    course.until(lambda it: it.state.cycle.session is not None and it.session.checked_in_at is not None)
    return measure(course, signs(190, 115))


def test_who_was_held_and_feels_unwell_is_heard() -> None:
    course = held_at_home()
    assert course.state.hold is not None
    course.wait(minutes=20)
    measure(course, signs(210, 130), Symptom.CHEST_PAIN)
    (emergency,) = course.facts(EmergencyDeclared)
    assert emergency.address is not None
    assert emergency.session_id == "S1"
    assert course.state.broken_off is not None
    assert len(course.state.broken_off.readings) == 2


@pytest.mark.parametrize(("after", "known"), [(KEPT, True), (KEPT + a.TICK, False)])
def test_an_emergency_after_a_hold_knows_the_address(after: timedelta, known: bool) -> None:
    course = held_at_home()
    course.wait_until(course.now + after)
    course.must(DeclareEmergency, Role.PATIENT)
    (emergency,) = course.facts(EmergencyDeclared)
    assert (emergency.address is not None) is known


def test_a_cancelled_session_still_takes_what_was_measured_in_it() -> None:
    course = a.received()
    course.wait(minutes=5)
    course.must(CancelSession, Role.NURSE)
    course.wait(minutes=5)
    measure(course, signs(172, 104), minutes_ago=7)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + a.MINUTE)
    course.wait(minutes=1)
    course.must(RecordDayChecklist, Role.NURSE)
    course.must(CheckIn, Role.THERAPIST)
    assert dose(measure(course, signs(138, 88))) == "blood_pressure_repeat"
    assert "blood_pressure_repeat" in failing(course)
