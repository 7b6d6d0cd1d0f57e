"""Situations around a consent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from clients.scenarios.next_right import an_approval, signing
from schemas.actors import Role
from schemas.commands import (
    AcknowledgeDosePlan,
    ApproveDosing,
    CheckIn,
    QuestionCapacity,
    RecordAdministration,
    RecordConsent,
    RecordDayChecklist,
    RecordVitals,
    RecordWeight,
    ScheduleSession,
    SignPreparationNote,
    WithdrawConsent,
)
from schemas.pathway import Pathway, Phase
from schemas.treatment import DrugRoute
from tests.rules.arrivals import (
    CALM,
    CONSENTS,
    COOLING_OFF_H,
    withdrawn_in_session,
)
from tests.support.course import START, Course, at
from tests.support.protocols import given
from workflows.rules.gate import gate

VALID = timedelta(days=given(CONSENTS.valid_days).value)
RENEW = timedelta(days=given(CONSENTS.renew_days_before).value)
WINDOW = timedelta(hours=given(CONSENTS.capacity_h).value)
COOLING_OFF = timedelta(hours=COOLING_OFF_H)
RELEASE = "release_of_information"
HASH = "0123456789abcdef" * 4


def consenting() -> Course:
    return at(Phase.CONSENT)


def signed() -> Course:
    course = at(Phase.PREPARATION)
    course.wait(hours=1)
    return course


def withdrawn() -> Course:
    course = signed()
    course.must(WithdrawConsent, Role.PATIENT)
    course.wait(hours=1)
    return course


def discharged() -> Course:
    """The patient withdrew while drug acted, and went home."""
    return withdrawn_in_session().until(lambda it: not (it.state.cycle.session and it.session.in_progress))


def questioned() -> Course:
    course = consenting()
    course.must(QuestionCapacity, Role.NURSE)
    return course


def said(kind: str, **changes: Any) -> dict[str, Any]:
    return {**signing(consenting().state, kind), **changes}


def recording(situation: Callable[[], Course], kind: str = "treatment", **changes: Any) -> Callable[[], Any]:
    return lambda: situation().refused(RecordConsent, Role.PATIENT, **said(kind, **changes))


def long_ago(later: timedelta) -> Course:
    """The first signature is as old as a signature may be, and then some."""
    course = at(Phase.PREPARATION)
    course.wait_until(START + VALID + later)
    return course


def after_dose(elapsed: timedelta, situation: Callable[[], Course] = lambda: at(Phase.INTEGRATION)) -> Course:
    course = situation()
    course.wait_until(drug_at(course) + elapsed)
    return course


def weighed() -> Course:
    course = at(Phase.APPROVAL)
    course.must(RecordWeight, Role.NURSE)
    return course


def an_injection(state: Pathway) -> dict[str, Any]:
    return {**an_approval(state), "route": DrugRoute.INTRAMUSCULAR, "max_dose_mg": 50.0, "booster_mg": 0.0}


def hurried(elapsed: timedelta) -> Any:
    """Everything is in order, so soon after the consent."""
    course = consenting()
    began = course.now
    course.consent("treatment")
    course.must(SignPreparationNote, Role.THERAPIST)
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    for role in (Role.THERAPIST, Role.PATIENT):
        course.must(AcknowledgeDosePlan, role)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=began + elapsed - timedelta(minutes=5))
    course.wait_until(began + elapsed - timedelta(minutes=5))
    course.must(RecordDayChecklist, Role.NURSE)
    course.must(CheckIn, Role.NURSE)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    course.wait_until(began + elapsed)
    return course.do(RecordAdministration, Role.NURSE, dose_mg=1.0)


def drug_at(course: Course) -> datetime:
    return given(course.state.last_drug_at)


def passes(course: Course, name: str) -> bool:
    return all(check.passed for check in gate(course.state, course.now) if check.name == name)
