"""Rules with a date and a place: states, visits in person, and the end of the telemedicine permission."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from clients.scenarios.next_right import ATTESTED, an_approval, arrival, in_range
from schemas.actors import Role
from schemas.commands import (
    ApproveDosing,
    CheckIn,
    DiscontinuePathway,
    RecordAdministration,
    RecordInPersonVisit,
    RecordVitals,
    ReleaseSupply,
    ScheduleSession,
)
from schemas.facts import InPersonVisitRecorded, TelemedicineEndNeared
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.treatment import Approval, Setting
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import AT_HOME, COOLING_OFF_H, read
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at, of_kind
from tests.support.people import RESIDENCE, an_enrolment
from tests.support.protocols import given, packaged, varied
from workflows.rules.calendar import end_of_local_month
from workflows.rules.status import status_of
from workflows.rules.warning import warned_of

RULES = given(packaged().regulation)
ENDS = datetime(2027, 1, 1, 6, 59, 59, tzinfo=UTC)
"""The last second of the last day of 2026 in Denver."""

TICK = timedelta(microseconds=1)
VALID = timedelta(days=packaged().approval.first.valid_days.value)
MONTHS = given(RULES.states["AL"].in_person_within_months)


COOLING_OFF = timedelta(hours=COOLING_OFF_H)


def over_video(now: datetime, residence: str = RESIDENCE) -> Course:
    """Prepared for a dose at home, never seen in person."""
    course = Course(an_enrolment(setting=Setting.HOME, residence=residence), now=now - COOLING_OFF)
    return course.to_phase(Phase.APPROVAL)


def before_the_end(days: float = 5) -> Course:
    return over_video(ENDS - timedelta(days=days))


def after_the_end() -> Course:
    return over_video(ENDS + timedelta(days=10))


def resident_of(state: str) -> Callable[[], Course]:
    return lambda: over_video(ENDS - timedelta(days=200), state)


def seen(course: Course, ago: timedelta = timedelta(0)) -> Course:
    course.must(RecordInPersonVisit, Role.NURSE, visited_at=course.now - ago)
    return course


def approve(course: Course, **changes: object) -> Approval:
    course.must(ApproveDosing, Role.PHYSICIAN, **{**an_approval(course.state), **changes})
    assert course.state.approval is not None
    return course.state.approval


def approving(situation: Callable[[], Course], **changes: object) -> Callable[[], Refusal]:
    def attempt() -> Refusal:
        course = situation()
        return course.refused(ApproveDosing, Role.PHYSICIAN, **{**an_approval(course.state), **changes})

    return attempt


def owed(course: Course) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is WorkKind.PLAN_IN_PERSON_VISIT]


def unmet(course: Course, at_: datetime | None = None) -> set[str]:
    from workflows.rules.gate import gate

    return {check.name for check in gate(course.state, at_ or course.now) if not check.passed}


def in_session(course: Course, location: str | None = RESIDENCE) -> Course:
    """Released, received, checked in and measured; where the patient is, somebody attested or nobody."""
    course.until(lambda it: it.state.cycle.session is not None)
    course.until(lambda it: it.now >= it.session.starts_at)
    course.until(lambda it: it.session.checked_in_at is not None)
    course.must(RecordVitals, Role.NURSE, vitals=in_range(packaged(), Setting.HOME))
    session = course.session.model_copy(update={"location": location})
    approval = given(course.state.approval).model_copy(update={"state_of_dosing": None})
    cycle = course.state.cycle.model_copy(update={"session": session})
    course.state = course.state.model_copy(update={"cycle": cycle, "approval": approval})
    return course


def at_home_in(location: str | None) -> Course:
    """In a session at home, checked in somewhere else than expected; seen in person a day before the opening."""
    course = Course(an_enrolment(setting=Setting.HOME))
    course.until(lambda it: it.state.care_team is not None)
    return in_session(seen(course), location)


def dosing(course: Course) -> Refusal:
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0, route=given(course.state.approval).route)


def unseen_at_home() -> Course:
    """Approved, sent and received before the permission ended; the session begins after it."""
    course = before_the_end(days=2)
    approve(course)
    release(course)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=ENDS + timedelta(hours=1), setting=Setting.HOME)
    course.until(lambda it: it.session.checked_in_at is not None)
    course.must(RecordVitals, Role.NURSE, vitals=in_range(packaged(), Setting.HOME))
    return course


def release(course: Course) -> None:
    course.must(ReleaseSupply, Role.PHYSICIAN, approval_id=given(course.state.approval).id)


REFUSALS = [
    *(
        Refused("state_not_allowed", "state_of_dosing", state, approving(resident_of(state)))
        for state in ("TX", "WY", "ZZ")
    ),
    Refused(
        "state_not_allowed",
        "state_of_dosing",
        "dosing elsewhere than where the patient lives",
        approving(before_the_end, state_of_dosing="TX"),
    ),
    *(
        Refused("in_person_visit_missing", "state_of_dosing", f"{state}, never seen", approving(resident_of(state)))
        for state in ("AL", "GA")
    ),
    Refused(
        "in_person_visit_missing",
        "state_of_dosing",
        "seen too long ago",
        approving(lambda: seen(resident_of("AL")(), timedelta(days=367))),
    ),
    Refused("in_person_visit_missing", "state_of_dosing", "the permission has ended", approving(after_the_end)),
    Refused("state_not_allowed", None, "travelled to a state that blocks", lambda: dosing(at_home_in("TX"))),
    Refused("location_unknown", None, "nobody attested where", lambda: dosing(at_home_in(None))),
    Refused("telemedicine_ended", None, "between approval and dose", lambda: dosing(unseen_at_home())),
    Refused("location_not_attested", "location", "not asked where", lambda: unlocated()),
    Refused(
        "referral_not_accepted",
        None,
        "a visit before anybody has taken the patient on",
        saying(Course, RecordInPersonVisit, Role.NURSE),
    ),
    Refused(
        "visit_in_future",
        "visited_at",
        "a visit tomorrow",
        lambda: before_the_end().refused(RecordInPersonVisit, Role.NURSE, visited_at=ENDS + timedelta(days=1)),
    ),
    Refused(
        "visit_already_recorded",
        "visited_at",
        "the same visit again",
        lambda: seen(before_the_end()).refused(RecordInPersonVisit, Role.NURSE, visited_at=ENDS - timedelta(days=5)),
    ),
    Refused("supply_on_hold", None, "sending after the end", lambda: too_late_to_send()),
]


def unlocated() -> Refusal:
    course = at(Phase.SESSION, setting=Setting.HOME).until(lambda it: it.state.cycle.session is not None)
    read(course).wait_until(course.session.starts_at)
    return course.refused(CheckIn, Role.NURSE, **{**arrival(course.state, course.session), "location": None})


def too_late_to_send() -> Refusal:
    course = before_the_end(days=2)
    approve(course)
    course.wait_until(ENDS + TICK)
    refusal = course.refused(ReleaseSupply, Role.PHYSICIAN)
    assert refusal.facts == {"check": "telemedicine_allowed"}
    return refusal


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize("state", sorted(RULES.states))
def test_a_state_that_is_listed_is_approved_once_the_patient_was_seen(state: str) -> None:
    course = seen(resident_of(state)())
    assert approve(course).state_of_dosing == state
    assert unmet(course) & {"state_allows_home", "in_person_recent", "telemedicine_allowed"} == set()


def test_in_the_clinic_no_state_and_no_visit_is_asked_for() -> None:
    course = Course(an_enrolment(residence="TX")).to_phase(Phase.CLOSED)
    assert course.state.sessions_given == course.state.sessions_planned
    assert course.facts(TelemedicineEndNeared) == []
    assert owed(course) == []


def test_the_months_since_a_visit_end_with_their_last_local_day() -> None:
    course = seen(resident_of("AL")())
    until = end_of_local_month(course.now, int(MONTHS.value), course.state.zone)
    assert until == datetime(2027, 6, 16, 5, 59, 59, tzinfo=UTC)
    course.now = until
    course.lapse()
    course.consent("treatment", *AT_HOME)
    assert approve(course, valid_days=1).warnings == ("in_person_visit_lapses_before_approval",)
    assert "in_person_recent" not in unmet(course, until)
    assert "in_person_recent" in unmet(course, until + TICK)
    course.now = until + TICK
    assert approving(lambda: course)().code == "in_person_visit_missing"


@pytest.mark.parametrize(
    ("visit", "months", "until"),
    [
        ("2024-02-29T12:00+00:00", 12, "2025-02-28"),
        ("2026-08-31T12:00+00:00", 6, "2027-02-28"),
        ("2026-01-31T12:00+00:00", 1, "2026-02-28"),
        ("2026-12-15T12:00+00:00", 12, "2027-12-15"),
        # Still the thirtieth where the patient is.
        ("2026-07-01T03:00+00:00", 12, "2027-06-30"),
    ],
)
def test_months_are_calendar_months(visit: str, months: int, until: str) -> None:
    ends = end_of_local_month(datetime.fromisoformat(visit), months, "America/Denver")
    local = date.fromisoformat(until)
    assert ends.date() == local + timedelta(days=1)
    assert (ends + timedelta(seconds=1)).hour in (6, 7)


def test_an_approval_that_outlives_the_permission_is_given_with_a_warning() -> None:
    course = before_the_end()
    step = course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    assert warned_of(step.facts) == ("telemedicine_ends_before_approval",)
    approval = given(course.state.approval)
    assert approval.valid_until > ENDS
    assert approval.warnings == ("telemedicine_ends_before_approval",)
    assert given(status_of(course.state, course.now, 0, 0).approval).warnings == approval.warnings


def test_an_approval_that_ends_with_the_permission_is_given_without_a_warning() -> None:
    course = over_video(ENDS - VALID - timedelta(days=10))
    course.wait_until(ENDS - VALID)
    assert approve(course).valid_until == ENDS
    assert given(course.state.approval).warnings is None


def test_a_visit_that_lapses_before_the_approval_is_warned_of() -> None:
    course = seen(resident_of("AL")(), timedelta(days=350))
    assert approve(course).warnings == ("in_person_visit_lapses_before_approval",)


def test_no_warning_once_seen_nor_in_the_clinic() -> None:
    assert approve(seen(before_the_end())).warnings is None
    assert approve(before_the_end(), setting=Setting.CLINIC).warnings is None


def test_the_permission_ends_with_its_last_second_in_the_patients_zone() -> None:
    course = before_the_end(days=2)
    approve(course)
    assert "telemedicine_allowed" not in unmet(course, ENDS)
    assert "telemedicine_allowed" in unmet(course, ENDS + TICK)


def test_a_visit_lifts_what_the_end_blocks_but_not_before_it_was_held() -> None:
    course = unseen_at_home()
    checked_in = course.now
    course.wait(minutes=5)
    seen(course)
    assert "telemedicine_allowed" in unmet(course, checked_in)
    assert "telemedicine_allowed" not in unmet(course)
    course.must(RecordAdministration, Role.NURSE, dose_mg=1.0, route=given(course.state.approval).route)


def test_the_location_of_each_session_counts_and_not_the_residence() -> None:
    course = at_home_in("AL")
    assert "state_allows_home" not in unmet(course)
    assert "state_allows_home" in unmet(at_home_in("TX"))
    assert course.state.residence == RESIDENCE


def test_before_the_arrival_the_state_that_was_approved_counts() -> None:
    course = before_the_end()
    approve(course)
    assert "state_allows_home" not in unmet(course)
    moved = given(course.state.approval).model_copy(update={"state_of_dosing": "TX"})
    course.state = course.state.model_copy(update={"approval": moved})
    assert "state_allows_home" in unmet(course)


def test_an_approval_that_outlives_the_permission_makes_somebody_plan_a_visit() -> None:
    early = timedelta(days=RULES.telemedicine.warn_days_before.value + 20)
    course = over_video(ENDS - early)
    assert owed(course) == []
    protocol = varied({"approval.first.valid_days": 120})
    course.state = course.state.model_copy(update={"protocol": protocol})
    approve(course, valid_days=120)
    (item,) = owed(course)
    assert item.owner_role is Role.PHYSICIAN
    assert item.due_at == ENDS - timedelta(days=RULES.telemedicine.visit_days_before.value)
    seen(course)
    assert owed(course) == []


def test_the_approaching_end_opens_work_for_patients_over_video_alone() -> None:
    warned_at = ENDS - timedelta(days=RULES.telemedicine.warn_days_before.value)
    course = over_video(warned_at - timedelta(days=20))
    before = course.wait_until(warned_at - TICK)
    assert of_kind(before.facts, TelemedicineEndNeared) == []
    step = course.wait_until(warned_at)
    assert [fact.ends_at for fact in of_kind(step.facts, TelemedicineEndNeared)] == [ENDS]
    (item,) = owed(course)
    course.wait_until(item.due_at + timedelta(days=30))
    assert len(owed(course)) == 1, "time closes nothing"
    assert len(course.facts(TelemedicineEndNeared)) == 1


def test_whoever_was_seen_is_not_warned_of() -> None:
    course = seen(over_video(ENDS - timedelta(days=100)))
    course.wait_until(ENDS + timedelta(days=1))
    assert course.facts(TelemedicineEndNeared) == []


def test_after_the_end_a_visit_is_due_soon_after_the_patient_was_taken_on() -> None:
    course = Course(an_enrolment(setting=Setting.HOME)).to_phase(Phase.SCREENING)
    course.lapse()
    (item,) = owed(course)
    assert item.due_at == item.opened_at + timedelta(hours=packaged().work[item.kind].due_h)


def test_nobody_plans_a_visit_once_care_has_ended() -> None:
    course = after_the_end()
    assert owed(course)
    course.must(DiscontinuePathway, Role.PATIENT)
    assert owed(course) == []


def test_a_visit_before_the_opening_counts() -> None:
    course = seen(resident_of("AL")(), timedelta(days=100))
    (fact,) = course.facts(InPersonVisitRecorded)
    assert fact.visited_at < course.state.opened_at
    assert approve(course).id == "A1"


def test_a_protocol_without_the_section_asks_for_nothing() -> None:
    protocol = packaged().model_copy(update={"regulation": None, "care_team": None})
    course = Course(an_enrolment(protocol, setting=Setting.HOME))
    assert approve(course.fork().to_phase(Phase.APPROVAL), state_of_dosing="TX").warnings is None
    course.to_phase(Phase.CLOSED)
    assert course.facts(InPersonVisitRecorded) == []
    assert course.state.sessions_given == course.state.sessions_planned


def test_at_home_the_state_is_attested_like_the_address() -> None:
    course = at(Phase.SESSION, setting=Setting.HOME).until(lambda it: it.state.cycle.session is not None)
    course.until(lambda it: it.session.checked_in_at is not None)
    assert (course.session.location, course.session.home) == (RESIDENCE, ATTESTED)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"regulation.telemedicine.warn_days_before": 1}, "looked at before the visit"),
        ({"regulation.states.AL.home": "allowed"}, "wants one first"),
        ({"regulation.states.GA.source": ""}, "names its source"),
        ({"regulation.states": {}}, "at least 1 item"),
    ],
)
def test_a_section_that_contradicts_itself_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        varied(changes)
