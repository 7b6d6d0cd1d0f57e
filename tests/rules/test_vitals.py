"""Vital signs before a dose, as decision tables: just below, on and just above each limit of the protocol."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from clients.scenarios.next_right import in_range
from schemas.actors import Role
from schemas.commands import ApproveDosing, CheckIn, RecordVitals, ScheduleSession
from schemas.facts import SessionHeld
from schemas.pathway import Phase
from schemas.protocol import Quantity
from schemas.treatment import Reading, Setting, Vitals
from schemas.work import WorkKind
from tests.support.course import START, Course
from tests.support.people import an_enrolment
from tests.support.protocols import packaged
from workflows.rules.blood_pressure import Verdict, assess
from workflows.rules.gate import GateCheck, gate

RULES = packaged().vitals
REPEATS = int(RULES.max_repeats.value)
AT_ONCE = (int(RULES.immediate_hold.systolic.value), int(RULES.immediate_hold.diastolic.value))
TICK = timedelta(microseconds=1)

Pair = tuple[int, int]


def go(setting: Setting) -> Pair:
    limit = RULES.predose[setting].go
    return int(limit.systolic.value), int(limit.diastolic.value)


def most(setting: Setting) -> Pair:
    """The highest pressure that does not hold after all repeats."""
    limit = RULES.predose[setting].hold_above
    return int(limit.systolic.value), int(limit.diastolic.value)


def above(pair: Pair, systolic: int = 0, diastolic: int = 0) -> Pair:
    return pair[0] + systolic, pair[1] + diastolic


def judged(setting: Setting, *pressures: Pair) -> Verdict:
    readings = [
        Reading(vitals=Vitals(systolic=s, diastolic=d), measured_at=START + timedelta(minutes=10 * number))
        for number, (s, d) in enumerate(pressures)
    ]
    return assess(readings, RULES, setting)


@pytest.mark.parametrize("setting", list(Setting))
def test_one_reading(setting: Setting) -> None:
    limit = go(setting)
    table = {
        above(limit, -1, -1): Verdict.GO,
        limit: Verdict.GO,
        above(limit, systolic=1): Verdict.REPEAT,
        above(limit, diastolic=1): Verdict.REPEAT,
        above(AT_ONCE, -1, -1): Verdict.REPEAT,
        (AT_ONCE[0], limit[1]): Verdict.HOLD,
        (AT_ONCE[0] - 1, limit[1]): Verdict.REPEAT,
        (limit[0], AT_ONCE[1]): Verdict.HOLD,
        (limit[0], AT_ONCE[1] - 1): Verdict.REPEAT,
        above(AT_ONCE, 1, 1): Verdict.HOLD,
    }
    assert {pair: judged(setting, pair) for pair in table} == table


@pytest.mark.parametrize("setting", list(Setting))
@pytest.mark.parametrize("earlier", range(1, REPEATS + 1))
def test_a_repeat_in_range_on_average_is_a_go(setting: Setting, earlier: int) -> None:
    limit = go(setting)
    high = [above(limit, 4, 2)] * earlier
    assert judged(setting, *high, above(limit, -4, -2)) is Verdict.GO
    for off in (above(limit, -3, -2), above(limit, -4, -1)):
        assert judged(setting, *high, off) is not Verdict.GO


@pytest.mark.parametrize("setting", list(Setting))
def test_only_the_last_reading_decides(setting: Setting) -> None:
    beyond = above(go(setting), systolic=1)
    for readings in range(1, REPEATS + 1):
        assert judged(setting, *[beyond] * readings) is Verdict.REPEAT
    last = judged(setting, *[beyond] * (REPEATS + 1))
    assert last is (Verdict.PHYSICIAN if beyond[0] <= most(setting)[0] else Verdict.HOLD)


def test_after_all_repeats_the_mean_of_the_last_two_decides() -> None:
    setting = Setting.CLINIC
    limit, first = most(setting), [above(go(setting), 1, 1)] * (REPEATS - 1)
    table = {
        (above(limit, -1, -1), limit): Verdict.PHYSICIAN,
        (limit, limit): Verdict.PHYSICIAN,
        (above(limit, -1), above(limit, 1)): Verdict.PHYSICIAN,
        (limit, above(limit, 1)): Verdict.HOLD,
        (limit, above(limit, diastolic=1)): Verdict.HOLD,
        (above(limit, -2), above(limit, 1)): Verdict.PHYSICIAN,
    }
    assert {pairs: judged(setting, *first, *pairs) for pairs in table} == table


@pytest.mark.parametrize("setting", list(Setting))
@pytest.mark.parametrize("place", range(REPEATS + 1))
def test_one_very_high_reading_holds_whatever_the_others_are(setting: Setting, place: int) -> None:
    calm = above(go(setting), -40, -40)
    readings = [calm] * (REPEATS + 1)
    readings[place] = (AT_ONCE[0], calm[1])
    assert judged(setting, *readings) is Verdict.HOLD


def test_readings_count_in_the_order_in_which_they_were_measured() -> None:
    high, calm = above(go(Setting.CLINIC), 30, 0), above(go(Setting.CLINIC), -31, 0)
    told_late = [
        Reading(vitals=Vitals(systolic=s, diastolic=d), measured_at=START + timedelta(minutes=minute))
        for (s, d), minute in ((calm, 20), (calm, 10), (high, 0))
    ]
    assert assess(told_late, RULES, Setting.CLINIC) is Verdict.GO
    assert assess(told_late[::-1], RULES, Setting.CLINIC) is Verdict.GO


def test_a_pressure_without_its_other_half_is_not_normal() -> None:
    halves = [Vitals(systolic=100), Vitals(diastolic=60), Vitals(heart_rate=70, spo2=98)]
    readings = [Reading(vitals=vitals, measured_at=START) for vitals in halves]
    assert assess(readings, RULES, Setting.CLINIC) is Verdict.MISSING
    assert assess([], RULES, Setting.CLINIC) is Verdict.MISSING


@pytest.mark.parametrize("half", [{"systolic": AT_ONCE[0]}, {"diastolic": AT_ONCE[1]}])
def test_half_a_very_high_pressure_holds(half: dict[str, int]) -> None:
    calm = Reading(vitals=in_range(packaged()), measured_at=START)
    high = Reading(vitals=Vitals(**half), measured_at=START + timedelta(minutes=5))
    assert assess([calm, high], RULES, Setting.CLINIC) is Verdict.HOLD


def test_s01_high_pressure_on_arrival_is_held_at_the_third_reading() -> None:
    course = Course(an_enrolment(), now=datetime(2026, 3, 29, 21, 0, tzinfo=UTC)).to_phase(Phase.APPROVAL)
    course.wait_until(datetime(2026, 3, 30, 22, 0, tzinfo=UTC))
    approval = {"sessions": 2, "valid_days": 30, "max_dose_mg": 150.0}
    course.must(ApproveDosing, Role.PHYSICIAN, **approval)
    given = course.state.approval
    assert given is not None
    assert given.valid_until == datetime(2026, 4, 30, 5, 59, 59, tzinfo=UTC)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=datetime(2026, 4, 15, 16, 0, tzinfo=UTC))
    course.to_phase(Phase.PREPARATION, cycle=2).go_on()
    arrival = datetime(2026, 4, 28, 16, 0, tzinfo=UTC)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=arrival)
    course.wait_until(arrival)
    course.must(CheckIn, Role.THERAPIST)
    for minute, systolic, diastolic in ((2, 158, 96), (14, 162, 98), (26, 164, 101)):
        assert course.state.hold is None
        assert not blood_pressure(course).passed
        course.wait_until(arrival + timedelta(minutes=minute))
        course.must(
            RecordVitals, Role.NURSE, vitals=Vitals(systolic=systolic, diastolic=diastolic, heart_rate=80, spo2=98)
        )
    assert course.state.hold is not None
    assert course.state.hold.since == arrival + timedelta(minutes=26)
    assert len(course.facts(SessionHeld)) == 1
    assert WorkKind.REVIEW_HOLD in {item.kind for item in course.state.work}
    course.wait_until(given.valid_until)
    expired = course.state.approval
    assert expired is not None
    assert (expired.status, expired.sessions_used, course.state.sessions_given) == ("expired", 1, 1)
    assert course.state.hold is not None, "time lifts no hold"


def blood_pressure(course: Course) -> GateCheck:
    checks = {check.name: check for check in gate(course.state, course.now)}
    return checks.get("blood_pressure_in_range") or checks["vitals_present"]


def received(setting: Setting = Setting.CLINIC) -> Course:
    course = Course(an_enrolment(setting=setting))
    return course.until(lambda it: it.state.cycle.session is not None and it.session.checked_in_at is not None)


def failing(course: Course) -> set[str]:
    return {check.code for check in gate(course.state, course.now) if not check.passed}


@pytest.mark.parametrize(
    ("sign", "limit", "bad", "code"),
    [
        ("heart_rate", lambda _: RULES.heart_rate_min, -1, "heart_rate_out_of_range"),
        ("heart_rate", RULES.heart_rate_max_in, +1, "heart_rate_out_of_range"),
        ("spo2", lambda _: RULES.spo2_min, -1, "oxygen_out_of_range"),
    ],
    ids=["slow", "fast", "oxygen"],
)
@pytest.mark.parametrize("setting", list(Setting))
def test_heart_rate_and_oxygen(
    setting: Setting, sign: str, limit: Callable[[Setting], Quantity], bad: int, code: str
) -> None:
    edge = int(limit(setting).value)
    for value, expected in ((edge - bad, set()), (edge, set()), (edge + bad, {code})):
        course = received(setting)
        vitals = in_range(packaged(), setting).model_copy(update={sign: value})
        course.must(RecordVitals, Role.NURSE, vitals=vitals)
        assert failing(course) == expected, (sign, value)


@pytest.mark.parametrize("sign", ["systolic", "diastolic", "heart_rate", "spo2"])
def test_a_missing_sign_is_not_a_normal_one(sign: str) -> None:
    course = received()
    course.must(RecordVitals, Role.NURSE, vitals=in_range(packaged()).model_copy(update={sign: None}))
    assert failing(course) == {"vitals_missing"}


@pytest.mark.parametrize("later", [{"heart_rate": 150}, {"spo2": 80}, {"systolic": 165}, {"diastolic": 105}])
def test_a_later_sign_that_is_out_of_range_counts_even_alone(later: dict[str, int]) -> None:
    course = received()
    course.must(RecordVitals, Role.NURSE, vitals=in_range(packaged()))
    course.wait(minutes=10)
    course.must(RecordVitals, Role.NURSE, vitals=Vitals(**later))
    assert failing(course) != set()


@pytest.mark.parametrize(("over", "stale"), [(-TICK, False), (timedelta(0), False), (TICK, True)])
def test_signs_grow_old(over: timedelta, stale: bool) -> None:
    course = received()
    course.must(RecordVitals, Role.NURSE, vitals=in_range(packaged()))
    course.wait_until(course.now + timedelta(minutes=RULES.valid_min.value) + over)
    assert failing(course) == ({"vitals_stale"} if stale else set())
