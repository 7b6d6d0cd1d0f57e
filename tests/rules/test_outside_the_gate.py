"""Drug given outside the gate, and doses told after their approval ended: each is judged at its instant."""

from datetime import timedelta
from typing import Any

import pytest

from clients.rederiving import state_at
from clients.scenarios.next_right import an_approval
from schemas.actors import Role
from schemas.commands import (
    ApproveDosing,
    CompletePathway,
    DeclareEmergency,
    DischargePatient,
    RecordAdministration,
    RecordMedications,
    RecordUnauthorisedAdministration,
    ReviewIncident,
    RevokeApproval,
)
from schemas.facts import (
    DrugAdministered,
    IntegrationNoteSigned,
    PatientDischarged,
    SessionCancelled,
    UnauthorisedAdministration,
)
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.treatment import ApprovalStatus, Setting, TreatmentRoute
from schemas.work import WorkKind
from tests.rules import arrivals as a
from tests.rules.arrivals import OBSERVED, TICK, approval_of
from tests.rules.refusing import Refused, each, holds
from tests.support.course import Course, at
from tests.support.people import PATHWAY_ID
from tests.support.protocols import given
from workflows.rules.gate import gate
from workflows.rules.standing import approval_at, earliest_next_dose

OWED = timedelta(minutes=2)
"""How late something is told."""


def outside(course: Course, **changes: Any) -> UnauthorisedAdministration:
    """Somebody tells of drug that was given outside the gate."""
    course.must(RecordUnauthorisedAdministration, Role.NURSE, **{"setting": Setting.CLINIC, "dose_mg": 50.0, **changes})
    return course.facts(UnauthorisedAdministration)[-1]


def refused(course: Course, **changes: Any) -> Refusal:
    said = {"setting": Setting.CLINIC, "dose_mg": 50.0, **changes}
    return course.refused(RecordUnauthorisedAdministration, Role.NURSE, **said)


def told_twice() -> Refusal:
    course = a.revoked()
    outside(course, observed_at=course.now)
    return refused(course, observed_at=course.now)


REFUSALS = [
    Refused("not_screened", None, "of a stranger", lambda: refused(at(Phase.SCREENING))),
    Refused(
        "dose_authorised",
        None,
        "that the gate lets pass",
        lambda: refused(a.ready_at_home(), setting=Setting.HOME, lot="LOT-1"),
    ),
    Refused("dose_already_recorded", "observed_at", "told twice", told_twice),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


# A dose that is told after its approval ended


def revoke(course: Course) -> None:
    course.must(RevokeApproval, Role.PHYSICIAN, approval_id=approval_of(course).id)


def expire(course: Course) -> None:
    course.wait_until(approval_of(course).valid_until)


def change_medication(course: Course) -> None:
    course.must(RecordMedications, Role.PATIENT, names=("Ativan 1 mg",))


def supersede(course: Course) -> None:
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))


def last_minutes() -> Course:
    """Ready a moment before the approval ends."""
    course = a.ready()
    ends = course.now + OWED
    course.state = course.state.model_copy(
        update={"approval": approval_of(course).model_copy(update={"valid_until": ends})}
    )
    return course


@pytest.mark.parametrize(
    ("ended", "status"),
    [(revoke, ApprovalStatus.REVOKED), (expire, ApprovalStatus.EXPIRED)],
    ids=["revoked", "expired"],
)
def test_a_dose_under_an_approval_that_ended_is_told_late(ended: Any, status: ApprovalStatus) -> None:
    course = last_minutes()
    given_at, was = course.now, approval_of(course).id
    course.wait(seconds=30)
    ended(course)
    assert approval_of(course).status is status
    course.must(RecordAdministration, Role.NURSE, observed_at=given_at, dose_mg=1.0)
    (told,) = course.facts(DrugAdministered)
    assert (told.dose.approval_id, told.dose.given_at) == (was, given_at)
    assert approval_of(course).sessions_used == 1


def test_a_dose_under_an_approval_that_was_superseded_counts_for_that_one() -> None:
    course = a.ready()
    given_at, was = course.now, approval_of(course).id
    course.wait(seconds=30)
    supersede(course)
    course.must(RecordAdministration, Role.NURSE, observed_at=given_at, dose_mg=1.0)
    assert course.facts(DrugAdministered)[0].dose.approval_id == was
    assert (given(course.state.former_approval).sessions_used, approval_of(course).sessions_used) == (1, 0)


@pytest.mark.parametrize("off", [timedelta(0), TICK])
def test_a_dose_at_or_after_the_end_is_none_under_it(off: timedelta) -> None:
    course = last_minutes()
    course.wait(seconds=30)
    revoke(course)
    ended = course.now
    course.wait(seconds=30)
    refusal = course.refused(RecordAdministration, Role.NURSE, observed_at=ended + off, dose_mg=1.0)
    assert refusal.code == "approval_not_in_force"
    assert approval_at(course.state, ended - TICK) != course.state.approval


def test_a_suspension_counts_from_its_reason_and_not_from_when_it_was_told() -> None:
    course = a.ready()
    began = course.now
    course.wait(minutes=10)
    course.must(DeclareEmergency, Role.NURSE, observed_at=began + timedelta(minutes=5))
    assert approval_of(course).ended_at == began + timedelta(minutes=5)
    assert approval_at(course.state, began + timedelta(minutes=4)) != course.state.approval
    assert approval_at(course.state, began + timedelta(minutes=5)) == course.state.approval


