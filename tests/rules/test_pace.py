"""Sessions that follow each other closely: a therapist confirms it, and a physician reviews it after weeks."""

from datetime import datetime, timedelta
from functools import cache

import pytest

from schemas.actors import Role
from schemas.commands import (
    ConfirmPace,
    RecordAdministration,
    RecordVitals,
    ReviewSpacing,
    RevokeApproval,
    ScheduleSession,
)
from schemas.facts import DrugAdministered, PaceConfirmed, SpacingReviewed
from schemas.pathway import Phase
from schemas.protocol import Protocol
from schemas.refusals import Refusal
from schemas.treatment import TreatmentRoute
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import CALM
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.protocols import given, packaged, varied
from workflows.rules.gate import gate
from workflows.rules.standing import earliest_next_dose

RULES = given(packaged().pace)
LATE = timedelta(weeks=RULES.reviewed_after_weeks.value)
WEEK, TICK = timedelta(weeks=1), timedelta(microseconds=1)
CLOSE = varied({"series.max_sessions_per_week": 2, "series.min_hours_between_doses": 48, "series.sessions": 20})
"""Two sessions a week, with psychotherapy."""


@cache
def _second() -> Course:
    return at(Phase.SESSION, cycle=2, protocol=CLOSE)


def second_in_a_week() -> Course:
    """The second session is booked as early as the protocol lets it be."""
    course = _second().fork()
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=given(earliest_next_dose(course.state)))
    return course


def arrived(course: Course, wait_for: timedelta | None = None) -> Course:
    """Checked in and measured, with nothing said about the pace."""
    pace = course.state.protocol.pace
    course.state = course.state.model_copy(update={"protocol": course.state.protocol.model_copy(update={"pace": None})})
    if wait_for is not None:
        starts_at = given(course.state.recent_sessions_at)[0] + wait_for
        course.must(ScheduleSession, Role.COORDINATOR, starts_at=starts_at)
    course.until(lambda it: it.session.checked_in_at is not None)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    course.state = course.state.model_copy(update={"protocol": course.state.protocol.model_copy(update={"pace": pace})})
    return course


@cache
def _late() -> Course:
    """Twice a week for so many weeks; the next session is booked, and nobody reviewed it."""
    course = at(Phase.SESSION, cycle=2, protocol=CLOSE)

    def reached(it: Course) -> bool:
        first = it.state.pace.first_session_at
        return first is not None and it.state.cycle.session is not None and it.session.starts_at - first >= LATE

    return course.until(reached)


def late() -> Course:
    return _late().fork()


def dosing(course: Course) -> Refusal:
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0, route=given(course.state.approval).route)


def owed(course: Course, kind: WorkKind) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is kind]


def unmet(course: Course, instant: datetime) -> set[str]:
    return {check.name for check in gate(course.state, instant) if not check.passed}


def stopped() -> Course:
    course = late()
    course.must(ReviewSpacing, Role.PHYSICIAN, go_on=False)
    return course


def confirmed() -> Course:
    course = second_in_a_week()
    course.must(ConfirmPace, Role.THERAPIST)
    return course


def revoked() -> Course:
    course = second_in_a_week()
    course.must(RevokeApproval, Role.PHYSICIAN)
    return course


def without_psychotherapy() -> Course:
    return at(Phase.SESSION, treatment=TreatmentRoute.STANDARD_KETAMINE)


REFUSALS = [
    Refused("pace_not_confirmed", None, "no word by the therapist", lambda: dosing(arrived(second_in_a_week()))),
    Refused("spacing_not_reviewed", None, "no review after weeks", lambda: dosing(arrived(confirming(late())))),
    Refused("spacing_not_reviewed", None, "the physician said stop", lambda: dosing(arrived(confirming(stopped())))),
    Refused("pace_already_confirmed", "approval_id", "twice", saying(confirmed, ConfirmPace, Role.THERAPIST)),
    Refused(
        "approval_unknown",
        "approval_id",
        "an older approval",
        saying(second_in_a_week, ConfirmPace, Role.THERAPIST, approval_id="A9"),
    ),
    Refused("approval_not_in_force", "approval_id", "revoked", saying(revoked, ConfirmPace, Role.THERAPIST)),
    Refused("no_psychotherapy", None, "no therapist", saying(without_psychotherapy, ConfirmPace, Role.THERAPIST)),
    Refused("spacing_review_not_due", None, "too early", saying(second_in_a_week, ReviewSpacing, Role.PHYSICIAN)),
    Refused("spacing_review_not_due", None, "before any session", saying(Course, ReviewSpacing, Role.PHYSICIAN)),
]


def confirming(course: Course) -> Course:
    approval = given(course.state.approval)
    if approval.id not in course.state.pace.confirmed:
        course.must(ConfirmPace, Role.THERAPIST, approval_id=approval.id)
    return course


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_one_session_a_week_asks_nobody() -> None:
    course = at(Phase.CLOSED, protocol=varied({"series.max_sessions_per_week": 1}))
    assert course.facts(PaceConfirmed) == []
    assert course.facts(SpacingReviewed) == []


