"""S03: a patient withdraws during a session at home, on real dates."""

from datetime import UTC, datetime, timedelta
from typing import Final

from clients.scenarios.next_right import ATTESTED, in_range
from schemas.actors import Actor, Role
from schemas.commands import (
    AcknowledgeDosePlan,
    AcknowledgeWithdrawal,
    ApproveDosing,
    CheckIn,
    CountersignDosing,
    CountSupply,
    DeclineSafetyContact,
    DischargePatient,
    DiscontinuePathway,
    NoteCapacity,
    RecordAdministration,
    RecordConsent,
    RecordContinuation,
    RecordDayChecklist,
    RecordVitals,
    ReleaseSupply,
    ScheduleSession,
    SignPreparationNote,
    WithdrawConsent,
)
from schemas.facts import (
    MessageRequested,
    VitalsBecameLate,
)
from schemas.messages import Template
from schemas.pathway import Phase
from schemas.treatment import ApprovalStatus, DrugRoute, Setting
from schemas.work import WorkItem, WorkKind
from tests.rules.consenting import WINDOW
from tests.rules.staffing import verified
from tests.support.course import Course
from tests.support.people import an_enrolment
from tests.support.protocols import given, packaged
from workflows.rules.consents.standing import is_monitoring_only
from workflows.rules.standing import phase_of

ALL_GO_ON: Final = {"release_of_information": True, "messages": True, "recording": True}
GONE: Final = {
    "padss": 9,
    "oriented": True,
    "steady_gait": True,
    "responsible_adult": True,
    "nausea_minimal": True,
    "suicidality_screened": True,
}


def kinds(course: Course) -> set[WorkKind]:
    return {item.kind for item in course.state.work}


def the(course: Course, kind: WorkKind) -> WorkItem:
    (item,) = [item for item in course.state.work if item.kind is kind]
    return item


EVENING: Final = datetime(2026, 5, 22, 1, 40, tzinfo=UTC)
"""Thursday 2026-05-21, 18:40 in Phoenix, which knows no daylight saving."""


def clock(hour: int, minute: int, day: int = 21) -> datetime:
    """A wall clock in Phoenix in May 2026."""
    return datetime(2026, 5, day, tzinfo=UTC) + timedelta(hours=hour + 7, minutes=minute)


def evening_session() -> Course:
    """200 mg at 19:00 at home in Phoenix, and a booster of 100 mg approved; recording and messages agreed."""
    enrolment = an_enrolment(setting=Setting.HOME, zone="America/Phoenix", residence="AZ")
    course = Course(enrolment, now=EVENING - timedelta(days=4)).to_phase(Phase.APPROVAL)
    course.consent("recording", "messages", "release_of_information")
    course.until(lambda it: bool(it.state.regulatory.in_person))
    plan = {"route": DrugRoute.SUBLINGUAL, "setting": Setting.HOME, "max_dose_mg": 300.0, "max_single_mg": 200.0}
    course.must(ApproveDosing, Role.PHYSICIAN, **plan, booster_mg=100.0, sessions=2, valid_days=30)
    second = Actor(id="dr-linden", role=Role.PHYSICIAN)
    verified(course, second, "AZ").must(CountersignDosing, Role.PHYSICIAN, actor=second)
    for role in (Role.THERAPIST, Role.PATIENT):
        course.must(AcknowledgeDosePlan, role)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=clock(19, 0), setting=Setting.HOME)
    course.must(ReleaseSupply, Role.PHYSICIAN)
    course.must(CountSupply, Role.PATIENT, doses=1)
    course.wait_until(clock(18, 40))
    course.must(RecordDayChecklist, Role.PATIENT)
    course.must(CheckIn, Role.THERAPIST, setting=Setting.HOME, home=ATTESTED, location="AZ")
    course.must(RecordVitals, Role.NURSE, vitals=in_range(packaged(), Setting.HOME))
    course.wait_until(clock(19, 0))
    course.must(RecordAdministration, Role.THERAPIST, dose_mg=200.0)
    return course


