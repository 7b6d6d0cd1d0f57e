"""Licences by state and date, registration and training: at the approval, at each dose, and as time goes on."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from clients.scenarios.next_right import an_approval, arrival
from schemas.actors import Role, Seat
from schemas.commands import (
    AcknowledgeDosePlan,
    ApproveDosing,
    CheckIn,
    CountersignDosing,
    NameCover,
    RecordCredentials,
    RecordDayChecklist,
    RecordVitals,
    ReleaseSupply,
    RevokeApproval,
)
from schemas.facts import ApprovalSuspended, CredentialEnding, CredentialLapsed, CredentialsRecorded
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.treatment import ApprovalStatus, Setting
from schemas.work import WorkKind
from tests.rules.arrivals import CALM, TICK, approval_of, read, ready
from tests.rules.refusing import Refused, each, holds, saying
from tests.rules.staffing import (
    BIRCH,
    FERN,
    LATER,
    SAGE,
    THYME,
    another_therapist,
    change,
    covered,
    credentials,
    dosing,
    named,
    owed,
    unmet,
    verified,
)
from tests.support.course import Course, at
from tests.support.people import an_enrolment
from tests.support.protocols import given, packaged
from workflows.rules.calendar import end_of_date
from workflows.rules.gate import gate

ZONE = "America/Denver"
WARNED = timedelta(days=given(packaged().care_team).warn_days_before.value)
LAST = date(2027, 3, 5)
"""A last day some weeks into every course."""
ENDS = end_of_date(LAST, ZONE)
NO_LICENCE: dict[str, Any] = {"licences": {"NY": LATER}}


def approving(course: Course, **fields: Any) -> Refusal:
    return course.refused(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state), **fields)


def without(person: Any, **changes: Any) -> Course:
    """Everything is ready for a dose, and somebody turns out to lack something."""
    return verified(ready(), person, **changes)


def proposed() -> Course:
    course = at(Phase.APPROVAL)
    terms = {**an_approval(course.state), "max_dose_mg": 300.0, "booster_mg": 0.0}
    course.must(ApproveDosing, Role.PHYSICIAN, **terms)
    assert approval_of(course).status is ApprovalStatus.PROPOSED
    return course


def releasing_by_a_stranger() -> Refusal:
    course = at(Phase.SESSION, setting=Setting.HOME)
    approval = approval_of(course)
    return course.refused(ReleaseSupply, Role.PHYSICIAN, approval_id=approval.id, doses=1, actor=THYME)


def recording(**changes: Any) -> Any:
    return lambda: at(Phase.SCREENING).refused(
        RecordCredentials, Role.COORDINATOR, credentials=credentials(SAGE, **changes)
    )


OVER = date(2027, 1, 10)
ENDED: dict[str, dict[str, Any]] = {
    "licence": {"licences": {"NY": LATER, "CO": OVER}},
    "registration": {"prescribing_until": OVER},
    "training": {"kap_training_until": OVER},
    "cover": {"malpractice_until": OVER},
}

REFUSALS = [
    Refused("role_not_verified", "credentials.role", "a nurse", recording(role=Role.NURSE)),
    *(Refused("credential_over", "credentials", name, recording(**changes)) for name, changes in ENDED.items()),
    Refused(
        "prescriber_not_licensed",
        "actor.id",
        "a stranger approves",
        lambda: approving(at(Phase.APPROVAL), actor=THYME),
    ),
    Refused(
        "prescriber_not_licensed",
        "actor.id",
        "licensed elsewhere",
        lambda: approving(verified(at(Phase.APPROVAL), SAGE, "NY")),
    ),
    Refused(
        "prescriber_not_qualified",
        "actor.id",
        "no registration",
        lambda: approving(verified(at(Phase.APPROVAL), SAGE, prescribing_until=None)),
    ),
    Refused(
        "prescriber_not_licensed",
        "actor.id",
        "a stranger countersigns",
        saying(proposed, CountersignDosing, Role.PHYSICIAN, actor=THYME),
    ),
    Refused("prescriber_not_licensed", "actor.id", "a stranger releases", releasing_by_a_stranger),
    Refused("therapist_not_licensed", None, "no licence", lambda: dosing(without(FERN, **NO_LICENCE))),
    Refused("therapist_not_qualified", None, "no training", lambda: dosing(without(FERN, kap_trained=False))),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_the_coordinator_verifies_both_once_the_team_is_named() -> None:
    course = at(Phase.SCREENING)
    items = owed(course, WorkKind.VERIFY_CREDENTIALS)
    assert [(item.subject, item.owner_id) for item in items] == [("physician", "co-moss"), ("therapist", "co-moss")]
    assert {item.due_at - item.opened_at for item in items} == {timedelta(hours=24)}
    verified(course, SAGE)
    assert [item.subject for item in owed(course, WorkKind.VERIFY_CREDENTIALS)] == ["therapist"]
    verified(course, FERN)
    assert owed(course, WorkKind.VERIFY_CREDENTIALS) == []


TABLE = [
    (SAGE, {}, set()),
    (SAGE, NO_LICENCE, {"prescriber_licensed"}),
    (SAGE, {"licences": {}}, {"prescriber_licensed"}),
    (SAGE, {"prescribing_until": None}, {"prescriber_qualified"}),
    (SAGE, {"kap_trained": False, "malpractice_until": None, "references_checked": False}, set()),
    (FERN, {}, set()),
    (FERN, NO_LICENCE, {"therapist_licensed"}),
    (FERN, {"kap_trained": False}, {"therapist_qualified"}),
    (FERN, {"kap_trained": False, "kap_training_until": LATER}, {"therapist_qualified"}),
    (FERN, {"kap_training_until": LATER}, set()),
    (FERN, {"prescribing_until": None, "malpractice_until": None, "references_checked": False}, set()),
]


@pytest.mark.parametrize(("person", "changes", "missing"), TABLE)
def test_what_is_asked_of_each(person: Any, changes: dict[str, Any], missing: set[str]) -> None:
    course = without(person, **changes)
    suspended = {"approval_unsuspended"} if person is SAGE and missing else set()
    assert unmet(course) - READING == missing | suspended


READING = {"plan_read_by_therapist", "plan_read_by_patient"}


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, set()),
        ({"malpractice_until": None}, {"therapist_qualified"}),
        ({"references_checked": False}, {"therapist_qualified"}),
        ({"kap_trained": False}, {"therapist_qualified"}),
    ],
)
def test_more_is_asked_of_an_external_therapist(changes: dict[str, Any], missing: set[str]) -> None:
    course = another_therapist(practice_id="pr-9")
    verified(course, BIRCH, **changes)
    assert unmet(course) & {"therapist_licensed", "therapist_qualified"} == missing
    change(course, Seat.THERAPIST, BIRCH.id, FERN.id)
    assert given(course.state.care_team).therapist_practice_id is None
    assert not {"therapist_qualified"} & unmet(course)


@pytest.mark.parametrize("changes", [{"licences": {"CO": LAST}}, {"kap_training_until": LAST}])
def test_a_therapist_may_treat_until_the_end_of_the_last_day(changes: dict[str, Any]) -> None:
    course = without(FERN, **changes)
    names = {"therapist_licensed", "therapist_qualified"}
    assert datetime(2027, 3, 6, 6, 59, 59, tzinfo=UTC) == ENDS
    for instant, allowed in ((ENDS - TICK, True), (ENDS, False), (ENDS + TICK, False)):
        assert (not names & unmet(course, instant)) is allowed


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        ({"licences": {"CO": LAST}}, "prescriber_licensed", "prescriber_licence_lapsed"),
        ({"prescribing_until": LAST}, "prescriber_qualified", "prescriber_registration_lapsed"),
    ],
)
def test_an_approval_is_suspended_when_its_prescriber_may_not_prescribe_any_more(
    changes: dict[str, Any], name: str, reason: str
) -> None:
    course = at(Phase.SESSION)
    course.state = course.state.model_copy(
        update={"approval": approval_of(course).model_copy(update={"valid_until": ENDS + timedelta(days=99)})}
    )
    verified(course, SAGE, **changes)
    assert name not in unmet(course, ENDS - TICK)
    assert name in unmet(course, ENDS)
    course.wait_until(ENDS - TICK)
    assert approval_of(course).status is ApprovalStatus.IN_FORCE
    course.wait_until(ENDS)
    assert approval_of(course).suspended_for[0] == reason
    (item,) = owed(course, WorkKind.VERIFY_CREDENTIALS)
    assert (item.owner_id, item.due_at - item.opened_at) == ("co-moss", timedelta(hours=24))
    assert len(course.facts(CredentialLapsed)) == 1
    verified(course, SAGE)
    assert owed(course, WorkKind.VERIFY_CREDENTIALS) == []
    assert owed(course, WorkKind.RENEW_CREDENTIALS) == []
    assert approval_of(course).status is ApprovalStatus.SUSPENDED, "what was suspended never resumes"
    course.until(lambda it: it.state.sessions_given == 1)


def test_the_coordinator_is_told_days_before() -> None:
    course = verified(at(Phase.PREPARATION), FERN, licences={"CO": LAST})
    course.wait_until(ENDS - WARNED - TICK)
    assert owed(course, WorkKind.RENEW_CREDENTIALS) == []
    course.wait_until(ENDS - WARNED)
    (item,) = owed(course, WorkKind.RENEW_CREDENTIALS)
    assert (item.subject, item.owner_id) == ("therapist", "co-moss")
    (told,) = course.facts(CredentialEnding)
    assert (told.person_id, told.credential, told.state, told.ends_at) == (FERN.id, "licence", "CO", ENDS)
    course.wait_until(ENDS)
    assert item.id in {one.id for one in course.state.work}, "time renews nothing"
    assert [one.subject for one in owed(course, WorkKind.VERIFY_CREDENTIALS)] == ["therapist"]
    verified(course, FERN)
    assert {item.kind for item in course.state.work} == {WorkKind.SIGN_PREPARATION_NOTE}


def test_a_licence_that_ends_soon_is_told_of_at_once() -> None:
    course = verified(at(Phase.PREPARATION), FERN, licences={"CO": course_day(10)})
    course.lapse()
    assert len(owed(course, WorkKind.RENEW_CREDENTIALS)) == 1


def course_day(days: int) -> date:
    return (at(Phase.PREPARATION).now + timedelta(days=days)).date()


def test_what_was_verified_later_does_not_count_for_the_time_before() -> None:
    course = without(FERN, licences={})
    before = course.now
    course.wait(minutes=5)
    verified(course, FERN)
    assert "therapist_licensed" in unmet(course, before)
    assert "therapist_licensed" not in unmet(course)


def test_what_was_verified_before_still_counts_for_its_time() -> None:
    course = ready()
    before = course.now
    course.wait(minutes=5)
    verified(course, FERN, licences={})
    assert "therapist_licensed" not in unmet(course, before)
    assert "therapist_licensed" in unmet(course)


def test_whoever_stands_in_for_the_therapist_is_verified_too() -> None:
    course = ready()
    said = {"seat": Seat.THERAPIST, "person_id": BIRCH.id, "ends_at": course.now + timedelta(days=1)}
    course.must(NameCover, Role.COORDINATOR, **said)
    assert "therapist_licensed" in unmet(course)
    verified(course, BIRCH)
    assert "therapist_licensed" not in unmet(course)


def test_both_prescribers_of_a_step_hold_a_licence_until_the_dose() -> None:
    course = verified(proposed(), THYME)
    course.must(CountersignDosing, Role.PHYSICIAN, actor=THYME, approval_id=approval_of(course).id)
    assert approval_of(course).status is ApprovalStatus.IN_FORCE
    verified(course, THYME, "NY")
    assert approval_of(course).suspended_for == ("prescriber_licence_lapsed",)


def test_timeline_s10_a_patient_in_another_state_is_treated_under_licences_of_that_state() -> None:
    """Approved in New York; on 31 October 2026 the session is attested in California."""
    enrolment = an_enrolment(zone="America/New_York", residence="NY")
    course = Course(enrolment, now=datetime(2026, 10, 26, 14, 0, tzinfo=UTC)).to_phase(Phase.SESSION)
    course.until(lambda it: it.state.cycle.session is not None and not unmet(it) - READING - ON_ARRIVAL)
    read(course).wait_until(course.session.starts_at)
    course.must(RecordDayChecklist, Role.NURSE)
    course.must(CheckIn, Role.NURSE, **{**arrival(course.state, course.session), "location": "CA"})
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    assert {"state_approved", "prescriber_licensed", "therapist_licensed"} <= unmet(course)
    facts = {check.name: dict(check.facts) for check in gate(course.state, course.now)}
    assert facts["prescriber_licensed"] == facts["therapist_licensed"] == {"state": "CA"}
    assert [item.subject for item in owed(course, WorkKind.VERIFY_CREDENTIALS)] == ["physician", "therapist"]
    elsewhere = approving(course, state_of_dosing="CA")
    assert (elsewhere.code, elsewhere.facts) == ("prescriber_not_licensed", {"state": "CA"})
    verified(verified(course, SAGE, "NY", "CA"), FERN, "NY", "CA")
    assert "state_approved" in unmet(course), "a licence is not an approval"
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state), state_of_dosing="CA")
    for role in (Role.THERAPIST, Role.PATIENT):
        course.must(AcknowledgeDosePlan, role, approval_id="A2")
    assert unmet(course) == set()


ON_ARRIVAL = {"checked_in", "vitals_present"}


def test_a_prescriber_who_covers_may_approve_once_verified() -> None:
    course = covered()
    assert [item.subject for item in owed(course, WorkKind.VERIFY_CREDENTIALS)] == ["physician"]
    assert approving(course).code == "prescriber_not_licensed"
    verified(course, THYME)
    assert owed(course, WorkKind.VERIFY_CREDENTIALS) == []
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    assert approval_of(course).approved_by == THYME.id


def test_the_licence_of_who_approved_counts_although_somebody_else_is_the_physician_now() -> None:
    course = covered(days=1)
    verified(course, THYME, licences={"CO": LAST})
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    course.wait(days=2)
    verified(course, THYME, "NY")
    (suspended,) = course.facts(ApprovalSuspended)
    assert suspended.reasons == ("prescriber_licence_lapsed",)


def test_a_revoked_approval_asks_nothing_of_who_gave_it() -> None:
    course = verified(at(Phase.APPROVAL), THYME)
    course.must(ApproveDosing, Role.PHYSICIAN, actor=THYME, **an_approval(course.state))
    course.must(RevokeApproval, Role.PHYSICIAN)
    verified(course, THYME, licences={})
    assert owed(course, WorkKind.VERIFY_CREDENTIALS) == []


def test_an_older_protocol_asks_for_nothing() -> None:
    course = at(Phase.CLOSED, protocol=packaged().model_copy(update={"care_team": None}))
    assert course.facts(CredentialsRecorded) == []
    assert not {"prescriber_licensed", "therapist_licensed"} & named(course)
