"""Colleagues and each other's work: reminding, helping and handing on are three different acts, and none closes it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from schemas.actors import Actor, Role, Seat
from schemas.commands import AnswerTransfer, ApproveDosing, RemindOwner, RequestHelp, TransferWork
from schemas.facts import MessageRequested, WorkItemOverdue, WorkTransferExpired
from schemas.messages import Template
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.team import TeamChangeCause
from schemas.work import WorkItem, WorkKind
from tests.rules.refusing import Refused, each, holds
from tests.rules.staffing import FERN, SAGE, THYME, change, owed
from tests.support.course import Course, at
from tests.support.protocols import given as there
from tests.support.protocols import packaged
from workflows.rules.deadlines import still_wanted

MOSS = Actor(id="co-moss", role=Role.COORDINATOR)
RULES = there(packaged().colleagues)
STANDS = timedelta(hours=RULES.transfer_stands_h.value)


def approving() -> Course:
    """The physician owes the approval."""
    return at(Phase.APPROVAL)


def item(course: Course) -> WorkItem:
    (found,) = owed(course, WorkKind.APPROVE_DOSING)
    return found


def offered() -> Course:
    course = approving()
    said = {"item_id": item(course).id, "to_id": THYME.id, "reason": "On leave."}
    course.must(TransferWork, Role.PHYSICIAN, actor=SAGE, **said)
    return course


def taken() -> Course:
    course = offered()
    course.must(AnswerTransfer, Role.PHYSICIAN, actor=THYME, item_id=item(course).id, accepted=True)
    return course


def reminded() -> Course:
    course = approving()
    course.must(RemindOwner, Role.COORDINATOR, actor=MOSS, item_id=item(course).id)
    return course


def attempt(situation: Callable[[], Course], command: Any, actor: Actor, **fields: Any) -> Callable[[], Refusal]:
    def said() -> Refusal:
        course = situation()
        words = {"item_id": item(course).id, **fields}
        if command in (TransferWork, RequestHelp):
            words["reason"] = "Away."
        return course.refused(command, actor.role, actor=actor, **words)

    return said


def under_an_older_protocol() -> Course:
    course = approving()
    protocol = course.state.protocol.model_copy(update={"colleagues": None})
    course.state = course.state.model_copy(update={"protocol": protocol})
    return course


def expired() -> Course:
    course = offered()
    course.wait_until(course.now + STANDS)
    return course


def left() -> Course:
    course = approving()
    change(course, Seat.COORDINATOR, MOSS.id, "co-wisp")
    return course


TO_THYME = {"to_id": THYME.id}

REFUSALS = [
    Refused("work_not_open", "item_id", "no such work", attempt(approving, RemindOwner, MOSS, item_id="W999")),
    Refused("own_work", "item_id", "reminds oneself", attempt(approving, RemindOwner, SAGE)),
    Refused("reminded_recently", "item_id", "again at once", attempt(reminded, RemindOwner, FERN)),
    Refused("colleagues_not_in_protocol", None, "older", attempt(under_an_older_protocol, RemindOwner, MOSS)),
    Refused("not_the_owner", "actor.id", "help with others' work", attempt(approving, RequestHelp, FERN)),
    Refused("not_the_owner", "actor.id", "hands on others' work", attempt(approving, TransferWork, FERN, **TO_THYME)),
    Refused("already_the_owner", "to_id", "to the owner", attempt(approving, TransferWork, MOSS, to_id=SAGE.id)),
    Refused("transfer_stands", "item_id", "twice", attempt(offered, TransferWork, SAGE, **TO_THYME)),
    Refused("person_has_left", "to_id", "to who has left", attempt(left, TransferWork, SAGE, to_id=MOSS.id)),
    Refused("transfer_over", "item_id", "not on offer", attempt(approving, AnswerTransfer, THYME, accepted=True)),
    Refused("transfer_over", "item_id", "too late", attempt(expired, AnswerTransfer, THYME, accepted=True)),
    Refused("not_the_one_asked", "actor.id", "somebody else", attempt(offered, AnswerTransfer, SAGE, accepted=True)),
]


def of(kind: WorkKind, phase: Phase, command: Any, actor: Actor, **fields: Any) -> Callable[[], Refusal]:
    def said() -> Refusal:
        course = at(phase).until(lambda it: any(one.kind is kind for one in it.state.work))
        found = next(one for one in course.state.work if one.kind is kind)
        return course.refused(command, actor.role, actor=actor, item_id=found.id, reason="Away.", **fields)

    return said


REFUSALS += [
    Refused("nobody_to_help", "item_id", "none else", of(WorkKind.SCHEDULE_SESSION, Phase.SESSION, RequestHelp, MOSS)),
    Refused(
        "patients_own_work",
        "item_id",
        "the patient's",
        of(WorkKind.RECORD_DAY_CHECKLIST, Phase.SESSION, TransferWork, MOSS, **TO_THYME),
    ),
]


@each(REFUSALS)
def test_what_is_refused(case: Refused) -> None:
    holds(case)


def test_a_reminder_tells_the_owner_and_changes_nothing() -> None:
    before = item(approving())
    course = reminded()
    message = course.facts(MessageRequested)[-1].message
    assert (message.template, message.to_id, message.about) == (Template.WORK_REMINDER, SAGE.id, before.id)
    after = item(course)
    assert (after.owner_id, after.due_at, after.next_deadline) == (before.owner_id, before.due_at, before.next_deadline)
    course.wait(hours=RULES.remind_again_h.value)
    course.must(RemindOwner, Role.THERAPIST, actor=FERN, item_id=after.id)


def test_a_request_for_help_reaches_others_and_the_work_stays_where_it_is() -> None:
    course = approving()
    before = item(course)
    step = course.must(RequestHelp, Role.PHYSICIAN, actor=SAGE, item_id=before.id, reason="Ill.")
    told = [fact.message for fact in step.facts if isinstance(fact, MessageRequested)]
    assert told
    assert all(one.template is Template.HELP_NEEDED and one.to_id != SAGE.id for one in told)
    assert item(course) == before


def test_who_accepts_owes_it_with_the_same_deadlines() -> None:
    before, course = item(approving()), taken()
    after = item(course)
    assert (after.owner_id, after.transfer) == (THYME.id, None)
    assert (after.due_at, after.next_deadline, after.steps) == (before.due_at, before.next_deadline, before.steps)
    course.wait_until(after.due_at)
    told = {fact.message.to_id for fact in course.facts(MessageRequested) if fact.message.about == after.id}
    assert THYME.id in told
    assert item(course).owner_id == THYME.id


def test_silence_takes_over_nothing_and_the_ladder_goes_on() -> None:
    course = offered()
    offer = course.facts(MessageRequested)[-1].message
    assert (offer.template, offer.to_id) == (Template.OFFER_WAITING, THYME.id)
    assert still_wanted(course.state, offer, course.now)
    course.wait_until(course.now + STANDS)
    assert [fact.person_id for fact in course.facts(WorkTransferExpired)] == [THYME.id]
    assert (item(course).owner_id, item(course).transfer) == (SAGE.id, None)
    course.wait_until(item(course).due_at)
    assert course.facts(WorkItemOverdue)


def test_a_refusal_leaves_it_with_its_owner_and_takes_the_offer_back() -> None:
    course = offered()
    offer = course.facts(MessageRequested)[-1].message
    course.must(AnswerTransfer, Role.PHYSICIAN, actor=THYME, item_id=item(course).id, accepted=False)
    assert item(course).owner_id == SAGE.id
    assert not still_wanted(course.state, offer, course.now)


def test_when_who_took_it_over_leaves_it_goes_back_to_the_place() -> None:
    course = taken()
    change(course, Seat.BACKUP_PHYSICIAN, course.state.care_team.backup_physician_id, THYME.id)  # type: ignore[union-attr]
    change(course, Seat.BACKUP_PHYSICIAN, THYME.id, None, cause=TeamChangeCause.DEPARTURE)
    assert item(course).owner_id == SAGE.id


def test_done_is_done_whoever_owes_it() -> None:
    course = taken()
    course.must(ApproveDosing, Role.PHYSICIAN)
    assert owed(course, WorkKind.APPROVE_DOSING) == []
