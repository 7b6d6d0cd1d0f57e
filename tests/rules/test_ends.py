"""The ends of a pathway, and a request of the engine's operators to end it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from schemas.actors import Role
from schemas.commands import (
    ALL_COMMANDS,
    CompletePathway,
    DeclareEmergency,
    DiscontinuePathway,
    DismissCancellation,
    ExtendSeries,
    RecordDeath,
    ScheduleSession,
    TransferCare,
)
from schemas.commands.ends import Course as Outcome
from schemas.commands.ends import DiscontinuationCause, SeriesKind
from schemas.facts import (
    ApprovalSuspended,
    CancellationDismissed,
    CancellationRequested,
    PathwayCompleted,
    PathwayDiscontinued,
)
from schemas.pathway import Closure, End, Phase
from schemas.protocol import Protocol
from schemas.refusals import Refusal
from schemas.work import WorkKind
from tests.rules.arrivals import dosed, ready_at_home
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import PHASES, Course, at
from tests.support.people import PATHWAY_ID
from tests.support.protocols import packaged, short
from workflows.rules.checkins import LONG_TERM, safety_only
from workflows.rules.deadlines import due
from workflows.rules.decide import decide
from workflows.rules.status import status_of
from workflows.rules.warning import warned_of

OPEN = list(PHASES)
CLOSABLE = [phase for phase in OPEN if phase is not Phase.FOLLOW_UP]


def ended_early() -> Course:
    course = at(Phase.CONSENT)
    course.must(DiscontinuePathway, Role.PATIENT)
    return course


FOLLOW_UP = packaged().follow_up
assert FOLLOW_UP is not None
FURTHER = int(FOLLOW_UP.further_sessions.value)
LEAST, MOST = int(FOLLOW_UP.maintenance_min_days.value), int(FOLLOW_UP.maintenance_max_days.value)


def unextended() -> Protocol:
    return packaged().model_copy(update={"follow_up": None})


def finished() -> Course:
    return at(Phase.FOLLOW_UP, protocol=short(1))


def asked_after() -> Refusal:
    """Booking although care has ended, and somebody still has to ask after the patient."""
    course = at(Phase.SESSION)
    ending = Closure(end=End.DISCONTINUED, at=course.now)
    course.state = course.state.model_copy(update={"ending": ending})
    assert course.phase is Phase.SAFETY_CONTACT
    answer = decide(course.state, course.say(ScheduleSession, Role.COORDINATOR), course.now)
    assert isinstance(answer, Refusal)
    return answer


def dying() -> Course:
    return at(Phase.SESSION)


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
        "care_ended",
        None,
        "booking after the end of care",
        lambda: asked_after(),
    ),
    Refused(
        "not_screened",
        None,
        "further sessions for somebody who is not screened",
        lambda: at(Phase.SCREENING).refused(ExtendSeries, Role.PHYSICIAN),
    ),
    Refused(
        "no_further_sessions",
        None,
        "a protocol without further sessions",
        lambda: at(Phase.APPROVAL, protocol=unextended()).refused(ExtendSeries, Role.PHYSICIAN),
    ),
    Refused(
        "too_many_sessions",
        "sessions",
        "one more than an extension may add",
        lambda: finished().refused(ExtendSeries, Role.PHYSICIAN, sessions=FURTHER + 1),
    ),
    *(
        Refused(
            "maintenance_interval",
            "every_days",
            f"{kind} every {days} days",
            lambda kind=kind, days=days: finished().refused(  # type: ignore[misc]
                ExtendSeries, Role.PHYSICIAN, kind=kind, every_days=days
            ),
        )
        for kind, days in (
            (SeriesKind.MAINTENANCE, None),
            (SeriesKind.MAINTENANCE, LEAST - 1),
            (SeriesKind.MAINTENANCE, MOST + 1),
            (SeriesKind.FURTHER, LEAST),
        )
    ),
    Refused(
        "receiver_not_confirmed",
        "receiver_confirmed",
        "handing over to nobody",
        lambda: at(Phase.APPROVAL).refused(TransferCare, Role.PHYSICIAN, receiver_confirmed=False),
    ),
    Refused(
        "session_in_progress",
        None,
        "transferring while drug acts",
        lambda: dosed().refused(TransferCare, Role.PHYSICIAN),
    ),
    Refused(
        "died_in_future",
        "died_at",
        "a death tomorrow",
        lambda: dying().refused(RecordDeath, Role.PHYSICIAN, died_at=dying().now + timedelta(days=1)),
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
    ended_at = course.now
    course.to_phase(Phase.CLOSED)
    assert course.state.closure == Closure(end=End.COMPLETED, at=ended_at, course=outcome, sessions_given=2)
    (fact,) = course.facts(PathwayCompleted)
    assert (fact.course, fact.sessions_given) == (outcome, 2)


def test_no_dose_is_allowed_once_care_has_ended_though_something_is_still_owed() -> None:
    course = ready_at_home()
    assert status_of(course.state, course.now, 0, 0).dose_allowed
    course.must(RecordDeath, Role.COORDINATOR)
    assert course.state.closure is None, "what was sent home is still to be counted"
    status = status_of(course.state, course.now, 0, 0)
    failed = [one.name for one in status.checks if not one.passed]
    assert (status.dose_allowed, "care_goes_on" in failed) == (False, True)


def test_an_emergency_after_the_end_of_care_leaves_the_approval_as_it_was_left() -> None:
    course = ready_at_home()
    course.must(DiscontinuePathway, Role.PATIENT)
    assert course.state.ending is not None
    course.must(DeclareEmergency, Role.PATIENT)
    assert course.state.emergency is not None
    assert not course.facts(ApprovalSuspended)


def test_completing_before_the_long_term_check_ins_says_that_they_end() -> None:
    course = finished()
    planned, safe = course.state.checkins, safety_only(course.state)
    ended = {*planned.planned, *planned.open} - {*safe.planned, *safe.open}
    assert ended
    course.must(CompletePathway, Role.PHYSICIAN, course=Outcome.REMISSION)
    (fact,) = course.facts(PathwayCompleted)
    assert fact.checkins_ended == len(ended)
    assert warned_of([fact]) == ("long_term_checkins_end",)
    assert not [one for one in course.state.checkins.planned if one.kind == LONG_TERM]


def test_as_many_cycles_as_the_protocol_says() -> None:
    course = at(Phase.CLOSED)
    assert course.state.sessions_given == int(packaged().series.sessions.value)


@pytest.mark.parametrize("phase", OPEN)
def test_anybody_may_end_it_early_and_nothing_but_safety_is_owed_any_more(phase: Phase) -> None:
    course = at(phase)
    given, ended_at = course.state.sessions_given, course.now
    course.must(DiscontinuePathway, Role.PATIENT)
    course.to_phase(Phase.CLOSED)
    assert course.state.closure == Closure(end=End.DISCONTINUED, at=ended_at, sessions_given=given)
    assert len(course.facts(PathwayDiscontinued)) == 1
    assert (course.phase, course.state.work, due(course.state)) == (Phase.CLOSED, (), [])
    assert course.wait(days=400).facts == ()


def test_further_sessions_follow_a_finished_series() -> None:
    course = finished()
    course.must(ExtendSeries, Role.PHYSICIAN, sessions=FURTHER)
    assert course.phase is Phase.PREPARATION
    course.to_phase(Phase.FOLLOW_UP)
    assert course.state.sessions_given == 1 + FURTHER


def test_further_sessions_come_to_an_end_and_maintenance_is_decided_round_by_round() -> None:
    course = finished()
    course.must(ExtendSeries, Role.PHYSICIAN, sessions=FURTHER - 1)
    refusal = course.refused(ExtendSeries, Role.PHYSICIAN, sessions=2)
    assert (refusal.code, refusal.facts["limit"]) == ("too_many_sessions", 1)
    course.must(ExtendSeries, Role.PHYSICIAN, sessions=1)
    assert course.refused(ExtendSeries, Role.PHYSICIAN, sessions=1).code == "too_many_sessions"
    for _ in range(3):
        kind = SeriesKind.MAINTENANCE
        course.must(ExtendSeries, Role.PHYSICIAN, kind=kind, sessions=FURTHER, every_days=LEAST)
    assert course.state.extension.sessions == 4 * FURTHER


@pytest.mark.parametrize("every", [LEAST, MOST])
def test_maintenance_keeps_its_interval(every: int) -> None:
    course = finished()
    last = course.state.last_drug_at
    course.must(ExtendSeries, Role.PHYSICIAN, kind=SeriesKind.MAINTENANCE, sessions=1, every_days=every)
    course.to_phase(Phase.FOLLOW_UP)
    assert course.state.sessions_given == 2
    assert last is not None
    assert course.state.last_drug_at is not None
    assert course.state.last_drug_at - last >= timedelta(days=every)


def test_a_transfer_ends_it_with_everything_handed_over() -> None:
    course = at(Phase.SESSION, cycle=2, protocol=short(2))
    course.must(TransferCare, Role.PHYSICIAN)
    assert course.state.closure == Closure(end=End.TRANSFERRED, at=course.now, sessions_given=1)
    assert (course.state.work, due(course.state)) == ((), [])


@pytest.mark.parametrize("situation", [dosed, dying, finished, partial(at, Phase.REFERRAL)])
def test_a_death_ends_everything_at_any_time(situation: Callable[[], Course]) -> None:
    course = situation()
    course.must(RecordDeath, Role.PHYSICIAN, died_at=course.now)
    assert course.state.closure is not None
    assert course.state.closure.end is End.DIED
    assert (course.state.work, due(course.state)) == ((), [])


def test_the_cause_is_kept() -> None:
    course = dying()
    course.must(DiscontinuePathway, Role.PATIENT, cause=DiscontinuationCause.PATIENT_WISH)
    assert [fact.cause for fact in course.facts(PathwayDiscontinued)] == [DiscontinuationCause.PATIENT_WISH]


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