def test_the_therapist_owes_a_word_once_sessions_are_booked_so_close() -> None:
    course = second_in_a_week()
    (item,) = owed(course, WorkKind.CONFIRM_PACE)
    assert (item.subject, item.owner_role) == ("A1", Role.THERAPIST)
    course.wait(days=1)
    assert owed(course, WorkKind.CONFIRM_PACE), "time confirms nothing"
    course.must(ConfirmPace, Role.THERAPIST)
    assert owed(course, WorkKind.CONFIRM_PACE) == []


def test_moving_the_session_apart_makes_the_word_unnecessary() -> None:
    course = second_in_a_week()
    starts_at = course.state.recent_sessions_at[0] + WEEK
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=starts_at)
    assert owed(course, WorkKind.CONFIRM_PACE) == []
    assert "pace_confirmed" not in unmet(course, starts_at)
    assert "pace_confirmed" in unmet(course, starts_at - TICK)


def test_a_confirmation_counts_from_when_it_was_given() -> None:
    course = arrived(second_in_a_week())
    before = course.now
    course.wait(minutes=1)
    course.must(ConfirmPace, Role.THERAPIST)
    assert "pace_confirmed" in unmet(course, before)
    assert "pace_confirmed" not in unmet(course, course.now)


def test_each_approval_is_confirmed_anew() -> None:
    course = confirmed()
    starts_at = course.session.starts_at
    assert "pace_confirmed" not in unmet(course, starts_at)
    newer = given(course.state.approval).model_copy(update={"id": "A2"})
    course.state = course.state.model_copy(update={"approval": newer})
    assert "pace_confirmed" in unmet(course, starts_at)


def test_twice_a_week_for_weeks_is_reviewed_and_goes_on() -> None:
    course = late()
    (item,) = owed(course, WorkKind.REVIEW_SPACING)
    assert item.owner_role is Role.PHYSICIAN
    sessions = course.state.sessions_given
    course.until(lambda it: it.state.sessions_given > sessions)
    assert len(course.facts(SpacingReviewed)) == 1
    last, *_, first = [fact.dose.given_at for fact in reversed(course.facts(DrugAdministered))]
    assert last - first >= LATE


def test_a_review_counts_for_as_long_as_the_first_weeks() -> None:
    course = late()
    course.must(ReviewSpacing, Role.PHYSICIAN, go_on=True)
    reviewed_at, starts_at = course.now, course.session.starts_at
    assert "spacing_reviewed" not in unmet(course, starts_at)
    late_recent = (*course.state.recent_sessions_at[:-1], reviewed_at + LATE - timedelta(days=2))
    course.state = course.state.model_copy(update={"recent_sessions_at": late_recent})
    assert "spacing_reviewed" not in unmet(course, reviewed_at + LATE - TICK)
    assert "spacing_reviewed" in unmet(course, reviewed_at + LATE)


def test_after_a_stop_a_session_further_apart_needs_no_review() -> None:
    course = stopped()
    assert owed(course, WorkKind.REVIEW_SPACING) == []
    assert "spacing_reviewed" in unmet(course, course.session.starts_at)
    assert "spacing_reviewed" not in unmet(course, course.state.recent_sessions_at[-1] + WEEK)


@pytest.mark.parametrize("protocol", [CLOSE.model_copy(update={"pace": None})])
def test_a_protocol_without_the_section_asks_nobody(protocol: Protocol) -> None:
    course = at(Phase.SESSION, cycle=3, protocol=protocol)
    assert course.facts(PaceConfirmed) == []
    assert {"pace_confirmed", "spacing_reviewed"} & {check.name for check in gate(course.state, course.now)} == set()


def test_without_psychotherapy_only_the_physician_is_asked() -> None:
    course = without_psychotherapy()
    names = {check.name for check in gate(course.state, course.now)}
    assert "pace_confirmed" not in names
    assert "spacing_reviewed" in names


def test_a_pathway_older_than_this_record_counts_from_what_it_remembers() -> None:
    course = second_in_a_week()
    older = course.state.pace.model_copy(update={"first_session_at": None})
    course.state = course.state.model_copy(update={"pace": older})
    assert "spacing_reviewed" not in unmet(course, course.session.starts_at)
    long_ago = (course.state.recent_sessions_at[0] - LATE, *course.state.recent_sessions_at)
    course.state = course.state.model_copy(update={"recent_sessions_at": long_ago})
    assert "spacing_reviewed" in unmet(course, course.session.starts_at)


def test_the_shipped_protocol_lets_the_therapist_decide_on_a_second_session_in_a_week() -> None:
    course = at(Phase.SESSION, cycle=2)
    earliest = given(earliest_next_dose(course.state))
    first = given(course.state.last_drug_at)
    assert earliest - first < WEEK
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=max(earliest, course.now + timedelta(hours=1)))
    assert "pace_confirmed" in unmet(course, course.session.starts_at)
    course.must(ConfirmPace, Role.THERAPIST)
    assert "pace_confirmed" not in unmet(course, course.session.starts_at)
