"""Conditions of an approval: set by a physician, confirmed by a named clinician, and no dose before that."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Actor, Role
from schemas.commands import (
    ApproveDosing,
    ConfirmCondition,
    CountersignDosing,
    RecordAdministration,
    RecordVitals,
    ReleaseSupply,
    RevokeApproval,
)
from schemas.facts import ConditionConfirmed, DosingApproved
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.treatment import Approval, ApprovalStatus, Setting
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import CALM
from tests.rules.refusing import Refused, each, holds, saying
from tests.rules.staffing import verified
from tests.support.course import Course, at
from tests.support.protocols import given, packaged, varied
from workflows.rules.gate import gate

TWO = {"bp-log": "Blood pressure at home, twice a day for 7 days.", "ecg": "Electrocardiogram read."}


def approved(conditions: dict[str, str] | None = TWO, setting: Setting = Setting.CLINIC) -> Course:
    course = at(Phase.PREPARATION, setting=setting).to_phase(Phase.APPROVAL)
    course.until(lambda it: setting is Setting.CLINIC or bool(it.state.regulatory.in_person))
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state), conditions=conditions)
    return course


def confirm(course: Course, *conditions: str) -> Course:
    for condition in conditions:
        course.must(ConfirmCondition, Role.NURSE, approval_id=approval_of(course).id, condition=condition)
    return course


def approval_of(course: Course) -> Approval:
    return given(course.state.approval)


def owed(course: Course) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is WorkKind.CONFIRM_CONDITION]


def unmet(course: Course) -> dict[str, object]:
    failed = [check for check in gate(course.state, course.now) if not check.passed]
    return next((dict(check.facts) for check in failed if check.name == "approval_conditions_met"), {})


def ready() -> Course:
    """Everything is in order for a dose, but one condition was confirmed only."""
    course = approved()
    state = course.state
    met = approval_of(course).model_copy(update={"conditions": None})
    course.state = state.model_copy(update={"approval": met})
    course.until(lambda it: it.state.cycle.session is not None and it.session.checked_in_at is not None)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    back = approval_of(course).model_copy(update={"conditions": tuple(TWO)})
    course.state = course.state.model_copy(update={"approval": back})
    return confirm(course, "bp-log")


def dosing(course: Course) -> Refusal:
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0, route=approval_of(course).route)


def revoked() -> Course:
    course = approved()
    course.must(RevokeApproval, Role.PHYSICIAN)
    return course


def told_late() -> Refusal:
    """The condition was confirmed after the instant at which the dose is said to have been given."""
    course = ready()
    given_at = course.now
    course.wait(minutes=1)
    confirm(course, "ecg")
    late = {"dose_mg": 1.0, "route": approval_of(course).route, "observed_at": given_at}
    return course.refused(RecordAdministration, Role.NURSE, **late)


def sending() -> Refusal:
    refusal = approved(setting=Setting.HOME).refused(ReleaseSupply, Role.PHYSICIAN)
    assert refusal.facts == {"check": "approval_conditions_met"}
    return refusal


def without_lookup(said: bool | None) -> Callable[[], Refusal]:
    return lambda: at(Phase.APPROVAL).refused(ApproveDosing, Role.PHYSICIAN, pdmp_checked=said)


REFUSALS = [
    Refused("condition_not_met", None, "one is left", lambda: dosing(ready())),
    Refused("condition_not_met", None, "confirmed after the dose", told_late),
    Refused("supply_on_hold", None, "sending before it is met", sending),
    Refused(
        "condition_unknown", "condition", "none was set", saying(lambda: approved(None), ConfirmCondition, Role.NURSE)
    ),
    Refused(
        "condition_already_confirmed",
        "condition",
        "twice",
        saying(lambda: confirm(approved(), "bp-log"), ConfirmCondition, Role.NURSE),
    ),
    Refused(
        "approval_unknown",
        "approval_id",
        "of an older approval",
        saying(approved, ConfirmCondition, Role.NURSE, approval_id="A9"),
    ),
    Refused("approval_not_in_force", "approval_id", "revoked", saying(revoked, ConfirmCondition, Role.NURSE)),
    *(
        Refused("pdmp_not_checked", "pdmp_checked", f"looked up: {said}", without_lookup(said))
        for said in (None, False)
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_each_condition_is_owed_until_a_clinician_confirms_it() -> None:
    course = approved()
    assert [item.subject for item in owed(course)] == ["A1-condition-1", "A1-condition-2"]
    assert unmet(course)["conditions"] == "bp-log, ecg"
    confirm(course, "ecg")
    assert [item.subject for item in owed(course)] == ["A1-condition-1"]
    confirm(course, "bp-log")
    assert owed(course) == []
    assert unmet(course) == {}


def test_subjects_of_work_do_not_repeat_what_a_physician_wrote() -> None:
    assert not any(code in item.subject for item in owed(approved()) for code in TWO)


def test_the_words_are_in_the_record_and_not_in_the_state() -> None:
    course = approved()
    (fact,) = course.facts(DosingApproved)
    assert fact.conditions == TWO
    assert fact.pdmp_checked is True
    assert TWO["bp-log"] not in course.state.model_dump_json()


def test_a_course_with_conditions_goes_on_once_they_are_confirmed() -> None:
    course = approved().to_phase(Phase.INTEGRATION)
    assert [fact.condition for fact in course.facts(ConditionConfirmed)] == list(TWO)
    assert course.state.sessions_given == 1


def test_time_confirms_nothing() -> None:
    course = approved()
    course.wait(days=20)
    assert len(owed(course)) == 2
    assert unmet(course)


def test_a_new_approval_sets_its_own_conditions() -> None:
    course = confirm(approved(), "bp-log", "ecg")
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state), conditions={"bp-log": "Again, for 7 days."})
    assert unmet(course)["conditions"] == "bp-log"


def test_conditions_can_be_confirmed_while_a_second_prescriber_is_awaited() -> None:
    course = at(Phase.APPROVAL)
    said = an_approval(course.state)
    course.must(ApproveDosing, Role.PHYSICIAN, **{**said, "max_dose_mg": said["max_dose_mg"] + 1}, conditions=TWO)
    assert approval_of(course).status is ApprovalStatus.PROPOSED
    confirm(course, *TWO)
    second = Actor(id="dr-birch", role=Role.PHYSICIAN)
    verified(course, second)
    course.must(CountersignDosing, Role.PHYSICIAN, actor=second, approval_id=approval_of(course).id)
    assert approval_of(course).status is ApprovalStatus.IN_FORCE
    assert unmet(course) == {}


@pytest.mark.parametrize("protocol", [varied({"regulation.pdmp.each_approval": False}), None])
def test_where_nobody_asks_for_it_no_lookup_is_needed(protocol: object) -> None:
    chosen = protocol or packaged().model_copy(update={"regulation": None})
    course = at(Phase.APPROVAL, protocol=chosen)  # type: ignore[arg-type]
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state), pdmp_checked=None)
    assert course.facts(DosingApproved)[-1].pdmp_checked is None


def test_the_day_of_the_confirmation_counts_and_not_that_of_the_log() -> None:
    course = approved()
    course.wait(hours=1)
    earlier = course.now - timedelta(minutes=30)
    course.must(ConfirmCondition, Role.NURSE, approval_id=approval_of(course).id, condition="ecg", observed_at=earlier)
    assert given(approval_of(course).conditions_met)["ecg"] == course.now