def test_a_proposal_that_ended_never_carried_a_dose() -> None:
    course = a.ready()
    before = course.now
    course.wait(seconds=10)
    course.must(ApproveDosing, Role.PHYSICIAN, **{**an_approval(course.state), "max_dose_mg": 400.0})
    course.wait(seconds=10)
    proposed = course.now
    course.wait(seconds=10)
    revoke(course)
    assert approval_at(course.state, proposed) == course.state.approval
    assert given(approval_at(course.state, before)).id == given(course.state.former_approval).id


# Drug outside the gate


def kinds(course: Course) -> set[WorkKind]:
    return {item.kind for item in course.state.work}


@pytest.mark.parametrize("situation", [a.revoked, a.unprepared, a.held, a.too_soon, a.used_up, a.expired])
def test_it_starts_every_clock_and_an_incident(situation: Any) -> None:
    course = situation()
    sessions, now = course.state.sessions_given, course.now
    told = outside(course)
    session = course.session
    assert session.doses[-1].approval_id is None
    assert course.state.last_drug_at == now
    assert course.state.sessions_given == sessions + 1
    assert course.phase is Phase.SESSION
    assert told.failed_checks
    assert WorkKind.REVIEW_INCIDENT in kinds(course)
    assert approval_of(course).status is not ApprovalStatus.IN_FORCE
    assert course.state.recent_sessions_at[-1] == now
    assert earliest_next_dose(course.state, now) != now
    stopped = {check.code for check in gate(course.state, course.now) if not check.passed}
    assert {"incident_unreviewed", "further_drug_stopped"} <= stopped


def test_the_patient_is_observed_and_goes_home_as_after_any_drug() -> None:
    course = a.ready()
    revoke(course)
    outside(course)
    assert course.refused(DischargePatient, Role.NURSE).code in ("observation_not_over", "vitals_missing")
    course.until(lambda it: bool(it.facts(PatientDischarged)))
    (home,) = course.facts(PatientDischarged)
    assert home.observed_min >= OBSERVED / timedelta(minutes=1)
    course.until(lambda it: it.state.cycle.number == 2)
    assert [note.cycle for note in course.facts(IntegrationNoteSigned)] == [1]


def test_a_booking_is_cancelled_and_a_session_opened_where_the_patient_was() -> None:
    course = a.booked()
    (booked,) = [course.session.id]
    yesterday = course.now - timedelta(minutes=90)
    told = outside(course, setting=Setting.HOME, observed_at=yesterday)
    assert [one.session_id for one in course.facts(SessionCancelled)] == [booked]
    assert (told.opened_in, told.session_id) == (Setting.HOME, course.session.id)
    assert course.session.id != booked
    assert (course.session.setting, course.session.checked_in_at) == (Setting.HOME, yesterday)


def test_who_took_more_after_going_home_is_observed_again() -> None:
    course = a.discharged()
    first = course.session.id
    course.wait(hours=2)
    outside(course, setting=Setting.HOME)
    assert course.session.id == first
    assert course.session.discharged_at is None
    assert len(course.session.doses) == 2
    assert course.state.sessions_given == 1


def test_more_than_was_approved_is_told_in_order_of_time() -> None:
    course = a.dosed(1.0)
    first = course.now
    course.wait(minutes=20)
    outside(course, dose_mg=300.0, observed_at=first + timedelta(minutes=5))
    assert [dose.dose_mg for dose in course.session.doses] == [1.0, 300.0]
    assert course.state.last_drug_at == first + timedelta(minutes=5)
    outside(course, dose_mg=10.0, observed_at=first + timedelta(minutes=2))
    assert [dose.dose_mg for dose in course.session.doses] == [1.0, 10.0, 300.0]
    assert course.state.last_drug_at == first + timedelta(minutes=5)


def test_after_the_review_a_physician_approves_anew() -> None:
    course = a.revoked()
    outside(course)
    course.must(ReviewIncident, Role.PHYSICIAN, incident_id=course.state.incidents[0].id)
    course.until(lambda it: it.state.sessions_given == 2)
    assert course.facts(DrugAdministered)


def test_after_the_last_session_it_is_observed_before_the_pathway_is_completed() -> None:
    course = at(Phase.FOLLOW_UP)
    outside(course, setting=Setting.HOME)
    assert course.phase is Phase.SESSION
    assert course.refused(CompletePathway, Role.PHYSICIAN).code == "series_not_finished"


def test_without_psychotherapy_the_cycle_ends_with_the_discharge() -> None:
    course = at(Phase.SESSION, treatment=TreatmentRoute.ESKETAMINE)
    revoke(course)
    outside(course, route=an_approval(course.state)["route"])
    course.until(lambda it: it.state.cycle.number == 2)


@pytest.mark.parametrize("situation", [a.revoked, a.ready, a.booked, a.discharged])
def test_the_record_alone_tells_the_same(situation: Any) -> None:
    course = situation()
    course.wait(seconds=10)
    revoke(course) if approval_of(course).status is ApprovalStatus.IN_FORCE else None
    outside(course, observed_at=course.now - timedelta(seconds=5) if situation is not a.ready else None)
    derived = state_at(course.events(), course.state.protocol, PATHWAY_ID, None)
    assert derived.model_copy(update={"episode": course.state.episode}) == course.state
