"""Situations around an arrival, in which a dose may or may not be given."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from clients.scenarios.next_right import ATTESTED, an_approval, calm, in_range
from schemas.actors import Role
from schemas.commands import (
    AcknowledgeDosePlan,
    ApproveDosing,
    CheckIn,
    DecidePredoseVitals,
    LiftHold,
    NoteCapacity,
    RecordAdministration,
    RecordDayChecklist,
    RecordMeasure,
    RecordVitals,
    RevokeApproval,
    ScheduleSession,
    SignPreparationNote,
    WithdrawConsent,
)
from schemas.measures import Instrument
from schemas.pathway import Phase
from schemas.protocol import ConsentNeed
from schemas.treatment import Approval, DrugRoute, Setting, TreatmentRoute, Vitals
from tests.support.course import Course, at
from tests.support.people import RESIDENCE
from tests.support.protocols import given, packaged, varied
from workflows.rules.dose_plan import readers

TICK: Final = timedelta(microseconds=1)
MINUTE: Final = timedelta(minutes=1)
CALM: Final = in_range(packaged())
RULES: Final = packaged().vitals
HIGH: Final = CALM.model_copy(update={"systolic": int(RULES.predose[Setting.CLINIC].go.systolic.value) + 1})
"""Just above go."""

GAP: Final = given(RULES.repeat_gap_min).value
"""Minutes between two readings that both count."""

CONSENTS: Final = packaged().consent_rules
COOLING_OFF_H: Final = given(CONSENTS.cooling_off_h).value
AT_HOME: Final = tuple(kind for kind, rule in CONSENTS.kinds.items() if rule.needed is ConsentNeed.HOME)
"""Kinds of consent that are needed at home."""

OBSERVED: Final = timedelta(minutes=packaged().routes[DrugRoute.SUBLINGUAL].observation_min.value)
"""The observation time after a dose of ``dosed``."""

PREPARED: Final = timedelta(hours=given(packaged().preparation).min_hours_before_first.value)
"""From the preparation to the first session, at least."""

INTERVAL_H: Final = 200.0
"""A least interval between doses that the check-in of ``too_soon`` cannot keep."""


def booked() -> Course:
    """Approved, and booked for tomorrow."""
    return Course().until(lambda it: it.state.cycle.session is not None)


def awaited() -> Course:
    """The time of the session has come, and the patient is not there."""
    course = booked()
    course.wait_until(course.session.starts_at)
    return course


def received() -> Course:
    """The patient is there; nothing is measured yet."""
    return booked().until(lambda it: it.session.checked_in_at is not None)


def ready() -> Course:
    """Everything is in order: the next thing is the dose."""
    course = received()
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course


def dosed(mg: float = 100.0) -> Course:
    course = ready()
    give(course, dose_mg=mg)
    return course


def read(course: Course) -> Course:
    """Everybody who has to read the dose plan has read it."""
    approval = approval_of(course)
    for role in readers(course.state):
        if role not in approval.acknowledged:
            course.must(AcknowledgeDosePlan, role, approval_id=approval.id)
    return course


def approval_of(course: Course) -> Approval:
    assert course.state.approval is not None
    return course.state.approval


def borne() -> Course:
    """Some minutes after the dose the vital signs are in range."""
    course = dosed()
    course.wait(minutes=10)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course


def give(course: Course, **changes: Any) -> None:
    course.must(RecordAdministration, Role.NURSE, **{"dose_mg": 1.0, "route": approval_of(course).route, **changes})


def boost(course: Course, **changes: Any) -> None:
    """A further dose, after somebody has measured how the one before is borne."""
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    give(course, **changes)


def withdrawn() -> Course:
    """The patient was there, and left the treatment before anything was given."""
    course = ready()
    course.must(WithdrawConsent, Role.PATIENT)
    return course


def withdrawn_in_session() -> Course:
    """Drug acts, and the patient has withdrawn."""
    course = dosed()
    course.wait(minutes=10)
    course.must(WithdrawConsent, Role.PATIENT)
    return course


def ready_at_home() -> Course:
    """Everything is in order at home: the next thing is the dose."""
    course = at(Phase.SESSION, setting=Setting.HOME)
    return course.until(lambda it: it.state.cycle.session is not None and bool(it.session.readings))


def without_sitter() -> Course:
    """At home, and the consent to the sitter was withdrawn a moment ago."""
    course = ready_at_home()
    course.must(WithdrawConsent, Role.PATIENT, kind="sitter")
    course.wait(minutes=5)
    return course


def at_risk() -> Course:
    """Everything is in order, but item 9 was answered with yes."""
    course = ready()
    positive = {**calm(course.state, Instrument.PHQ9), "q9": 1}
    course.must(RecordMeasure, Role.NURSE, instrument=Instrument.PHQ9, answers=positive)
    return course


def asked_after() -> Course:
    """The patient went home yesterday."""
    course = at(Phase.INTEGRATION)
    course.wait(hours=20)
    return course


def unprepared() -> Course:
    course = at(Phase.PREPARATION)
    course.wait(hours=COOLING_OFF_H)
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + MINUTE)
    course.must(CheckIn, Role.NURSE)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course


def unapproved() -> Course:
    course = at(Phase.APPROVAL)
    course.wait_until(course.now + PREPARED)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + MINUTE)
    course.must(CheckIn, Role.NURSE)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course


def revoked() -> Course:
    course = ready()
    course.must(RevokeApproval, Role.PHYSICIAN)
    return course


def prepared_anew() -> Course:
    """The patient is there near the end of the approval, and was prepared again meanwhile."""
    course = received()
    course.wait_until(approval_of(course).valid_until - 2 * PREPARED)
    course.must(SignPreparationNote, Role.THERAPIST)
    return course


def expired() -> Course:
    """Everything is in order, but the approval ends now."""
    course = prepared_anew()
    course.wait_until(approval_of(course).valid_until - TICK)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    course.now += TICK
    return course


def held() -> Course:
    """Held for a very high pressure, and here again with calm readings, but no physician has said a word."""
    course = received()
    course.must(RecordVitals, Role.NURSE, vitals=CALM.model_copy(update={"systolic": 200}))
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + MINUTE)
    course.must(CheckIn, Role.NURSE)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course


def other_protocol() -> Course:
    course = ready()
    moved = course.state.protocol.model_copy(update={"version": "2027.01-1"})
    course.state = course.state.model_copy(update={"protocol": moved})
    return course


def too_soon() -> Course:
    """Checked in as early as the desk opens, which is before the least interval is over."""
    course = at(Phase.SESSION, cycle=2, protocol=varied({"series.min_hours_between_doses": INTERVAL_H}))
    course.go_on()
    opens = timedelta(minutes=packaged().session.checkin_opens_min.value)
    course.wait_until(course.session.starts_at - opens)
    course.must(RecordDayChecklist, Role.NURSE)
    course.must(CheckIn, Role.NURSE)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course


def used_up() -> Course:
    """The approval was for one session, and that was held."""
    course = at(Phase.APPROVAL)
    course.must(ApproveDosing, Role.PHYSICIAN, **{**an_approval(course.state), "sessions": 1})
    course.to_phase(Phase.APPROVAL, cycle=2)
    course.wait(days=7)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + MINUTE)
    assert course.now < approval_of(course).valid_until
    course.must(CheckIn, Role.NURSE)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course


def at_home_instead() -> Course:
    """Approved for the clinic, received at home."""
    course = at(Phase.SESSION).consent(*AT_HOME)
    course.wait_until(course.now + PREPARED)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + MINUTE, setting=Setting.HOME)
    course.must(CheckIn, Role.NURSE, setting=Setting.HOME, home=ATTESTED, location=RESIDENCE)
    course.must(RecordVitals, Role.NURSE, vitals=in_range(packaged(), Setting.HOME))
    return course


def unattested() -> Course:
    """A state that no command leads to: at home, approved for it, without the attestation."""
    course = ready_at_home()
    session = course.session.model_copy(update={"home": ATTESTED.model_copy(update={"sitter_present": False})})
    course.state = course.state.model_copy(update={"cycle": course.state.cycle.model_copy(update={"session": session})})
    return course


def stale() -> Course:
    course = ready()
    course.wait(minutes=RULES.valid_min.value)
    course.wait(microseconds=1)
    return course


def measured(*readings: Vitals) -> Callable[[], Course]:
    def situation() -> Course:
        course = received()
        for vitals in readings:
            course.must(RecordVitals, Role.NURSE, vitals=vitals)
            course.wait(minutes=GAP)
        return course

    return situation


def climbing(course: Course | None = None) -> Course:
    """After the first dose the pressure rises beyond the limit at which a session would have been held."""
    course = course or dosed()
    course.wait(minutes=10)
    course.must(RecordVitals, Role.NURSE, vitals=CALM.model_copy(update={"systolic": 200}))
    return course


def climbing_unwatched() -> Course:
    """The same under a protocol that knows no alarms."""
    course = at(Phase.SESSION, protocol=packaged().model_copy(update={"monitoring": None}))
    return climbing(course.until(lambda it: bool(it.state.sessions_given)))


def discharged() -> Course:
    return at(Phase.INTEGRATION)


def approved_late() -> tuple[Course, datetime]:
    course = unapproved()
    given_at = course.now
    course.wait(minutes=5)
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    return course, given_at


def before_dose() -> tuple[Course, datetime]:
    course = ready()
    course.wait(minutes=5)
    give(course)
    return course, course.now - TICK


def prepared_late() -> tuple[Course, datetime]:
    course = unprepared()
    given_at = course.now
    course.wait(minutes=5)
    course.must(SignPreparationNote, Role.THERAPIST)
    return course, given_at


def between_consents() -> tuple[Course, datetime]:
    course = without_sitter()
    given_at = course.now
    course.wait(minutes=5)
    course.must(NoteCapacity, Role.PHYSICIAN)
    return course.consent("sitter"), given_at


def lifted_late() -> tuple[Course, datetime]:
    course = held()
    given_at = course.now
    course.wait(minutes=5)
    course.must(LiftHold, Role.PHYSICIAN)
    return course, given_at


def measured_late() -> tuple[Course, datetime]:
    course = received()
    given_at = course.now
    course.wait(minutes=1)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course, given_at


def repeated_late() -> tuple[Course, datetime]:
    course = measured(HIGH)()
    given_at = course.now
    course.wait(minutes=1)
    course.must(RecordVitals, Role.NURSE, vitals=CALM.model_copy(update={"systolic": 100}))
    return course, given_at


def accepted_late() -> tuple[Course, datetime]:
    course = measured(HIGH, HIGH, HIGH)()
    given_at = course.now
    course.wait(minutes=1)
    course.must(DecidePredoseVitals, Role.PHYSICIAN, proceed=True)
    return course, given_at


def observed(vitals: Vitals | None = CALM, *, early: timedelta = timedelta(0)) -> Course:
    """The observation time after the dose is over, and vital signs were measured at its end."""
    course = dosed()
    course.wait_until(course.now + OBSERVED - early)
    if vitals is not None:
        course.must(RecordVitals, Role.NURSE, vitals=vitals)
    return course


def infusing() -> Course:
    """An infusion has just begun."""
    course = at(Phase.SESSION, treatment=TreatmentRoute.STANDARD_KETAMINE)
    course.until(lambda it: bool(it.state.sessions_given))
    assert given(course.session.last_dose).route is DrugRoute.INTRAVENOUS
    return course
