"""Two dated timelines: high blood pressure on arrival near the end of an approval, and a dose that is edited late."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from schemas.actors import Actor, Role
from schemas.commands import (
    AcknowledgeDosePlan,
    ApproveDosing,
    CheckIn,
    ConfirmCondition,
    CountersignDosing,
    LiftHold,
    RecordAdministration,
    RecordFollowUp,
    RecordVitals,
    RevokeApproval,
    ScheduleSession,
)
from schemas.facts import (
    ApprovalExpired,
    DosingApproved,
    DrugAdministered,
    MessageRequested,
    PathwayCompleted,
    SessionCutoffReached,
    SessionHeld,
    SessionReleased,
    SessionScheduled,
    WorkItemOpened,
)
from schemas.messages import MessageRequest, Template
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.treatment import ApprovalStatus, Setting, Vitals
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import CALM, approval_of, read
from tests.rules.staffing import verified
from tests.support.course import Course
from tests.support.people import an_enrolment
from workflows.rules.gate import gate
from workflows.rules.warning import warned_of

SECOND = Actor(id="dr-birch", role=Role.PHYSICIAN)
"""The prescriber who covers, or agrees to a large step."""


def on(zone: str, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """A wall-clock time of 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def until(course: Course, instant: datetime) -> None:
    """Time passes, and whoever is asked after answers."""
    while course.now < instant:
        if course.state.checkins.open:
            course.go_on()
        else:
            course.wait_until(min([instant, *(one.opens_at for one in course.state.checkins.planned)]))


def told(course: Course, template: Template) -> list[MessageRequest]:
    found = [fact.message for fact in course.facts(MessageRequested)]
    return [message for message in found if message.template is template]


def owed(course: Course, kind: WorkKind) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is kind]


def dosing(course: Course, mg: float = 100.0) -> Refusal:
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=mg)


# High blood pressure on arrival, the approval expires, another physician approves anew (America/Denver)


def denver(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return on("America/Denver", month, day, hour, minute)


READINGS = ((2, 158, 96), (14, 162, 98), (26, 164, 101))


@cache
def _before_the_second_session() -> Course:
    course = Course(an_enrolment(), now=denver(3, 24, 9)).to_phase(Phase.APPROVAL)
    course.wait_until(denver(3, 30, 16))
    terms = {"max_dose_mg": 150, "sessions": 2, "valid_days": 30}
    course.must(ApproveDosing, Role.PHYSICIAN, **terms, setting=Setting.CLINIC)
    read(course).must(ScheduleSession, Role.COORDINATOR, starts_at=denver(4, 15, 10))
    course.to_phase(Phase.INTEGRATION)
    until(course, denver(4, 17, 11))
    course.until(lambda it: it.state.cycle.number == 2 and it.state.cycle.prepared_at is not None)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=denver(4, 28, 10))
    course.until(lambda it: it.now >= denver(4, 28, 10))
    course.until(lambda it: it.session.checked_in_at is not None)
    return course


def measured(course: Course, *readings: tuple[int, int, int]) -> Course:
    for minute, systolic, diastolic in readings:
        course.wait_until(denver(4, 28, 10, minute))
        high = Vitals(systolic=systolic, diastolic=diastolic, heart_rate=80, spo2=97)
        course.must(RecordVitals, Role.NURSE, vitals=high)
    return course


@cache
def _moved_beyond_the_end() -> Course:
    course = measured(_before_the_second_session().fork(), *READINGS)
    course.wait_until(denver(4, 28, 10, 30))
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=denver(5, 4, 10))
    return course


def test_the_approval_ends_at_the_end_of_the_thirtieth_local_day() -> None:
    assert approval_of(_before_the_second_session()).valid_until == datetime(2026, 4, 30, 5, 59, 59, tzinfo=UTC)


def test_no_reading_but_the_last_decides_and_it_holds() -> None:
    for known in (1, 2):
        course = measured(_before_the_second_session().fork(), *READINGS[:known])
        assert course.facts(SessionHeld) == []
        assert dosing(course).code == "blood_pressure_repeat"
    course = measured(_before_the_second_session().fork(), *READINGS)
    assert [entry.at for entry in course.log if isinstance(entry.fact, SessionHeld)] == [denver(4, 28, 10, 26)]
    (hold,) = owed(course, WorkKind.REVIEW_HOLD)
    assert (hold.owner_role, hold.opened_at) == (Role.PHYSICIAN, denver(4, 28, 10, 26))
    assert course.refused(LiftHold, Role.THERAPIST).code == "role_not_allowed"


def test_the_held_session_counts_for_nothing_and_nobody_asks_how_it_went() -> None:
    before = _before_the_second_session()
    course = measured(before.fork(), *READINGS)
    assert (course.state.sessions_given, approval_of(course).sessions_used) == (1, 1)
    assert course.state.checkins.planned == before.state.checkins.planned
    sent = [message.to_role for message in told(course, Template.SESSION_OFF)]
    assert set(sent) == {Role.PHYSICIAN, Role.THERAPIST, Role.PATIENT}


