"""The supply at home: released in stages, received, counted, and accounted for."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from clients.scenarios.next_right import in_range
from schemas.actors import Role
from schemas.commands import (
    Command,
    CountSupply,
    DiscontinuePathway,
    RecordAdministration,
    RecordAdverseEvent,
    RecordDeath,
    RecordVitals,
    ReleaseSupply,
    ReviewSupply,
    RevokeApproval,
    TransferCare,
    WithdrawConsent,
)
from schemas.facts import SupplyCounted, SupplyReleased
from schemas.monitoring import AdverseEventKind
from schemas.pathway import End, Phase
from schemas.refusals import Refusal
from schemas.treatment import ApprovalStatus, Setting
from schemas.work import WorkKind
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.protocols import given, packaged, varied

STAGES = [int(stage.value) for stage in given(packaged().supply).stages]
TICK = timedelta(microseconds=1)


def approved(**changes: object) -> Course:
    """Approved for the home; nothing is released yet."""
    return at(Phase.SESSION, setting=Setting.HOME, protocol=varied(dict(changes)) if changes else None)


def released(doses: int = 1) -> Course:
    course = approved()
    release(course, doses)
    return course


def release(course: Course, doses: int = 1) -> None:
    course.must(ReleaseSupply, Role.PHYSICIAN, approval_id=approval_id(course), doses=doses)


def received(doses: int = 1) -> Course:
    course = released()
    course.must(CountSupply, Role.PATIENT, doses=doses)
    return course


def approval_id(course: Course) -> str:
    assert course.state.approval is not None
    return course.state.approval.id


def second_cycle() -> Course:
    """The first session at home is over and integrated; what is left was not counted."""
    return at(Phase.SESSION, cycle=2, setting=Setting.HOME)


def stage(number: int) -> Course:
    """At a stage, with everything that was released before found at home and more sessions approved than that."""
    course = approved(**{"approval.first.sessions": 20, "series.sessions": 20, "supply.max_refills": 9})
    for _ in range(number):
        release(course)
        course.must(CountSupply, Role.PATIENT, doses=course.state.supply.on_hand())
    return course


def in_session(at_home: Callable[[], Course]) -> Course:
    """Checked in and measured, whatever is at home."""
    course = at_home()
    course.until(lambda it: it.state.cycle.session is not None)
    supply = course.state.supply
    course.state = course.state.model_copy(update={"protocol": packaged().model_copy(update={"supply": None})})
    course.until(lambda it: it.session.checked_in_at is not None)
    course.must(RecordVitals, Role.NURSE, vitals=in_range(packaged(), Setting.HOME))
    course.state = course.state.model_copy(update={"protocol": packaged(), "supply": supply})
    return course


def dosing(course: Course) -> Refusal:
    assert course.state.approval is not None
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0, route=course.state.approval.route)


def revoked() -> Course:
    course = received()
    course.must(RevokeApproval, Role.PHYSICIAN)
    return course


def withdrawn() -> Course:
    course = received()
    course.must(WithdrawConsent, Role.PATIENT)
    return course


def in_cabinet_of_the_integrated() -> Course:
    return at(Phase.INTEGRATION, setting=Setting.HOME)


def refilled(refills: int) -> Course:
    course = approved(**{"approval.first.sessions": 20, "series.sessions": 20, "supply.max_refills": refills})
    for _ in range(refills + 1):
        release(course)
        course.must(CountSupply, Role.PATIENT, doses=course.state.supply.on_hand())
    return course


REFUSALS = [
    Refused("no_home_supply", None, "no rules for it", lambda: without_rules().refused(ReleaseSupply, Role.PHYSICIAN)),
    Refused(
        "not_for_home",
        "approval_id",
        "approved for the clinic",
        lambda: at(Phase.SESSION).refused(ReleaseSupply, Role.PHYSICIAN),
    ),
    Refused(
        "approval_unknown",
        "approval_id",
        "an old approval",
        saying(approved, ReleaseSupply, Role.PHYSICIAN, approval_id="A9"),
    ),
    Refused("approval_not_in_force", "approval_id", "revoked", saying(revoked, ReleaseSupply, Role.PHYSICIAN)),
    Refused("consent_missing", None, "withdrawn", saying(withdrawn, ReleaseSupply, Role.PHYSICIAN)),
    Refused(
        "report_missing",
        None,
        "before integration",
        saying(in_cabinet_of_the_integrated, ReleaseSupply, Role.PHYSICIAN),
    ),
    Refused("supply_not_counted", None, "what is left", saying(second_cycle, ReleaseSupply, Role.PHYSICIAN)),
    Refused("supply_not_counted", None, "what was sent", saying(released, ReleaseSupply, Role.PHYSICIAN)),
    Refused("supply_unaccounted", None, "sending more", saying(lambda: received(0), ReleaseSupply, Role.PHYSICIAN)),
    *(
        Refused(
            "too_many_doses",
            "doses",
            f"stage {number}",
            saying(lambda number=number: stage(number), ReleaseSupply, Role.PHYSICIAN, doses=most + 1),  # type: ignore[misc]
        )
        for number, most in enumerate([*STAGES, STAGES[-1]])
    ),
    Refused(
        "more_than_sessions_left",
        "doses",
        "more than approved",
        saying(received, ReleaseSupply, Role.PHYSICIAN, doses=2),
    ),
    Refused("too_many_refills", None, "too often", saying(lambda: refilled(1), ReleaseSupply, Role.PHYSICIAN)),
    Refused(
        "pdmp_not_checked",
        "pdmp_checked",
        "not looked up",
        saying(approved, ReleaseSupply, Role.PHYSICIAN, pdmp_checked=False),
    ),
    Refused("reason_required", "reason", "early", saying(received, ReleaseSupply, Role.PHYSICIAN, reason=None)),
    Refused("no_supply", None, "counting nothing", saying(approved, CountSupply, Role.PATIENT)),
    Refused("supply_accounted_for", None, "nothing differs", saying(received, ReviewSupply, Role.PHYSICIAN)),
    Refused("supply_missing", None, "nothing there", lambda: dosing(in_session(approved))),
    Refused("supply_not_received", None, "not arrived", lambda: dosing(in_session(released))),
    Refused("supply_unaccounted", None, "one too many", lambda: dosing(in_session(lambda: received(2)))),
    Refused("supply_on_hold", None, "during a hold", lambda: held().refused(ReleaseSupply, Role.PHYSICIAN)),
]


def without_rules() -> Course:
    course = approved()
    course.state = course.state.model_copy(update={"protocol": packaged().model_copy(update={"supply": None})})
    return course


def held() -> Course:
    """A session was held for a pressure far too high."""
    course = in_session(received)
    pressed = in_range(packaged(), Setting.HOME).model_copy(update={"systolic": 200})
    course.must(RecordVitals, Role.NURSE, vitals=pressed)
    return course


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize(("number", "most"), list(enumerate([*STAGES, STAGES[-1]])))
def test_each_stage_lets_so_many_go(number: int, most: int) -> None:
    course = stage(number)
    release(course, most)
    assert course.facts(SupplyReleased)[-1].doses == most
    assert course.facts(SupplyReleased)[-1].early is (number > 0)


def test_a_session_at_home_takes_one_dose() -> None:
    course = received().to_phase(Phase.INTEGRATION)
    assert course.state.supply.on_hand() == 0
    assert WorkKind.COUNT_SUPPLY in kinds(course)


def test_a_course_at_home_goes_to_its_end() -> None:
    course = approved().to_phase(Phase.CLOSED)
    assert course.state.closure is not None
    assert course.state.closure.end is End.COMPLETED
    assert len(course.facts(SupplyReleased)) == course.state.sessions_given
    assert all(fact.doses == fact.expected for fact in course.facts(SupplyCounted))


def test_somebody_owes_each_step() -> None:
    course = approved()
    assert WorkKind.RELEASE_SUPPLY in kinds(course)
    release(course)
    assert WorkKind.RELEASE_SUPPLY not in kinds(course)
    assert WorkKind.COUNT_SUPPLY in kinds(course)
    course.must(CountSupply, Role.PATIENT, doses=0)
    assert WorkKind.COUNT_SUPPLY not in kinds(course)
    assert WorkKind.REVIEW_SUPPLY in kinds(course)
    course.must(ReviewSupply, Role.PHYSICIAN)
    assert kinds(course) & {WorkKind.REVIEW_SUPPLY, WorkKind.RELEASE_SUPPLY} == {WorkKind.RELEASE_SUPPLY}


def test_expiry_closes_nothing_that_is_owed() -> None:
    course = approved()
    assert course.state.approval is not None
    course.wait_until(course.state.approval.valid_until)
    assert course.state.approval.status is ApprovalStatus.EXPIRED
    assert WorkKind.RELEASE_SUPPLY in kinds(course)


@pytest.mark.parametrize("situation", [revoked, withdrawn])
def test_what_is_at_home_is_counted_once_it_may_not_be_taken(situation: Callable[[], Course]) -> None:
    course = situation()
    assert WorkKind.COUNT_SUPPLY in kinds(course)
    course.must(CountSupply, Role.PATIENT, doses=1)
    assert WorkKind.COUNT_SUPPLY not in kinds(course)


def test_after_the_end_what_is_left_is_counted_before_the_pathway_closes() -> None:
    course = received()
    course.wait(minutes=1)
    course.must(DiscontinuePathway, Role.PATIENT)
    assert course.phase.value == "safety_contact"
    assert kinds(course) == {WorkKind.COUNT_SUPPLY}
    course.must(CountSupply, Role.NURSE, doses=1)
    assert course.phase.value == "closed"


def test_a_late_dose_is_judged_by_what_was_there_then() -> None:
    course = in_session(released)
    given_at = course.now
    course.wait(minutes=1)
    course.must(CountSupply, Role.THERAPIST, doses=1)
    assert course.state.approval is not None
    late = {"dose_mg": 1.0, "route": course.state.approval.route, "observed_at": given_at}
    assert course.refused(RecordAdministration, Role.NURSE, **late).code == "supply_not_received"


def kinds(course: Course) -> set[WorkKind]:
    return {item.kind for item in course.state.work}


@pytest.mark.parametrize(("command", "role"), [(TransferCare, Role.PHYSICIAN), (RecordDeath, Role.COORDINATOR)])
def test_doses_left_at_home_are_counted_also_after_a_transfer_or_a_death(command: type[Command], role: Role) -> None:
    course = received()
    course.wait(minutes=1)
    course.must(command, role)
    assert course.state.ending is not None
    assert kinds(course) == {WorkKind.COUNT_SUPPLY}
    course.must(CountSupply, Role.NURSE, doses=1)
    assert course.state.closure is not None


def test_nothing_is_sent_home_while_an_adverse_event_is_not_reviewed() -> None:
    course = approved()
    course.must(RecordAdverseEvent, Role.NURSE, kind=AdverseEventKind.URINARY_SYMPTOMS, grade=2)
    refusal = course.refused(ReleaseSupply, Role.PHYSICIAN, approval_id=approval_id(course))
    assert refusal.facts == {"check": "adverse_events_reviewed"}
