"""The dosing approval: who gives it, within which terms, until when, and how it ends."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Actor, Role
from schemas.commands import (
    AcknowledgeDosePlan,
    ApproveDosing,
    CountersignDosing,
    RecordAdministration,
    RecordFollowUp,
    RecordHealthHistory,
    RecordInPersonVisit,
    RecordLabs,
    RecordMedications,
    RecordWeight,
    RevokeApproval,
    ScheduleSession,
    SignPreparationNote,
    WithdrawConsent,
)
from schemas.commands.screening import LabReport
from schemas.facts import ApprovalExpired, ApprovalRevoked, ApprovalSuspended, DosingApproved
from schemas.pathway import Pathway, Phase
from schemas.protocol import ApprovalTerms, RouteLimits
from schemas.refusals import Refusal
from schemas.screening import LabResult, LabTest
from schemas.treatment import ApprovalStatus, DrugRoute, Setting
from schemas.work import WorkKind
from tests.rules import arrivals as a
from tests.rules.arrivals import AT_HOME
from tests.rules.refusing import Refused, each, holds
from tests.rules.staffing import verified
from tests.support.course import Course, at, of_kind
from tests.support.people import ZONE, an_enrolment
from tests.support.protocols import given, kap_routes, packaged, varied
from workflows.rules.gate import gate

TICK = timedelta(microseconds=1)
CLINIC_ONLY = next(route for route, limits in kap_routes().items() if Setting.HOME not in limits.settings)
FIRST, LATER = packaged().approval.first, packaged().approval.later


HEAVY = 100.0
"""Kilograms of a patient for whom the limits by weight are round numbers."""


def asked(course: Course, **changes: Any) -> dict[str, Any]:
    """What is asked for; without a booster where the dose is another one."""
    booster = {"booster_mg": 0.0} if "max_dose_mg" in changes else {}
    return {**an_approval(course.state), **booster, **changes}


def approving(situation: Callable[[], Course], **changes: Any) -> Callable[[], Refusal]:
    def attempt() -> Refusal:
        course = situation()
        return course.refused(ApproveDosing, Role.PHYSICIAN, **asked(course, **changes))

    return attempt


def first() -> Course:
    """Nothing was given yet, and the patient has consented to all routes and settings."""
    course = at(Phase.APPROVAL).consent("injection", *AT_HOME)
    course.must(RecordWeight, Role.NURSE, kg=HEAVY)
    return course


def dosed_yesterday() -> Course:
    return at(Phase.INTEGRATION)


def dosed() -> Course:
    return Course().until(lambda course: bool(course.state.sessions_given))


def other_question() -> Refusal:
    course = at(Phase.SESSION)
    item = next(one for one in course.state.work if one.kind is WorkKind.SCHEDULE_SESSION)
    return course.refused(ApproveDosing, Role.PHYSICIAN, **asked(course, request_id=item.id))


def revoked() -> Course:
    course = at(Phase.SESSION)
    course.must(RevokeApproval, Role.PHYSICIAN)
    return course


def expired() -> Course:
    course = at(Phase.SESSION)
    assert course.state.approval is not None
    course.wait_until(course.state.approval.valid_until)
    return course


def later() -> Course:
    """Sessions were held, and the first approval is used up."""
    course = at(Phase.APPROVAL, cycle=2)
    course.must(RecordFollowUp, Role.PHYSICIAN)
    return course


def sublingual_only() -> Course:
    return at(Phase.APPROVAL, protocol=varied({"treatments.kap.drug_routes": ["sublingual"]}))


BY_WEIGHT = {"route": DrugRoute.INTRAMUSCULAR, "max_dose_mg": 50.0}
SECOND_PRESCRIBER = Actor(id="dr-linden", role=Role.PHYSICIAN)
PREGNANT = LabReport(test=LabTest.PREGNANCY, result=LabResult.REMARKABLE)
START_MG, STEP_PERCENT = (
    packaged().routes[DrugRoute.SUBLINGUAL].start_mg,
    packaged().routes[DrugRoute.SUBLINGUAL].step_percent,
)
assert START_MG is not None
assert STEP_PERCENT is not None
ALONE = START_MG.value * (100 + STEP_PERCENT.value) / 100
"""The most milligrams that one physician may approve alone to begin with."""


def unweighed() -> Course:
    return at(Phase.APPROVAL).consent("injection")


def weighed_long_ago() -> Course:
    course = first()
    course.wait(days=given(packaged().eligibility).weight_valid_days.value)
    course.wait(microseconds=1)
    return course


def proposed(days: float = 0) -> Course:
    course = first()
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, max_dose_mg=ALONE + 1))
    course.wait(days=days)
    return course


def read() -> Course:
    course = at(Phase.SESSION)
    course.must(AcknowledgeDosePlan, Role.PATIENT)
    return course


def late_click() -> Refusal:
    """Timeline S01: A1 expired, another physician gave A2 of less; whoever meant to renew A1 clicks now."""
    course = expired()
    late = asked(course)
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, max_dose_mg=100.0))
    return course.refused(ApproveDosing, Role.PHYSICIAN, **late, expected_version=None)


REFUSALS = [
    Refused("route_not_allowed", "route", "a route without limits", approving(sublingual_only, route=CLINIC_ONLY)),
    Refused(
        "setting_not_allowed",
        "setting",
        "injected at home",
        approving(first, route=CLINIC_ONLY, setting=Setting.HOME, max_dose_mg=1.0),
    ),
    *(
        Refused(
            "dose_above_protocol",
            "max_dose_mg",
            f"a milligram too much, {route}",
            approving(first, route=route, max_dose_mg=limits.max_session_mg.value + 1),
        )
        for route, limits in kap_routes().items()
    ),
    *(
        Refused(
            code,
            field,
            f"one more than the {name} terms",
            approving(situation, **{field: int(getattr(terms, field).value) + 1}),
        )
        for code, field in (("too_many_sessions", "sessions"), ("validity_too_long", "valid_days"))
        for name, situation, terms in (("first", first, FIRST), ("later", later, LATER))
    ),
    Refused("weight_missing", "route", "by weight, unweighed", approving(unweighed, **BY_WEIGHT)),
    Refused("weight_missing", "route", "by weight, weighed long ago", approving(weighed_long_ago, **BY_WEIGHT)),
    Refused(
        "dose_above_session",
        "booster_mg",
        "a booster larger than all",
        approving(first, max_dose_mg=50.0, booster_mg=51.0),
    ),
    Refused(
        "dose_above_session",
        "max_single_mg",
        "a part larger than all",
        approving(first, max_dose_mg=50.0, max_single_mg=51.0),
    ),
    Refused(
        "reason_required",
        "reason",
        "a large step without a reason",
        approving(first, max_dose_mg=ALONE + 1, reason=None),
    ),
    Refused(
        "follow_up_missing", None, "not seen after the first sessions", approving(lambda: at(Phase.APPROVAL, cycle=2))
    ),
    Refused(
        "request_missing",
        "expected_version",
        "a late click that names nothing",
        lambda: late_click(),
    ),
    Refused("request_closed", "request_id", "a late click", approving(first, request_id="W1")),
    Refused("request_closed", "request_id", "the answer to another question", lambda: other_question()),
    Refused(
        "approval_not_proposed",
        "approval_id",
        "agreeing to what needs nobody",
        lambda: at(Phase.SESSION).refused(CountersignDosing, Role.PHYSICIAN),
    ),
    Refused(
        "approval_not_proposed",
        "approval_id",
        "agreeing after it ended",
        lambda: proposed(days=40).refused(CountersignDosing, Role.PHYSICIAN, actor=SECOND_PRESCRIBER),
    ),
    Refused(
        "second_prescriber_needed",
        "actor.id",
        "agreeing with oneself",
        lambda: proposed().refused(CountersignDosing, Role.PHYSICIAN),
    ),
    Refused(
        "approval_unknown",
        "approval_id",
        "reading another version",
        lambda: at(Phase.SESSION).refused(AcknowledgeDosePlan, Role.PATIENT, approval_id="A9"),
    ),
    Refused(
        "approval_not_in_force",
        "approval_id",
        "reading what was revoked",
        lambda: revoked().refused(AcknowledgeDosePlan, Role.PATIENT),
    ),
    Refused(
        "already_acknowledged",
        "approval_id",
        "reading twice",
        lambda: read().refused(AcknowledgeDosePlan, Role.PATIENT),
    ),
    Refused(
        "not_screened",
        None,
        "following up a stranger",
        lambda: at(Phase.SCREENING).refused(RecordFollowUp, Role.PHYSICIAN),
    ),
    Refused("session_in_progress", None, "while drug acts", approving(dosed)),
    Refused("session_in_progress", None, "before integration", approving(dosed_yesterday)),
    Refused(
        "approval_unknown",
        "approval_id",
        "revoking what was never given",
        lambda: at(Phase.APPROVAL).refused(RevokeApproval, Role.PHYSICIAN),
    ),
    Refused(
        "approval_unknown",
        "approval_id",
        "revoking the one before",
        lambda: later().to_phase(Phase.SESSION).refused(RevokeApproval, Role.PHYSICIAN, approval_id="A1"),
    ),
    Refused(
        "approval_not_in_force",
        "approval_id",
        "revoking twice",
        lambda: revoked().refused(RevokeApproval, Role.PHYSICIAN),
    ),
    Refused(
        "approval_not_in_force",
        "approval_id",
        "revoking what expired",
        lambda: expired().refused(RevokeApproval, Role.PHYSICIAN),
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize(("name", "terms"), [("first", FIRST), ("later", LATER)])
def test_everything_up_to_the_terms_is_granted(name: str, terms: ApprovalTerms) -> None:
    course = at(Phase.APPROVAL) if name == "first" else later()
    most = {"sessions": int(terms.sessions.value), "valid_days": int(terms.valid_days.value)}
    step = course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, **most))
    (approved,) = of_kind(step.facts, DosingApproved)
    assert approved.approval.sessions == most["sessions"]
    assert course.phase is Phase.SESSION


@pytest.mark.parametrize(("route", "limits"), kap_routes().items())
def test_dose_up_to_the_limit_of_the_route_is_granted(route: DrugRoute, limits: RouteLimits) -> None:
    for setting in limits.settings:
        course = first()
        course.must(RecordInPersonVisit, Role.PHYSICIAN)
        most = limits.max_session_mg.value
        course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, route=route, setting=setting, max_dose_mg=most))
        assert approval_of(course.state).status is ApprovalStatus.PROPOSED
        verified(course, SECOND_PRESCRIBER).must(CountersignDosing, Role.PHYSICIAN, actor=SECOND_PRESCRIBER)
        assert approval_of(course.state).status is ApprovalStatus.IN_FORCE


@pytest.mark.parametrize(
    ("route", "mg", "status"),
    [
        (DrugRoute.SUBLINGUAL, ALONE, ApprovalStatus.IN_FORCE),
        (DrugRoute.SUBLINGUAL, ALONE + 1, ApprovalStatus.PROPOSED),
        (DrugRoute.INTRAMUSCULAR, 75.0, ApprovalStatus.IN_FORCE),
        (DrugRoute.INTRAMUSCULAR, 76.0, ApprovalStatus.PROPOSED),
    ],
)
def test_step_from_the_start_dose(route: DrugRoute, mg: float, status: ApprovalStatus) -> None:
    course = first()
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, route=route, max_dose_mg=mg))
    assert approval_of(course.state).status is status


@pytest.mark.parametrize(("mg", "status"), [(225.0, ApprovalStatus.IN_FORCE), (226.0, ApprovalStatus.PROPOSED)])
def test_step_from_the_approval_before(mg: float, status: ApprovalStatus) -> None:
    """Half as much again after 150 mg; the other limit, 100 mg, would be reached from 200 mg on."""
    course = later()
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, max_dose_mg=mg))
    assert approval_of(course.state).status is status


def test_timeline_s06_a_changed_dose_is_another_version() -> None:
    """After preparation 150 mg becomes 250 mg: a second prescriber agrees, and everybody reads the new version."""
    course = at(Phase.SESSION)
    course.until(lambda it: it.state.cycle.session is not None and not it.session.checked_in_at)
    for role in (Role.THERAPIST, Role.PATIENT):
        course.must(AcknowledgeDosePlan, role)
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, max_dose_mg=250.0))
    (*_, approved) = course.facts(DosingApproved)
    assert (approved.supersedes, approved.changes) == ("A1", ("max_dose_mg", "booster_mg"))
    assert course.refused(AcknowledgeDosePlan, Role.THERAPIST, approval_id="A1").code == "approval_unknown"
    assert course.refused(AcknowledgeDosePlan, Role.THERAPIST, approval_id="A2").code == "approval_not_in_force"
    verified(course, SECOND_PRESCRIBER).must(
        CountersignDosing, Role.PHYSICIAN, approval_id="A2", actor=SECOND_PRESCRIBER
    )
    course.must(AcknowledgeDosePlan, Role.THERAPIST, approval_id="A2")
    unread = {check.name for check in gate(course.state, course.now) if check.code == "plan_not_acknowledged"}
    failing = {check.name for check in gate(course.state, course.now) if not check.passed}
    assert unread & failing == {"plan_read_by_patient"}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (lambda course: course.must(RecordMedications, Role.PATIENT, names=("Nardil",)), "medications_changed"),
        (lambda course: course.must(RecordWeight, Role.NURSE, kg=HEAVY * 1.11), "weight_changed"),
        (lambda course: course.must(RecordHealthHistory, Role.NURSE, conditions=("pregnancy",)), "contraindication"),
        (lambda course: course.must(RecordLabs, Role.NURSE, labs=(PREGNANT,)), "pregnancy"),
        (lambda course: course.must(WithdrawConsent, Role.PATIENT), "consent_changed"),
    ],
)
def test_a_changed_fact_suspends_for_good(told: Callable[[Course], Any], reason: str) -> None:
    course = first()
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, route=DrugRoute.INTRAMUSCULAR, max_dose_mg=50.0))
    told(course)
    (suspended,) = course.facts(ApprovalSuspended)
    assert reason in suspended.reasons
    assert WorkKind.REVIEW_SUSPENDED_APPROVAL in {item.kind for item in course.state.work}
    course.must(RecordMedications, Role.PATIENT)
    course.must(RecordWeight, Role.NURSE, kg=HEAVY)
    course.must(RecordHealthHistory, Role.NURSE)
    assert approval_of(course.state).status is ApprovalStatus.SUSPENDED
    course.wait(days=20)
    assert approval_of(course.state).status is ApprovalStatus.SUSPENDED


@pytest.mark.parametrize("kg", [110.0, 90.0, HEAVY])
def test_a_change_of_weight_up_to_the_limit_changes_nothing(kg: float) -> None:
    course = first()
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, route=DrugRoute.INTRAMUSCULAR, max_dose_mg=50.0))
    course.must(RecordWeight, Role.NURSE, kg=kg)
    assert course.facts(ApprovalSuspended) == []


def test_a_medication_without_meaning_for_a_dose_changes_nothing() -> None:
    course = at(Phase.SESSION)
    course.must(RecordMedications, Role.PATIENT, names=("Lipitor", "Zoloft"))
    assert approval_of(course.state).status is ApprovalStatus.IN_FORCE


def test_after_a_long_pause_a_physician_sees_the_patient_again() -> None:
    days = given(packaged().approval.reevaluate_after_days)
    course = later()
    course.wait_until(given(course.state.last_drug_at) + timedelta(days=days.value) + TICK)
    assert course.refused(ApproveDosing, Role.PHYSICIAN, **asked(course)).facts == {"paused": True}
    course.must(RecordFollowUp, Role.PHYSICIAN)
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course))


def test_approval_is_bound_to_what_it_was_decided_on() -> None:
    course = at(Phase.APPROVAL)
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course))
    approval = approval_of(course.state)
    assert (approval.id, approval.approved_by, approval.approved_at) == ("A1", "dr-sage", course.now)
    assert (approval.protocol_version, approval.consents) == (packaged().name, ("treatment:2026-11",))
    assert (approval.sessions_used, approval.status) == (0, ApprovalStatus.IN_FORCE)


@pytest.mark.parametrize("zone", [ZONE, "Pacific/Auckland", "Pacific/Honolulu", "Asia/Kolkata"])
@pytest.mark.parametrize("valid_days", [1, int(FIRST.valid_days.value)])
def test_expires_with_the_last_second_of_the_last_local_day(zone: str, valid_days: int) -> None:
    course = Course(an_enrolment(zone=zone)).to_phase(Phase.APPROVAL)
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, valid_days=valid_days))
    local = approval_of(course.state).valid_until.astimezone(ZoneInfo(zone))
    assert (local.hour, local.minute, local.second, local.microsecond) == (23, 59, 59, 0)
    assert (local.date() - course.now.astimezone(ZoneInfo(zone)).date()).days == valid_days


def test_in_force_until_the_instant_before_its_end() -> None:
    course = at(Phase.SESSION)
    until = approval_of(course.state).valid_until
    course.wait_until(until - TICK)
    assert approval_of(course.state).status is ApprovalStatus.IN_FORCE
    assert course.facts(ApprovalExpired) == []
    course.wait_until(until)
    assert approval_of(course.state).status is ApprovalStatus.EXPIRED
    (fact,) = course.facts(ApprovalExpired)
    assert (fact.approval_id, fact.sessions_unused) == ("A1", int(FIRST.sessions.value))


@pytest.mark.parametrize(("before_end", "code"), [(TICK, None), (timedelta(0), "approval_expired")])
def test_dose_at_the_end_of_an_approval(before_end: timedelta, code: str | None) -> None:
    course = late_session()
    given_at = approval_of(course.state).valid_until - before_end
    course.wait_until(given_at - timedelta(minutes=1))
    course.until(lambda it: bool(it.state.cycle.session and it.session.readings))
    course.wait_until(given_at)
    dose = {"dose_mg": 1.0, "route": approval_of(course.state).route}
    if code is None:
        course.must(RecordAdministration, Role.NURSE, **dose)
    else:
        assert course.refused(RecordAdministration, Role.NURSE, **dose).code == code


def late_session() -> Course:
    """A session booked for the last minute of the approval."""
    course = a.read(at(Phase.SESSION))
    end = approval_of(course.state).valid_until
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=end - timedelta(minutes=1), setting=Setting.CLINIC)
    # A preparation lasts no longer than the approval, so it is done anew.
    course.wait_until(end - timedelta(days=2))
    course.must(SignPreparationNote, Role.THERAPIST)
    return course


def test_expiry_asks_for_a_new_approval_and_keeps_the_booking_owed() -> None:
    course = expired()
    assert course.phase is Phase.APPROVAL
    assert {item.kind for item in course.state.work} >= {WorkKind.SCHEDULE_SESSION, WorkKind.APPROVE_DOSING}


def test_new_approval_takes_the_place_of_the_one_before() -> None:
    course = at(Phase.SESSION)
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, max_dose_mg=50.0, booster_mg=0.0))
    approval = approval_of(course.state)
    assert (approval.id, approval.max_dose_mg, approval.sessions_used) == ("A2", 50.0, 0)
    assert [fact.supersedes for fact in course.facts(DosingApproved)] == [None, "A1"]


def test_terms_stay_the_first_ones_until_a_session_was_held() -> None:
    course = revoked()
    assert course.refused(ApproveDosing, Role.PHYSICIAN, **asked(course, sessions=int(LATER.sessions.value))).code == (
        "too_many_sessions"
    )


def test_revoked_approval_carries_nothing_and_is_asked_for_anew() -> None:
    course = revoked()
    assert [fact.approval_id for fact in course.facts(ApprovalRevoked)] == ["A1"]
    assert approval_of(course.state).status is ApprovalStatus.REVOKED
    assert course.phase is Phase.APPROVAL


def approval_of(state: Pathway) -> Any:
    assert state.approval is not None
    return state.approval


def test_after_a_pause_that_began_under_the_approval_no_dose_before_a_physician_saw_the_patient() -> None:
    """A2 is given right after session 2 and lasts 90 days; the dose would come 88 days after the last one."""
    days = given(packaged().approval.reevaluate_after_days).value
    course = at(Phase.SESSION, cycle=3)
    last = given(course.state.last_drug_at)

    def unmet(at: datetime) -> bool:
        return "seen_after_pause" in {check.name for check in gate(course.state, at) if not check.passed}

    assert not unmet(last + timedelta(days=days))
    assert unmet(last + timedelta(days=days) + TICK)
    course.wait_until(last + timedelta(days=days) + TICK)
    course.must(RecordFollowUp, Role.PHYSICIAN)
    assert not unmet(course.now)
    assert unmet(course.now - TICK) is False


@pytest.mark.parametrize(("mg", "status"), [(200.0, ApprovalStatus.IN_FORCE), (351.0, ApprovalStatus.PROPOSED)])
def test_a_dose_below_what_two_prescribers_agreed_to_needs_no_second_one(mg: float, status: ApprovalStatus) -> None:
    """Timeline S06, 14:05: 250 mg were countersigned and not used; 200 mg is no step."""
    course = proposed()
    course.must(RevokeApproval, Role.PHYSICIAN)
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, max_dose_mg=250.0))
    verified(course, SECOND_PRESCRIBER).must(
        CountersignDosing, Role.PHYSICIAN, approval_id="A2", actor=SECOND_PRESCRIBER
    )
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, max_dose_mg=120.0))
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, max_dose_mg=mg))
    assert approval_of(course.state).status is status


def test_a_change_of_weight_suspends_also_where_the_dose_does_not_go_by_it() -> None:
    course = first()
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course))
    assert approval_of(course.state).route is DrugRoute.SUBLINGUAL
    course.must(RecordWeight, Role.NURSE, kg=HEAVY * 0.75)
    assert approval_of(course.state).suspended_for == ("weight_changed",)
