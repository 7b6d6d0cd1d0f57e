"""A physician moves a pathway to another version of the protocol: refused, accepted, and what follows."""

from datetime import timedelta
from typing import Any

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Role
from schemas.commands import (
    ApproveDosing,
    CancelSession,
    MoveProtocol,
    WithdrawConsent,
)
from schemas.facts import ApprovalSuspended, ProtocolMoved
from schemas.pathway import Phase
from schemas.protocol import Protocol
from schemas.refusals import Refusal
from schemas.treatment import ApprovalStatus, DrugRoute, Setting, TreatmentRoute
from schemas.work import WorkKind
from tests.rules import arrivals as a
from tests.rules.refusing import Refused, each, holds
from tests.support.course import Course, at
from tests.support.protocols import packaged, varied
from workflows.rules.standing import integration_window

NEXT = "2027.01-1"


def newer(changes: dict[str, Any] | None = None) -> Protocol:
    """The next version, with other numbers."""
    return varied({"version": NEXT, **(changes or {})})


def moving(course: Course, protocol: Protocol | None = None) -> Refusal:
    return course.refused(MoveProtocol, Role.PHYSICIAN, protocol=protocol or newer())


def moved(course: Course, protocol: Protocol | None = None) -> Course:
    course.must(MoveProtocol, Role.PHYSICIAN, protocol=protocol or newer())
    return course


def lacking(**gone: object) -> Protocol:
    return newer().model_copy(update=gone)


def without_sublingual() -> Protocol:
    """Nothing is given under the tongue any more, so nothing psycholytic is left."""
    given = DrugRoute.SUBLINGUAL
    routes = {route: limits for route, limits in packaged().routes.items() if route is not given}
    treatments = {
        treatment: rules.model_copy(update={"drug_routes": tuple(one for one in rules.drug_routes if one is not given)})
        for treatment, rules in packaged().treatments.items()
        if treatment is not TreatmentRoute.PSYCHOLYTIC
    }
    return lacking(routes=routes, treatments=treatments)


def without_day_3() -> Protocol:
    rules = packaged().checkins
    assert rules is not None
    kinds = {kind: rule for kind, rule in rules.after_session.items() if kind != "day_3"}
    return lacking(checkins=rules.model_copy(update={"after_session": kinds}))


def without_kap() -> Protocol:
    treatments = {route: rules for route, rules in packaged().treatments.items() if route is not TreatmentRoute.KAP}
    return lacking(treatments=treatments)


SESSION = "session_in_progress"
FIT = "protocol_does_not_fit"

REFUSALS = [
    Refused(SESSION, None, "the patient is here", lambda: moving(a.received())),
    Refused(SESSION, None, "drug was given", lambda: moving(a.dosed())),
    Refused(SESSION, None, "the patient is observed", lambda: moving(a.observed())),
    Refused("protocol_unchanged", "protocol.version", "the same", lambda: moving(at(Phase.SESSION), packaged())),
    Refused(
        "protocol_version_reused",
        "protocol.version",
        "changed under the old name",
        lambda: moving(at(Phase.SESSION), varied({"vitals.valid_min": 30})),
    ),
    Refused(
        "protocol_incomplete",
        "protocol.monitoring",
        "without monitoring",
        lambda: moving(at(Phase.SESSION), lacking(monitoring=None)),
    ),
    Refused(
        "protocol_contradictory",
        "protocol.booster.closes_min",
        "contradicts itself",
        lambda: moving(at(Phase.SESSION), newer({"booster.opens_min": 31})),
    ),
    Refused(FIT, "protocol.treatments", "without the treatment", lambda: moving(Course(), without_kap())),
    Refused(FIT, "protocol.routes", "approved route", lambda: moving(at(Phase.SESSION), without_sublingual())),
    Refused(FIT, "protocol.routes", "given route", lambda: moving(unapproved_since(), without_sublingual())),
    Refused(
        FIT,
        "protocol.checkins.after_session",
        "planned check-in",
        lambda: moving(at(Phase.INTEGRATION), without_day_3()),
    ),
    Refused("care_ended", None, "after the end", lambda: moving(ended())),
]


