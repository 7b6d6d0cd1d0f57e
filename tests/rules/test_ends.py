"""The ends of a pathway, and a request of the engine's operators to end it."""

from datetime import timedelta
from functools import partial

import pytest

from schemas.actors import Role
from schemas.commands import ALL_COMMANDS, CompletePathway, DiscontinuePathway, DismissCancellation
from schemas.commands.ends import Course as Outcome
from schemas.facts import CancellationDismissed, CancellationRequested, PathwayCompleted, PathwayDiscontinued
from schemas.pathway import Closure, End, Phase
from schemas.work import WorkKind
from tests.rules.arrivals import dosed
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.people import PATHWAY_ID
from tests.support.protocols import packaged, short
from workflows.rules.deadlines import due

OPEN = [phase for phase in Phase if phase is not Phase.CLOSED]
CLOSABLE = [phase for phase in OPEN if phase is not Phase.FOLLOW_UP]


def ended_early() -> Course:
    course = at(Phase.CONSENT)
    course.must(DiscontinuePathway, Role.PATIENT)
    return course


REFUSALS = [
    *(
        Refused(
            "series_not_finished",
            None,
            f"completing in {phase}",
            saying(partial(at, phase), CompletePathway, Role.PHYSICIAN),
        )
        for phase in CLOSABLE
    ),
    Refused(
        "session_in_progress",
        None,
        "ending while drug acts",
        lambda: dosed().refused(DiscontinuePathway, Role.PATIENT),
    ),
    Refused(
        "no_cancellation_request",
        None,
        "dismissing nothing",
        lambda: at(Phase.SESSION).refused(DismissCancellation, Role.COORDINATOR),
    ),
    *(
        Refused(
            "pathway_closed",
            None,
            command.verb,
            saying(ended_early, command, min(command.by)),
        )
        for command in ALL_COMMANDS
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_completing_after_the_last_cycle(outcome: Outcome) -> None:
    course = at(Phase.FOLLOW_UP, protocol=short(2))
    course.must(CompletePathway, Role.PHYSICIAN, course=outcome)
    assert course.state.closure == Closure(end=End.COMPLETED, at=course.now, course=outcome, sessions_given=2)
    (fact,) = course.facts(PathwayCompleted)
    assert (fact.course, fact.sessions_given) == (outcome, 2)


def test_as_many_cycles_as_the_protocol_says() -> None:
    course = at(Phase.CLOSED)
    assert course.state.sessions_given == int(packaged().series.sessions.value)


@pytest.mark.parametrize("phase", OPEN)
def test_anybody_may_end_it_early_and_nothing_is_owed_any_more(phase: Phase) -> None:
    course = at(phase)
    given = course.state.sessions_given
    course.must(DiscontinuePathway, Role.PATIENT)
    assert course.state.closure == Closure(end=End.DISCONTINUED, at=course.now, sessions_given=given)
    assert len(course.facts(PathwayDiscontinued)) == 1
    assert (course.phase, course.state.work, due(course.state)) == (Phase.CLOSED, (), [])
    assert course.wait(days=400).facts == ()


@pytest.mark.parametrize("phase", OPEN)
def test_time_ends_nothing(phase: Phase) -> None:
    course = at(phase)
    course.wait(days=400)
    assert course.state.closure is None


@pytest.mark.parametrize("phase", OPEN)
def test_cancellation_by_an_operator_is_reviewed_by_a_human(phase: Phase) -> None:
    course = at(phase)
    before = course.state.work
    course.cancel_by_operator()
    assert len(course.facts(CancellationRequested)) == 1
    assert course.phase is phase
    *others, review = course.state.work
    assert tuple(others) == before
    assert (review.kind, review.owner_role) == (WorkKind.REVIEW_CANCELLATION_REQUEST, Role.COORDINATOR)
    course.wait_until(course.now + timedelta(seconds=1))
    course.must(DismissCancellation, Role.COORDINATOR)
    assert len(course.facts(CancellationDismissed)) == 1
    assert course.state.cancellation_requested_at is None
    assert course.state.work == before
    assert course.state.pathway_id == PATHWAY_ID
