"""What the care team tells each other: said to places, read only by word, and never beyond the patient's release."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from schemas.actors import Actor, Role, Seat
from schemas.commands import (
    AcknowledgeMessage,
    PostMessage,
    RecordConsent,
    ReviseMessage,
    WithdrawConsent,
)
from schemas.consents import ReleaseScope
from schemas.facts import MessageRequested, ThreadMessageAcknowledged, WorkItemClosed, WorkItemOverdue
from schemas.messages import MessageRequest, Template
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.work import Priority, WorkKind
from tests.rules.consenting import RELEASE, said
from tests.rules.refusing import Refused, each, holds, saying
from tests.rules.staffing import BIRCH, FERN, SAGE, THYME, change, covered, owed
from tests.support.course import Course, at
from tests.support.protocols import given as there
from tests.support.protocols import packaged
from workflows.rules.deadlines import still_wanted
from workflows.rules.outreach import is_released

NURSE = Actor(id="nu-rush", role=Role.NURSE)
SAFE: dict[str, Any] = {"to": (Role.THERAPIST,), "scope": ReleaseScope.SAFETY, "text": "Please ask about sleep."}


def within(priority: Priority) -> timedelta:
    return timedelta(minutes=there(packaged().thread).acknowledge_min[priority].value)


def told(course: Course | None = None, **fields: Any) -> Course:
    """Sage has told Fern something that has to be acknowledged."""
    course = course or at(Phase.PREPARATION)
    words = {"actor": SAGE, **SAFE, "must_acknowledge": True, **fields}
    course.must(PostMessage, words["actor"].role, **words)
    return course


def external(*scopes: ReleaseScope) -> Course:
    """The therapist has a practice of their own; the release covers these scopes."""
    course = at(Phase.PREPARATION)
    change(course, Seat.THERAPIST, FERN.id, BIRCH.id, practice_id="pr-birch")
    if scopes:
        release = said(RELEASE, recipient=BIRCH.id, scope=scopes)
        course.must(RecordConsent, Role.PATIENT, **release)
    return course


def notices(course: Course) -> list[MessageRequest]:
    messages = (fact.message for fact in course.facts(MessageRequested))
    return [message for message in messages if message.template is Template.THREAD_MESSAGE]


def waiting(course: Course) -> list[str]:
    return [item.subject for item in owed(course, WorkKind.ACKNOWLEDGE_MESSAGE)]


def read(course: Course, actor: Actor = FERN, version: int = 1) -> None:
    course.must(AcknowledgeMessage, actor.role, actor=actor, message_id="C1", version=version)


def under_an_older_protocol() -> Refusal:
    course = at(Phase.PREPARATION)
    course.state = course.state.model_copy(
        update={"protocol": course.state.protocol.model_copy(update={"thread": None})}
    )
    return course.refused(PostMessage, Role.PHYSICIAN, actor=SAGE, **SAFE)


def posting(situation: Callable[[], Course] = lambda: at(Phase.PREPARATION), **fields: Any) -> Callable[[], Refusal]:
    return saying(situation, PostMessage, Role.PHYSICIAN, **{"actor": SAGE, **SAFE, **fields})


def acknowledging(situation: Callable[[], Course] = told, **fields: Any) -> Callable[[], Refusal]:
    said_so = {"actor": FERN, "message_id": "C1", "version": 1, **fields}
    return saying(situation, AcknowledgeMessage, Role.THERAPIST, **said_so)


def revised() -> Course:
    course = told()
    course.must(ReviseMessage, Role.PHYSICIAN, actor=SAGE, message_id="C1", text="Please ask about appetite, too.")
    return course


def acknowledged() -> Course:
    course = told()
    read(course)
    return course


def revoked() -> Course:
    course = told(external(ReleaseScope.SAFETY))
    course.must(WithdrawConsent, Role.PATIENT, kind=RELEASE)
    return course


def no_therapist() -> Course:
    course = at(Phase.PREPARATION)
    change(course, Seat.THERAPIST, FERN.id, None)
    return course


REFUSALS = [
    Refused("referral_not_accepted", None, "no team", posting(Course)),
    Refused("thread_not_in_protocol", None, "an older protocol", under_an_older_protocol),
    Refused("emergency_is_declared", "priority", "an emergency", posting(priority=Priority.EMERGENCY)),
    Refused("addressed_twice", "to", "twice the same", posting(to=(Role.THERAPIST, Role.THERAPIST))),
    Refused("not_addressable", "to", "the patient", posting(to=(Role.PATIENT,))),
    Refused("nobody_there", "to", "an empty place", posting(no_therapist)),
    Refused("to_oneself", "to", "oneself", posting(to=(Role.PHYSICIAN,))),
    Refused("not_released", "to", "another practice without a release", posting(external)),
    Refused("not_released", "to", "not in the release", posting(lambda: external(ReleaseScope.SCHEDULING))),
    Refused("message_unknown", "reply_to", "an answer to nothing", posting(reply_to="C7")),
    Refused(
        "message_unknown",
        "message_id",
        "revises nothing",
        saying(lambda: at(Phase.PREPARATION), ReviseMessage, Role.PHYSICIAN, message_id="C1", text="No."),
    ),
    Refused(
        "not_the_author",
        "actor.id",
        "somebody else revises",
        saying(told, ReviseMessage, Role.PHYSICIAN, actor=THYME, message_id="C1", text="No."),
    ),
    Refused("message_unknown", "message_id", "acknowledges nothing", acknowledging(message_id="C2")),
    Refused("other_version", "version", "an older version", acknowledging(revised)),
    Refused("other_version", "version", "a version that is not there", acknowledging(version=2)),
    Refused("not_addressed", "actor.id", "for others", acknowledging(actor=BIRCH)),
    Refused("acknowledged_already", "message_id", "twice", acknowledging(acknowledged)),
    Refused("not_released", "message_id", "the release was withdrawn", acknowledging(revoked, actor=BIRCH)),
]


@each(REFUSALS)
def test_what_is_refused(case: Refused) -> None:
    holds(case)


def test_a_message_notifies_whom_it_is_for_without_its_words() -> None:
    course = told(to=(Role.THERAPIST, Role.COORDINATOR), must_acknowledge=False)
    assert [(one.to_role, one.about) for one in notices(course)] == [
        (Role.THERAPIST, "C1v1"),
        (Role.COORDINATOR, "C1v1"),
    ]
    assert waiting(course) == []
    assert "sleep" not in course.state.model_dump_json(exclude={"protocol"})


def test_the_acknowledgement_is_owed_by_its_priority_and_climbs_in_silence() -> None:
    for priority in (Priority.URGENT, Priority.BLOCKING, Priority.ROUTINE):
        course = told(priority=priority)
        (item,) = owed(course, WorkKind.ACKNOWLEDGE_MESSAGE)
        assert (item.owner_id, item.priority) == (FERN.id, priority)
        assert item.due_at - item.opened_at == within(priority)
        course.wait_until(item.due_at + timedelta(days=30))
        assert any(late.item_id == item.id for late in course.facts(WorkItemOverdue))
        assert waiting(course) == ["C1v1-therapist"]


def test_a_word_of_the_reader_closes_it_and_a_new_version_has_to_be_read_anew() -> None:
    course = acknowledged()
    assert waiting(course) == []
    course.must(ReviseMessage, Role.PHYSICIAN, actor=SAGE, message_id="C1", text="Ask about appetite.")
    assert waiting(course) == ["C1v2-therapist"]
    read(course, version=2)
    assert [fact.version for fact in course.facts(ThreadMessageAcknowledged)] == [1, 2]
    assert waiting(course) == []


def test_a_revision_replaces_the_work_and_the_notice_of_the_version_before() -> None:
    course = revised()
    first, second = notices(course)
    assert waiting(course) == ["C1v2-therapist"]
    assert len(course.facts(WorkItemClosed)) >= 1
    assert not still_wanted(course.state, first, course.now)
    assert still_wanted(course.state, second, course.now)
    read(course, version=2)
    assert not still_wanted(course.state, second, course.now)


def test_whoever_stands_in_may_read_it_for_the_place() -> None:
    course = told(covered(days=3), to=(Role.PHYSICIAN,), actor=FERN)
    (item,) = owed(course, WorkKind.ACKNOWLEDGE_MESSAGE)
    assert item.owner_id == THYME.id
    read(course, THYME)
    assert waiting(course) == []


def test_it_goes_over_to_whoever_takes_the_place() -> None:
    course = told()
    change(course, Seat.THERAPIST, FERN.id, BIRCH.id)
    (item,) = owed(course, WorkKind.ACKNOWLEDGE_MESSAGE)
    assert item.owner_id == BIRCH.id


def test_another_practice_is_told_what_the_release_covers_and_its_withdrawal_stops_the_next_at_once() -> None:
    course = told(external(ReleaseScope.SAFETY), priority=Priority.URGENT)
    (notice,) = notices(course)
    assert is_released(course.state, notice)
    assert waiting(course) == ["C1v1-therapist"]
    course.must(WithdrawConsent, Role.PATIENT, kind=RELEASE)
    assert not is_released(course.state, notice)
    assert waiting(course) == []


def test_another_practice_may_always_tell_the_clinic() -> None:
    course = external()
    course.must(PostMessage, Role.THERAPIST, actor=BIRCH, **{**SAFE, "to": (Role.PHYSICIAN,)})
    (notice,) = notices(course)
    assert (notice.to_id, is_released(course.state, notice)) == (SAGE.id, True)
