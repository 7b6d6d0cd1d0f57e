"""What one person of the care team may see of a journal."""

import pytest

from clients.errors import Refused
from clients.seeing import COVERED, seen_by
from schemas import facts as f
from schemas.actors import Role, Seat
from schemas.commands import RecordConsent, RevokeApproval, WithdrawConsent
from schemas.consents import ReleaseScope
from schemas.pathway import Phase
from schemas.team import TeamChangeCause
from tests.rules.consenting import RELEASE, said
from tests.rules.staffing import BIRCH, FERN, SAGE, THYME, another_therapist, change, covered
from tests.support.course import Course, at
from tests.support.protocols import given


def seen(course: Course, person_id: str) -> set[int]:
    return {event.seq for event in seen_by(course.events(), person_id)}


def everything(course: Course) -> set[int]:
    return {event.seq for event in course.events()}


def test_whoever_has_a_place_sees_everything_also_from_before() -> None:
    course = another_therapist()
    assert seen(course, SAGE.id) == seen(course, BIRCH.id) == everything(course)


def test_whoever_left_sees_the_record_until_then_and_what_they_file_afterwards() -> None:
    course = at(Phase.PREPARATION)
    course.wait(hours=2)
    left_at = course.now
    change(course, Seat.THERAPIST, FERN.id, BIRCH.id, cause=TeamChangeCause.LEAVE)
    known = everything(course)
    (change_seq,) = [one.seq for one in course.events() if isinstance(one.fact, f.CareTeamChanged)]
    course.wait(hours=2)
    course.must(WithdrawConsent, Role.PATIENT)
    assert seen(course, FERN.id) == set(range(1, change_seq + 1)) < known < everything(course)
    assert left_at < course.now


def test_whoever_stands_in_sees_the_record_until_the_cover_ends() -> None:
    course = covered(days=2)
    assert THYME.id in {one.fact.person_id for one in course.events() if isinstance(one.fact, f.CoverBegan)}
    assert seen(course, THYME.id) == everything(course)
    course.wait(days=3)
    course.must(WithdrawConsent, Role.PATIENT)
    assert course.events()[-1].seq not in seen(course, THYME.id)


def test_whoever_only_acted_sees_what_they_filed_and_a_stranger_is_refused() -> None:
    course = at(Phase.PREPARATION)
    mine = {event.seq for event in course.events() if event.actor is not None and event.actor.role is Role.NURSE}
    (nurse,) = {event.actor.id for event in course.events() if event.actor and event.actor.role is Role.NURSE}
    assert seen(course, nurse) == mine
    assert mine
    with pytest.raises(Refused) as caught:
        seen_by(course.events(), "th-nobody")
    assert (caught.value.code, caught.value.refusal.field) == ("not_of_the_team", "for")


def test_a_therapist_of_another_practice_sees_what_the_release_covered_and_what_they_filed() -> None:
    course = at(Phase.APPROVAL)
    change(course, Seat.THERAPIST, FERN.id, BIRCH.id, practice_id="pr-9")
    told = {type(event.fact) for event in seen_by(course.events(), BIRCH.id)}
    assert told == {f.CareTeamChanged}, "without a release nobody elsewhere is told anything of the patient"
    scope = (ReleaseScope.DOSE_PLAN, ReleaseScope.NOTES)
    course.must(RecordConsent, Role.PATIENT, **said(RELEASE, recipient=BIRCH.id, scope=scope))
    course.until(lambda it: it.state.approval is not None)
    told = {type(event.fact) for event in seen_by(course.events(), BIRCH.id)}
    assert {f.DosingApproved, f.PreparationNoteSigned} <= told
    assert not {f.MeasureRecorded, f.MedicationsRecorded, f.SessionScheduled, f.ReferralReceived} & told
    course.must(WithdrawConsent, Role.PATIENT, kind=RELEASE)
    course.must(RevokeApproval, Role.PHYSICIAN, approval_id=given(course.state.approval).id, reason="Decided anew.")
    assert f.ApprovalRevoked not in {type(event.fact) for event in seen_by(course.events(), BIRCH.id)}


def test_every_scope_of_a_release_covers_something() -> None:
    assert set(COVERED) == set(ReleaseScope)
    assert all(COVERED.values())
