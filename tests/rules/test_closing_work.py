"""Work whose reason went by itself stays open until somebody says why nothing is left to do."""

from schemas.actors import Role
from schemas.commands import CloseWork
from schemas.facts import WorkItemClosed
from schemas.pathway import Phase
from schemas.work import WorkItem, WorkKind
from tests.rules.refusing import Refused, each, holds
from tests.support.course import Course, at
from workflows.rules.deadlines import due
from workflows.rules.owed import owed


def expired() -> Course:
    """The approval expired before anybody acknowledged its dose plan."""
    course = at(Phase.SESSION)
    (expires_at,) = (one.at for one in due(course.state) if one.reason == "approval_expires")
    course.wait_until(expires_at)
    return course


def item(course: Course, kind: WorkKind) -> WorkItem:
    (found,) = (one for one in course.state.work if one.kind is kind)
    return found


def closing(course: Course, kind: WorkKind) -> Refused:
    return Refused(
        "work_still_owed",
        "item_id",
        kind.value,
        lambda: course.fork().refused(CloseWork, Role.COORDINATOR, item_id=item(course, kind).id),
    )


def again() -> Course:
    course = expired()
    course.must(CloseWork, Role.COORDINATOR, item_id=item(course, WorkKind.ACKNOWLEDGE_DOSE_PLAN).id)
    return course


REFUSALS = [
    closing(at(Phase.SESSION), WorkKind.ACKNOWLEDGE_DOSE_PLAN),
    closing(expired(), WorkKind.APPROVE_DOSING),
    Refused(
        "work_not_open",
        "item_id",
        "never opened",
        lambda: expired().refused(CloseWork, Role.PHYSICIAN, item_id="W999"),
    ),
    Refused(
        "work_not_open",
        "item_id",
        "closed before",
        lambda: again().refused(CloseWork, Role.PHYSICIAN, item_id=item(expired(), WorkKind.ACKNOWLEDGE_DOSE_PLAN).id),
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_what_lost_its_reason_is_closed_by_who_says_why() -> None:
    course = expired()
    left = item(course, WorkKind.ACKNOWLEDGE_DOSE_PLAN)
    assert left.key not in {(one.kind, one.subject) for one in owed(course.state)}
    asked = {(one.kind, one.subject) for one in owed(course.state)}
    step = course.must(CloseWork, Role.COORDINATOR, item_id=left.id)
    assert WorkItemClosed(item_id=left.id, kind=left.kind) in step.facts
    assert left.id not in {one.id for one in course.state.work}
    assert {one.key for one in course.state.work} == asked
    entry = next(one for one in course.log if isinstance(one.fact, WorkItemClosed) and one.fact.item_id == left.id)
    assert entry.actor is not None
    assert entry.actor.role is Role.COORDINATOR