def test_moved_beyond_the_approval_it_says_so_and_asks_for_the_next_one() -> None:
    course = _moved_beyond_the_end()
    booking = course.facts(SessionScheduled)[-1]
    assert set(warned_of([booking])) >= {"approval_expired", "medical_hold"}
    (item,) = owed(course, WorkKind.APPROVE_DOSING)
    assert (item.opened_at, item.due_at) == (denver(4, 28, 10, 30), denver(4, 30, 10, 30))


def test_it_expires_with_a_session_left_and_is_not_extended_for_it() -> None:
    course = _moved_beyond_the_end().fork()
    until(course, denver(4, 30, 10, 29))
    assert owed(course, WorkKind.APPROVE_DOSING)[0].steps == 0
    until(course, denver(4, 30, 10, 30))
    assert owed(course, WorkKind.APPROVE_DOSING)[0].steps == 1
    (expired,) = course.facts(ApprovalExpired)
    assert (expired.approval_id, expired.sessions_unused) == ("A1", 1)
    assert [entry.at for entry in course.log if isinstance(entry.fact, ApprovalExpired)] == [
        datetime(2026, 4, 30, 5, 59, 59, tzinfo=UTC)
    ]


def test_the_tentative_slot_is_released_a_day_ahead_and_the_patient_told() -> None:
    course = _moved_beyond_the_end().fork()
    until(course, denver(5, 3, 9, 59))
    assert course.session.starts_at == denver(5, 4, 10)
    sent = len(told(course, Template.SESSION_OFF))
    until(course, denver(5, 3, 10))
    (released,) = [entry for entry in course.log if isinstance(entry.fact, SessionReleased)]
    assert (released.at, released.actor) == (denver(5, 3, 10), None)
    assert Role.PATIENT in {message.to_role for message in told(course, Template.SESSION_OFF)[sent:]}
    until(course, denver(5, 4, 10))
    reminders = [message.at for message in told(course, Template.SESSION_REMINDER)]
    assert denver(5, 4, 10) not in reminders
    assert course.refused(CheckIn, Role.NURSE).code == "no_session"
    dosing(course)
    assert len(course.facts(DrugAdministered)) == 1


def test_another_physician_approves_anew_and_a_late_click_of_the_first_revives_nothing() -> None:
    course = _moved_beyond_the_end().fork()
    until(course, denver(5, 5, 9))
    (request,) = owed(course, WorkKind.APPROVE_DOSING)
    anew = {"max_dose_mg": 100, "sessions": 6, "valid_days": 90, "conditions": {"bp-log": "Blood pressure for 7 days."}}
    verified(course, SECOND).must(RecordFollowUp, Role.PHYSICIAN, actor=SECOND)
    course.must(ApproveDosing, Role.PHYSICIAN, actor=SECOND, request_id=request.id, **anew)
    course.must(ConfirmCondition, Role.PHYSICIAN, actor=SECOND, approval_id="A2", condition="bp-log")
    approval = approval_of(course)
    assert (approval.id, approval.approved_by, approval.acknowledged) == ("A2", SECOND.id, {})
    assert {item.kind for item in course.state.work} >= {WorkKind.ACKNOWLEDGE_DOSE_PLAN, WorkKind.READ_DOSE_PLAN}
    unmet = {check.name for check in gate(course.state, course.now) if not check.passed}
    assert {"plan_read_by_therapist", "plan_read_by_patient"} <= unmet
    assert "consents_active" not in unmet
    until(course, denver(5, 6, 9))
    late = course.refused(ApproveDosing, Role.PHYSICIAN, request_id=request.id, max_dose_mg=150)
    assert late.code == "request_closed"
    late = course.refused(RevokeApproval, Role.PHYSICIAN, approval_id="A1")
    assert late.code == "approval_unknown"
    assert course.facts(PathwayCompleted) == []


# A dose edited after preparation, and once more while the patient is checked in (America/New_York)


