"""Situations of the care team: somebody leaves, somebody stands in, something that was verified ends."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from schemas.actors import Actor, Role, Seat
from schemas.commands import AcceptReferral, ChangeCareTeam, NameCover, RecordAdministration, RecordCredentials
from schemas.pathway import Phase
from schemas.referral import TherapistWish
from schemas.refusals import Refusal
from schemas.team import Credentials, TeamChangeCause
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import ready
from tests.support.course import Course, at
from tests.support.people import RESIDENCE, TEAM, an_enrolment
from workflows.rules.gate import gate

LATER: Final = date(2030, 6, 30)
FERN: Final = Actor(id="th-fern", role=Role.THERAPIST)
BIRCH: Final = Actor(id="th-birch", role=Role.THERAPIST)
SAGE: Final = Actor(id="dr-sage", role=Role.PHYSICIAN)
THYME: Final = Actor(id="dr-thyme", role=Role.PHYSICIAN)


def credentials(person: Actor, *states: str, **changes: Any) -> Credentials:
    """Everything that may be asked, in Colorado unless states are given."""
    whole = Credentials(
        person_id=person.id,
        role=person.role,
        licences=dict.fromkeys(states or (RESIDENCE,), LATER),
        prescribing_until=LATER,
        kap_trained=True,
        malpractice_until=LATER,
        references_checked=True,
    )
    return whole.model_copy(update=changes)


def verified(course: Course, person: Actor, *states: str, **changes: Any) -> Course:
    course.must(RecordCredentials, Role.COORDINATOR, credentials=credentials(person, *states, **changes))
    return course


def change(course: Course, seat: Seat, leaver: str | None, successor: str | None, **fields: Any) -> None:
    said = {"seat": seat, "leaver_id": leaver, "successor_id": successor, "cause": TeamChangeCause.DEPARTURE}
    course.must(ChangeCareTeam, Role.COORDINATOR, **{**said, **fields})


def another_therapist(course: Course | None = None, **fields: Any) -> Course:
    """Fern leaves and Birch comes, who is verified."""
    course = course or ready()
    change(course, Seat.THERAPIST, FERN.id, BIRCH.id, **fields)
    return verified(course, BIRCH)


def another_physician(course: Course | None = None) -> Course:
    course = course or ready()
    change(course, Seat.PHYSICIAN, SAGE.id, THYME.id)
    return verified(course, THYME)


def no_therapist() -> Course:
    course = at(Phase.SESSION).until(lambda it: it.state.cycle.session is not None)
    change(course, Seat.THERAPIST, FERN.id, None)
    return course


def to_be_found() -> Course:
    """Care has begun without a therapist, who is looked for."""
    course = Course(an_enrolment().model_copy(update={"therapist": TherapistWish.TO_BE_FOUND}))
    course.must(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_copy(update={"therapist_id": None}))
    return course


def covered(course: Course | None = None, *, days: float = 7, starts_at: datetime | None = None) -> Course:
    """Thyme stands in for Sage, from now on unless another instant is given."""
    course = course or at(Phase.APPROVAL)
    ends_at = (starts_at or course.now) + timedelta(days=days)
    said = {"seat": Seat.PHYSICIAN, "person_id": THYME.id, "starts_at": starts_at, "ends_at": ends_at}
    course.must(NameCover, Role.COORDINATOR, **said)
    return course


def replaced() -> Course:
    return another_therapist(at(Phase.SESSION))


def unmet(course: Course, instant: datetime | None = None) -> set[str]:
    return {check.name for check in gate(course.state, instant or course.now) if not check.passed}


def named(course: Course) -> set[str]:
    return {check.name for check in gate(course.state, course.now)}


def dosing(course: Course) -> Refusal:
    approval = course.state.approval
    assert approval is not None
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0, route=approval.route)


def owed(course: Course, kind: WorkKind) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is kind]
