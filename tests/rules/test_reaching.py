"""Patients whom a message did not reach: somebody speaks with them, and nothing else ends it."""

import pytest

from schemas.actors import Role
from schemas.checkins import CheckinOutcome
from schemas.commands import DiscontinuePathway, RecordCheckin, RecordDeath, RecordPatientContact
from schemas.facts import MessageRequested, PatientNotReached, WorkItemClosed, WorkItemOpened
from schemas.messages import MessageRequest, Template
from schemas.pathway import Phase
from schemas.work import Priority, WorkItem, WorkKind
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.people import TEAM
from tests.support.protocols import packaged
from workflows.rules.reaching import not_reached


def reaching(course: Course) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is WorkKind.REACH_PATIENT]


def silent() -> Course:
    """After a session; the patient's last message came back."""
    course = at(Phase.INTEGRATION)
    course.lose_message()
    return course


REFUSALS = [
    Refused(
        "nobody_to_reach",
        None,
        "everything arrived",
        saying(lambda: at(Phase.INTEGRATION), RecordPatientContact, Role.NURSE),
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_somebody_has_to_speak_with_the_patient_within_the_protocols_time() -> None:
    course = silent()
    (item,) = reaching(course)
    assert (item.owner_role, item.owner_id, item.priority) == (
        Role.COORDINATOR,
        TEAM.coordinator_id,
        Priority.BLOCKING,
    )
    assert item.due_at == course.now + packaged().work[WorkKind.REACH_PATIENT].due
    (fact,) = course.facts(PatientNotReached)
    assert item.subject == fact.message_id


def test_more_messages_that_are_lost_are_the_same_piece_of_work() -> None:
    course = silent()
    for _ in range(3):
        course.lose_message()
    assert len(course.facts(PatientNotReached)) == 4
    assert len(reaching(course)) == 1
    assert len(course.state.unreached) == 1, "one of each kind is enough to know"


def test_not_having_reached_them_leaves_it_open_and_it_climbs() -> None:
    course = silent()
    course.must(RecordPatientContact, Role.NURSE, reached=False)
    course.wait(days=2)
    (item,) = reaching(course)
    assert item.steps > 1
    told = {fact.message.to_id for fact in course.facts(MessageRequested) if fact.message.about == item.id}
    assert {TEAM.coordinator_id, TEAM.physician_id} <= told


def test_time_alone_never_ends_it() -> None:
    course = silent()
    course.wait(days=60)
    assert reaching(course)


def test_whoever_reached_them_ends_it_and_what_is_lost_later_opens_it_anew() -> None:
    course = silent()
    (first,) = reaching(course)
    step = course.must(RecordPatientContact, Role.COORDINATOR)
    assert [fact.item_id for fact in step.facts if isinstance(fact, WorkItemClosed)] == [first.id]
    course.lose_message()
    (second,) = reaching(course)
    assert second.id != first.id


def test_a_check_in_that_was_held_has_reached_them() -> None:
    course = silent()
    course.until(lambda it: bool(it.state.checkins.open))
    course.lose_message()
    assert reaching(course)
    checkin_id = course.state.checkins.open[0].id
    said = {"outcome": CheckinOutcome.NOT_REACHED, "measures": (), "side_effects": None}
    course.must(RecordCheckin, Role.NURSE, checkin_id=checkin_id, **said)
    assert reaching(course)
    course.until(lambda it: not it.state.checkins.open)
    assert not reaching(course)


@pytest.mark.parametrize("role", [Role.PHYSICIAN, Role.THERAPIST, Role.COORDINATOR])
def test_what_staff_owe_climbs_by_itself(role: Role) -> None:
    message = MessageRequest(id="E1-M1", template=Template.WORK_OVERDUE, to_role=role, to_id="dr-sage", about="W1")
    assert not_reached(message, "recipient_unknown") == []


def test_after_the_end_of_care_it_is_owed_as_long_as_somebody_asks_after_the_patient() -> None:
    course = at(Phase.INTEGRATION)
    course.must(DiscontinuePathway, Role.PATIENT)
    assert course.state.ending is not None
    course.lose_message()
    assert reaching(course)
    course.must(RecordDeath, Role.COORDINATOR)
    assert not reaching(course)
    assert [one for one in course.facts(WorkItemOpened) if one.item.kind is WorkKind.REACH_PATIENT]
