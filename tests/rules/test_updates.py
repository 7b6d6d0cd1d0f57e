"""Who is told that something was recorded."""

from collections.abc import Sequence

from schemas.actors import Role
from schemas.commands import RecordAdverseEvent, RecordConsent, RecordMeasure, SignIntegrationNote, WithdrawConsent
from schemas.consents import ReleaseScope
from schemas.facts import MessageRequested
from schemas.messages import MessageRequest, Template
from schemas.pathway import Phase
from schemas.protocol import Protocol, Update
from tests.rules.consenting import RELEASE, said
from tests.rules.staffing import BIRCH, FERN, SAGE
from tests.rules.test_thread import external
from tests.support.course import Course, at
from tests.support.protocols import given as there
from tests.support.protocols import packaged
from workflows.rules.deadlines import still_wanted
from workflows.rules.outreach import is_released

UPDATES = {
    Update.APPROVAL: (Role.THERAPIST,),
    Update.SESSION: (Role.PHYSICIAN,),
    Update.ADVERSE_EVENT: (Role.PHYSICIAN, Role.THERAPIST),
    Update.INTEGRATION: (Role.PHYSICIAN,),
    Update.MEASURES: (Role.PHYSICIAN, Role.THERAPIST),
}


def telling(course: Course) -> Course:
    """Under a protocol that has both sides told."""
    rules = there(course.state.protocol.thread).model_copy(update={"updates": UPDATES})
    protocol = course.state.protocol.model_copy(update={"thread": rules})
    course.state = course.state.model_copy(update={"protocol": protocol})
    return course


def silent() -> Protocol:
    rules = there(packaged().thread).model_copy(update={"updates": {}})
    return packaged().model_copy(update={"thread": rules})


def notices(course: Course) -> Sequence[MessageRequest]:
    messages = (fact.message for fact in course.facts(MessageRequested))
    return [message for message in messages if message.template is Template.RECORD_UPDATED]


def told(course: Course) -> list[tuple[str, str]]:
    return [(one.to_id, one.about) for one in notices(course)]


def test_the_therapist_is_told_of_the_approval_and_the_physician_of_session_and_integration() -> None:
    course = telling(at(Phase.APPROVAL)).until(lambda it: it.state.last_discharged_at is not None)
    assert (FERN.id, "approval") in told(course)
    assert (SAGE.id, "session") in told(course)
    assert (SAGE.id, "approval") not in told(course)
    course.wait(hours=30)
    course.must(SignIntegrationNote, Role.THERAPIST)
    assert (FERN.id, "integration") not in told(course)


def test_whoever_recorded_it_is_not_told_and_the_other_is() -> None:
    course = telling(at(Phase.INTEGRATION))
    before = len(notices(course))
    course.must(RecordMeasure, Role.PHYSICIAN)
    assert told(course)[before:] == [(FERN.id, "measures")]


def test_what_is_measured_before_the_first_session_is_looked_at_with_the_approval() -> None:
    course = telling(at(Phase.SCREENING))
    course.must(RecordMeasure, Role.PATIENT)
    assert not told(course)


def test_the_step_that_closes_a_pathway_sends_nothing_any_more() -> None:
    course = telling(at(Phase.FOLLOW_UP))
    course.until(lambda it: it.phase is Phase.SAFETY_CONTACT).until(
        lambda it: not it.state.checkins.planned and len(it.state.checkins.open) == 1
    )
    before = len(notices(course))
    course.until(lambda it: it.state.closure is not None)
    assert len(notices(course)) == before


def test_nobody_is_written_to_twice_because_of_one_step() -> None:
    course = telling(at(Phase.INTEGRATION))
    step = course.must(RecordAdverseEvent, Role.NURSE)
    people = [fact.message.to_id for fact in step.facts if isinstance(fact, MessageRequested)]
    assert sorted(people) == sorted({SAGE.id, FERN.id})


def test_another_practice_is_told_only_what_the_release_covers_as_of_sending() -> None:
    course = telling(external(ReleaseScope.MEASURES))
    course.state = course.state.model_copy(update={"sessions_given": 1})
    course.must(RecordMeasure, Role.PHYSICIAN)
    notice = notices(course)[-1]
    assert (notice.to_id, notice.about) == (BIRCH.id, "measures")
    assert is_released(course.state, notice)
    assert still_wanted(course.state, notice, course.now)
    course.must(WithdrawConsent, Role.PATIENT, kind=RELEASE)
    course.wait(hours=1)
    course.must(RecordConsent, Role.PATIENT, **said(RELEASE, recipient=BIRCH.id, scope=(ReleaseScope.SAFETY,)))
    assert not is_released(course.state, notice)
    before = len(notices(course))
    course.must(RecordMeasure, Role.PHYSICIAN)
    assert len(notices(course)) == before


def test_a_protocol_that_names_nobody_has_nobody_told() -> None:
    assert notices(at(Phase.INTEGRATION, protocol=silent())) == []
    assert notices(at(Phase.INTEGRATION))