def new_york(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return on("America/New_York", month, day, hour, minute)


@cache
def _edited() -> Course:
    """Prepared against 150 mg, edited to 250 mg, agreed to by a second prescriber, and read by the therapist."""
    enrolment = an_enrolment().model_copy(update={"zone": "America/New_York"})
    course = Course(enrolment, now=new_york(6, 29, 9)).to_phase(Phase.APPROVAL)
    course.wait_until(new_york(7, 6, 15))
    course.must(ApproveDosing, Role.PHYSICIAN, max_dose_mg=150)
    read(course).must(ScheduleSession, Role.COORDINATOR, starts_at=new_york(7, 9, 14))
    course.wait_until(new_york(7, 8, 11, 20))
    course.must(ApproveDosing, Role.PHYSICIAN, max_dose_mg=250, reason="Too little was felt.")
    course.wait_until(new_york(7, 8, 11, 40))
    verified(course, SECOND).must(CountersignDosing, Role.PHYSICIAN, approval_id="A2", actor=SECOND)
    course.wait_until(new_york(7, 9, 8, 30))
    course.must(AcknowledgeDosePlan, Role.THERAPIST, approval_id="A2")
    return course


@cache
def _lowered() -> Course:
    """The patient read it in time, is checked in and measured, and then the dose is lowered."""
    course = _edited().fork()
    course.wait_until(new_york(7, 9, 11, 30))
    course.must(AcknowledgeDosePlan, Role.PATIENT, approval_id="A2")
    course.until(lambda it: bool(it.session.readings))
    course.wait_until(new_york(7, 9, 14, 5))
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    assert all(check.passed for check in gate(course.state, course.now))
    course.must(ApproveDosing, Role.PHYSICIAN, max_dose_mg=200)
    return course


def test_the_new_version_supersedes_with_a_visible_difference_and_carries_no_old_word() -> None:
    course = _edited()
    edit = course.facts(DosingApproved)[1]
    assert (edit.supersedes, edit.changes) == ("A1", ("max_dose_mg",))
    assert approval_of(course).acknowledged == {Role.THERAPIST: new_york(7, 9, 8, 30)}
    for late in (AcknowledgeDosePlan, RevokeApproval):
        assert course.fork().refused(late, min(late.by), approval_id="A1").code == "approval_unknown"


def test_unread_at_the_cutoff_the_session_is_blocked_and_both_are_told() -> None:
    course = _edited().fork()
    course.wait_until(new_york(7, 9, 11, 59))
    assert course.session.blocked_for == ()
    course.wait_until(new_york(7, 9, 12))
    assert [entry.at for entry in course.log if isinstance(entry.fact, SessionCutoffReached)] == [new_york(7, 9, 12)]
    assert course.facts(SessionCutoffReached)[0].missing == ("plan_not_acknowledged",)
    assert {message.to_role for message in told(course, Template.SESSION_OFF)} == {Role.THERAPIST, Role.PATIENT}
    course.must(AcknowledgeDosePlan, Role.PATIENT, approval_id="A2")
    course.wait_until(new_york(7, 9, 14))
    assert course.refused(CheckIn, Role.NURSE).code == "session_blocked"


def test_read_in_time_and_lowered_at_the_desk_the_gate_opens_only_for_the_new_version() -> None:
    course = _lowered().fork()
    assert approval_of(course).id == "A3"
    assert approval_of(course).status is ApprovalStatus.IN_FORCE, "nobody is needed again to lower a dose"
    assert dosing(course, 200).code == "plan_not_acknowledged"
    course.must(AcknowledgeDosePlan, Role.THERAPIST, approval_id="A3")
    assert dosing(course, 200).code == "plan_not_acknowledged"
    course.must(AcknowledgeDosePlan, Role.PATIENT, approval_id="A3")
    assert dosing(course, 250).code == "dose_above_approval", "the higher dose is gone"
    course.must(RecordAdministration, Role.NURSE, dose_mg=200)
    (given,) = course.facts(DrugAdministered)
    assert (given.dose.approval_id, given.dose.dose_mg) == ("A3", 200)


def test_withdrawn_at_the_desk_no_older_version_comes_back() -> None:
    course = _lowered().fork()
    course.must(RevokeApproval, Role.PHYSICIAN, approval_id="A3")
    assert dosing(course, 150).code == "approval_not_in_force"
    assert course.refused(AcknowledgeDosePlan, Role.PATIENT, approval_id="A2").code == "approval_unknown"
    assert [item.kind for item in course.state.work if item.kind is WorkKind.APPROVE_DOSING]
    course.wait(hours=1)
    assert approval_of(course).status is ApprovalStatus.REVOKED
    assert [fact.item.kind for fact in course.facts(WorkItemOpened)].count(WorkKind.REBOOK_SESSION) == 0
    course.must(ApproveDosing, Role.PHYSICIAN, max_dose_mg=150)
    read(course).must(RecordVitals, Role.NURSE, vitals=CALM)
    course.must(RecordAdministration, Role.NURSE, dose_mg=150)
    assert course.facts(DrugAdministered)[0].dose.approval_id == "A4"


def test_nobody_else_changes_the_amount() -> None:
    course = _lowered().fork()
    assert course.refused(ApproveDosing, Role.THERAPIST, max_dose_mg=150).code == "role_not_allowed"


def test_hours_of_the_timelines() -> None:
    assert denver(3, 30, 16) == datetime(2026, 3, 30, 22, tzinfo=UTC)
    assert new_york(7, 9, 12) - new_york(7, 8, 11, 20) == timedelta(days=1, minutes=40)