def unapproved_since() -> Course:
    """A dose was given in this cycle; of the approval the state knows nothing."""
    course = at(Phase.INTEGRATION)
    course.state = course.state.model_copy(update={"approval": None})
    return course


def ended() -> Course:
    return at(Phase.INTEGRATION).until(lambda it: it.state.ending is not None)


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize("phase", [Phase.REFERRAL, Phase.SCREENING, Phase.PREPARATION, Phase.FOLLOW_UP])
def test_moved_in_any_phase(phase: Phase) -> None:
    course = moved(at(phase))
    assert course.state.protocol == newer()
    course.to_phase(Phase.CLOSED)


@pytest.mark.parametrize("setting", Setting)
def test_the_approval_is_suspended_and_a_physician_approves_anew(setting: Setting) -> None:
    course = moved(at(Phase.SESSION, setting=setting))
    approval = a.approval_of(course)
    assert approval.status is ApprovalStatus.SUSPENDED
    assert approval.suspended_for == ("protocol_moved",)
    assert [item.kind for item in course.state.work if item.subject == approval.id] == [
        WorkKind.REVIEW_SUSPENDED_APPROVAL
    ]
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state, setting))
    assert a.approval_of(course).protocol_version == f"kap-default:{NEXT}"
    course.to_phase(Phase.INTEGRATION)


def test_a_booked_patient_is_moved_and_one_that_is_cancelled_too() -> None:
    assert moved(a.booked()).state.protocol.version == NEXT
    course = a.received()
    course.must(CancelSession, Role.PATIENT)
    assert moved(course).state.protocol.version == NEXT


def test_between_discharge_and_integration_the_windows_are_the_new_ones() -> None:
    course = at(Phase.INTEGRATION)
    before = integration_window(course.state, course.session)
    moved(course, newer({"integration.window_closes_h": 96}))
    after = integration_window(course.state, course.session)
    assert before is not None
    assert after is not None
    assert after[1] - before[1] == timedelta(hours=24)


def test_a_new_consent_is_owed_and_blocks() -> None:
    course = moved(at(Phase.SESSION), newer({"consents.kinds.telehealth.needed": "everybody"}))
    assert course.phase is Phase.CONSENT
    assert [item.subject for item in course.state.work if item.kind is WorkKind.RECORD_CONSENT] == ["telehealth"]
    course.to_phase(Phase.INTEGRATION)


def test_what_is_late_under_the_new_version_is_raised_at_once() -> None:
    course = at(Phase.INTEGRATION)
    course.wait(hours=60)
    assert not course.state.cycle.integration_overdue
    moved(course, newer({"integration.window_closes_h": 48}))
    course.lapse()
    assert course.state.cycle.integration_overdue


def test_the_record_keeps_both_contents_word_by_word() -> None:
    course = moved(at(Phase.PREPARATION))
    (fact,) = course.facts(ProtocolMoved)
    assert (fact.before, fact.after) == (packaged().name, newer().name)
    assert fact.protocol_before() == packaged()
    assert fact.protocol_after() == newer()


def test_back_to_the_old_version_is_a_move_like_any_other() -> None:
    course = moved(moved(at(Phase.SESSION)), packaged())
    assert course.state.protocol == packaged()
    assert len(course.facts(ApprovalSuspended)) == 1, "an approval that was suspended never resumes"
    assert a.approval_of(course).status is ApprovalStatus.SUSPENDED


def test_a_withdrawn_consent_stays_withdrawn() -> None:
    course = at(Phase.SESSION)
    course.must(WithdrawConsent, Role.PATIENT)
    moved(course)
    assert not course.state.consents["treatment"].is_active