def test_s03_the_patient_withdraws_during_a_session_at_home() -> None:
    course = evening_session()
    course.wait_until(clock(19, 22))
    course.must(WithdrawConsent, Role.PATIENT, kind="recording")
    course.must(WithdrawConsent, Role.PATIENT)
    told = len(course.facts(MessageRequested))
    assert not course.state.consents["recording"].is_active, "the recording stops at once"
    assert is_monitoring_only(course.state)
    assert the(course, WorkKind.ACKNOWLEDGE_WITHDRAWAL).acknowledge_by == clock(19, 27)
    _nothing_but_monitoring(course)
    course.wait_until(clock(21, 0))
    course.must(RecordVitals, Role.NURSE, vitals=in_range(packaged(), Setting.HOME))
    course.must(DischargePatient, Role.NURSE, **GONE, missing_readings_reason="The camera was turned away.")
    _everything_is_asked(course)
    later = [m.message for m in course.facts(MessageRequested)[told:] if m.message.to_role is Role.PATIENT]
    assert {message.template for message in later} <= {Template.CHECKIN_DUE, Template.ON_HOLD}
    _comes_back(course)


def signing_now(course: Course) -> str:
    """Why the treatment consent cannot be signed now."""
    return course.refused(RecordConsent, Role.PATIENT).code


def _nothing_but_monitoring(course: Course) -> None:
    """From 19:22 on: no booster, no talk, no early end, no signature; alarms as ever."""
    course.wait_until(clock(19, 25))
    assert course.refused(RecordAdministration, Role.THERAPIST, dose_mg=100.0).code == "consent_missing"
    assert course.refused(DiscontinuePathway, Role.PATIENT).code == "session_in_progress"
    assert course.refused(DischargePatient, Role.NURSE, **GONE).code == "observation_not_over"
    assert WorkKind.RECORD_DEBRIEF not in kinds(course)
    course.must(AcknowledgeWithdrawal, Role.PHYSICIAN)
    course.wait_until(clock(20, 10))
    (late,) = course.facts(VitalsBecameLate)
    assert late.due_at == clock(20, 0), "a reading that is due is still due"
    assert WorkKind.MEASURE_VITALS in kinds(course)
    course.wait_until(clock(20, 30))
    assert signing_now(course) == "session_in_progress"


def _everything_is_asked(course: Course) -> None:
    """After the discharge dosing is over, the case is not, and nothing else is revoked."""
    assert given(course.state.approval).status is ApprovalStatus.SUSPENDED
    assert {WorkKind.COUNT_SUPPLY, WorkKind.ASK_CONTINUATION} <= kinds(course)
    assert WorkKind.HOLD_INTEGRATION_VISIT not in kinds(course)
    assert course.state.closure is course.state.ending is None
    assert [one.kind for one in course.state.checkins.planned] == ["safety_call", "day_3"]
    declining = course.fork()
    declining.must(DeclineSafetyContact, Role.PATIENT)
    assert declining.state.checkins.planned == ()
    assert all(course.state.consents[kind].is_active for kind in ("messages", "release_of_information"))
    course.wait_until(clock(21, 30))
    assert signing_now(course) == "capacity_in_doubt"


def _comes_back(course: Course) -> None:
    """Not before 19:00 on Friday; with a note on the capacity, new preparation and a new approval."""
    course.wait_until(clock(19, 0, 22) - timedelta(microseconds=1))
    assert signing_now(course) == "capacity_in_doubt"
    course.wait_until(clock(19, 0, 22))
    assert course.now - given(course.state.last_drug_at) == WINDOW
    assert signing_now(course) == "capacity_note_missing"
    course.wait_until(clock(19, 30, 23))
    course.must(RecordContinuation, Role.PATIENT, therapy=False, goes_on={**ALL_GO_ON, "recording": False})
    course.must(NoteCapacity, Role.PHYSICIAN)
    course.consent("treatment")
    assert phase_of(course.state) is Phase.PREPARATION
    assert course.refused(RecordAdministration, Role.THERAPIST, dose_mg=1.0).code == "no_session"
    course.must(SignPreparationNote, Role.THERAPIST)
    assert phase_of(course.state) is Phase.APPROVAL, "the old approval carries nothing"
