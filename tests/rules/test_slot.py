"""The time kept for a session: tentative, released, blocked at its cutoff; and what people are told."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.actors import Role
from schemas.commands import (
    AcknowledgeDosePlan,
    CancelSession,
    CheckIn,
    RecordAdministration,
    RecordVitals,
    RevokeApproval,
    ScheduleSession,
)
from schemas.facts import (
    FastingReminderDue,
    MessageRequested,
    SessionCutoffReached,
    SessionDayBegun,
    SessionReleased,
    SessionScheduled,
)
from schemas.messages import MessageRequest, Template
from schemas.pathway import Phase
from schemas.treatment import ApprovalStatus
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import CALM, TICK, approval_of, read, ready
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.people import PATHWAY_ID, an_enrolment
from tests.support.protocols import given, packaged
from workflows.rules.deadlines import still_wanted
from workflows.rules.gate import gate
from workflows.rules.status import status_of
from workflows.rules.warning import warned_of

RULES = given(packaged().day_of)
OPENS, CUTOFF = timedelta(hours=RULES.opens_h.value), timedelta(hours=RULES.cutoff_h.value)
FAST, DRINK = timedelta(hours=RULES.fasting.solids_h.value), timedelta(hours=RULES.fasting.clear_liquids_h.value)


def booked(days: float = 5) -> Course:
    """Approved and booked, and nobody has read the dose plan."""
    course = at(Phase.SESSION)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + timedelta(days=days))
    return course


def beyond_the_end() -> Course:
    """Booked for an hour after the approval ends."""
    course = read(at(Phase.SESSION))
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=approval_of(course).valid_until + timedelta(hours=1))
    return course


def blocked() -> Course:
    course = booked()
    course.wait_until(course.session.starts_at - CUTOFF)
    return course


def to(course: Course, template: Template) -> list[MessageRequest]:
    found = [fact.message for fact in course.facts(MessageRequested)]
    return [message for message in found if message.template is template]


def owed(course: Course, kind: WorkKind) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is kind]


def arrived_before_the_cutoff() -> Course:
    """Checked in, and only then the plan's acknowledgement turns out to be missing: a state that needs an odd desk."""
    course = blocked()
    session = course.session.model_copy(update={"checked_in_at": course.now, "identity_confirmed": True})
    course.state = course.state.model_copy(update={"cycle": course.state.cycle.model_copy(update={"session": session})})
    read(course).must(RecordVitals, Role.NURSE, vitals=CALM)
    return course


REFUSALS = [
    Refused(
        "session_blocked", None, "the plan was read too late", saying(lambda: read(blocked()), CheckIn, Role.NURSE)
    ),
    Refused(
        "session_blocked",
        None,
        "a dose in spite of it",
        saying(arrived_before_the_cutoff, RecordAdministration, Role.NURSE, dose_mg=1.0),
    ),
    Refused(
        "within_cutoff",
        "starts_at",
        "booked again at once",
        lambda: (course := blocked()).refused(ScheduleSession, Role.COORDINATOR, starts_at=course.now + CUTOFF - TICK),
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


# Tentative


def test_a_booking_says_at_once_what_stands_in_its_way() -> None:
    course = booked()
    (fact,) = course.facts(SessionScheduled)
    assert fact.obstacles == ("plan_not_acknowledged",)
    assert warned_of([fact]) == ("plan_not_acknowledged",)
    assert given(status_of(course.state, course.now, 0, 0).session).obstacles == fact.obstacles
    read(course)
    assert given(status_of(course.state, course.now, 0, 0).session).obstacles == ()


def test_a_booking_beyond_the_approval_is_taken_told_and_asks_for_the_next_one() -> None:
    course = beyond_the_end()
    (fact,) = course.facts(SessionScheduled)
    assert "approval_expired" in (fact.obstacles or ())
    (item,) = owed(course, WorkKind.APPROVE_DOSING)
    assert (item.subject, item.due_at) == ("after-A1", course.now + timedelta(hours=48))


@pytest.mark.parametrize("before_end", [TICK, timedelta(0), -TICK])
def test_an_approval_covers_what_starts_before_its_end(before_end: timedelta) -> None:
    course = read(at(Phase.SESSION))
    starts_at = approval_of(course).valid_until - before_end
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=starts_at)
    covered = before_end > timedelta(0)
    assert bool(owed(course, WorkKind.APPROVE_DOSING)) is not covered
    assert ("approval_expired" in (course.facts(SessionScheduled)[0].obstacles or ())) is not covered


def test_moved_back_before_the_end_nobody_is_asked_any_more() -> None:
    course = beyond_the_end()
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + timedelta(days=3))
    assert owed(course, WorkKind.APPROVE_DOSING) == []


def test_the_request_outlives_the_booking_and_the_approval() -> None:
    course = beyond_the_end()
    course.must(CancelSession, Role.PATIENT)
    (asked,) = owed(course, WorkKind.APPROVE_DOSING)
    course.wait_until(approval_of(course).valid_until)
    assert approval_of(course).status is ApprovalStatus.EXPIRED
    (item,) = owed(course, WorkKind.APPROVE_DOSING)
    assert item.id == asked.id


# Released


def test_on_the_day_before_a_session_without_an_approval_is_released_and_the_patient_told() -> None:
    course = beyond_the_end()
    session = course.session
    course.wait_until(session.starts_at - OPENS - TICK)
    assert course.facts(SessionReleased) == []
    course.wait_until(session.starts_at - OPENS)
    (fact,) = course.facts(SessionReleased)
    assert fact.session_id == session.id
    assert "approval_expired" in fact.obstacles
    assert course.state.cycle.session is None
    (item,) = owed(course, WorkKind.REBOOK_SESSION)
    assert (item.subject, item.owner_role) == (session.id, Role.COORDINATOR)
    assert {message.to_role for message in to(course, Template.SESSION_OFF)} == {Role.THERAPIST, Role.PATIENT}
    assert (course.state.sessions_given, approval_of(course).sessions_used) == (0, 0)
    assert to(course, Template.SESSION_REMINDER) == []


def test_a_released_session_is_rebooked_by_a_human() -> None:
    course = beyond_the_end()
    course.wait_until(course.session.starts_at - OPENS)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + timedelta(days=9))
    assert owed(course, WorkKind.REBOOK_SESSION) == []
    assert course.session.id == "S2"


@pytest.mark.parametrize("late", [timedelta(0), TICK])
def test_booked_within_the_day_before_it_is_not_released(late: timedelta) -> None:
    course = at(Phase.APPROVAL)
    starts_at = course.now + OPENS
    course.wait_until(course.now + late)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=starts_at)
    course.wait(minutes=1)
    assert course.facts(SessionReleased) == []
    assert len(course.facts(SessionDayBegun)) == 1


def test_an_approval_lost_after_the_day_began_blocks_only_at_the_cutoff() -> None:
    course = read(booked())
    course.wait_until(course.session.starts_at - OPENS)
    course.must(RevokeApproval, Role.PHYSICIAN)
    course.wait_until(course.session.starts_at - CUTOFF - TICK)
    assert not course.session.blocked_for
    course.wait_until(course.session.starts_at - CUTOFF)
    assert course.facts(SessionReleased) == []
    assert course.session.blocked_for == ("approval_missing",)


# The cutoff


@pytest.mark.parametrize(
    ("before", "missing"), [(TICK, ()), (timedelta(0), ("plan_not_acknowledged",)), (-TICK, ("plan_not_acknowledged",))]
)
def test_what_is_read_before_the_cutoff_counts(before: timedelta, missing: tuple[str, ...]) -> None:
    course = booked()
    course.must(AcknowledgeDosePlan, Role.THERAPIST)
    course.wait_until(course.session.starts_at - CUTOFF - before)
    course.must(AcknowledgeDosePlan, Role.PATIENT)
    course.wait_until(course.session.starts_at)
    (fact,) = course.facts(SessionCutoffReached)
    assert fact.missing == course.session.blocked_for == missing


def test_both_are_told_and_a_late_word_revives_nothing() -> None:
    course = blocked()
    told = to(course, Template.SESSION_OFF)
    assert {message.to_role for message in told} == {Role.THERAPIST, Role.PATIENT}
    read(course).wait(minutes=1)
    assert given(status_of(course.state, course.now, 0, 0).session).obstacles == ("plan_not_acknowledged",)
    assert [check.name for check in gate(course.state, course.now) if not check.passed] == ["checked_in"]
    assert owed(course, WorkKind.HOLD_SESSION) == []
    assert owed(course, WorkKind.REBOOK_SESSION) != []


def test_another_session_is_booked_with_as_much_time_ahead() -> None:
    course = read(blocked())
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + CUTOFF)
    assert course.session.blocked_for == ()
    assert owed(course, WorkKind.REBOOK_SESSION) == []


def test_booked_within_the_cutoff_only_the_gate_watches() -> None:
    course = at(Phase.SESSION)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + CUTOFF - TICK)
    course.wait_until(course.session.starts_at)
    assert course.facts(SessionCutoffReached) == []
    assert course.session.blocked_for == ()


def test_after_an_outage_the_cutoff_still_blocks() -> None:
    course = booked()
    course.outage(days=5, hours=1)
    assert course.session.blocked_for == ("plan_not_acknowledged",)


# Reminders


def test_reminders_of_what_is_off_are_not_sent_and_those_under_way_are_withdrawn() -> None:
    course = read(booked())
    course.wait_until(course.session.starts_at - FAST)
    (reminder,) = to(course, Template.FASTING_REMINDER)
    assert still_wanted(course.state, reminder, course.now)
    course.must(CancelSession, Role.PATIENT)
    assert not still_wanted(course.state, reminder, course.now)


def test_no_reminder_to_fast_for_an_approval_that_was_lost() -> None:
    course = read(booked())
    course.wait_until(course.session.starts_at - FAST - TICK)
    course.must(RevokeApproval, Role.PHYSICIAN)
    course.wait_until(course.session.starts_at)
    assert len(course.facts(FastingReminderDue)) == 1
    assert to(course, Template.FASTING_REMINDER) == []


def test_the_reminder_to_fast_comes_once_and_says_until_when_to_drink() -> None:
    course = read(booked())
    begins = course.session.starts_at - FAST
    course.wait_until(begins - TICK)
    assert to(course, Template.FASTING_REMINDER) == []
    course.wait_until(course.session.starts_at)
    (message,) = to(course, Template.FASTING_REMINDER)
    assert (message.to_id, message.at) == (PATHWAY_ID, course.session.starts_at)
    assert message.until == message.expires_at == course.session.starts_at - DRINK


def test_told_too_late_to_stop_drinking_nothing_is_said() -> None:
    course = read(booked())
    course.outage(seconds=(course.session.starts_at - DRINK - course.now).total_seconds())
    assert to(course, Template.FASTING_REMINDER) == []


@pytest.mark.parametrize(
    ("starts_at", "begins"),
    [
        (datetime(2026, 11, 1, 15, tzinfo=UTC), datetime(2026, 11, 1, 11, tzinfo=UTC)),
        (datetime(2026, 11, 1, 8, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC)),
        (datetime(2027, 3, 14, 9, tzinfo=UTC), datetime(2027, 3, 14, 5, tzinfo=UTC)),
    ],
    ids=["10:00 EST", "across the hour that comes twice", "across the hour that is missing"],
)
def test_fasting_is_counted_in_elapsed_hours(starts_at: datetime, begins: datetime) -> None:
    enrolment = an_enrolment()
    patient = {"zone": "America/New_York"}
    course = Course(enrolment.model_copy(update=patient), now=starts_at - timedelta(days=20)).to_phase(Phase.SESSION)
    read(course).must(ScheduleSession, Role.COORDINATOR, starts_at=starts_at)
    course.wait_until(begins)
    assert [entry.at for entry in course.log if isinstance(entry.fact, FastingReminderDue)] == [begins]


def test_after_a_hold_the_patient_is_told_without_a_word_of_why() -> None:
    course = ready()
    course.must(RecordVitals, Role.NURSE, vitals=CALM.model_copy(update={"systolic": 200}))
    (hold,) = owed(course, WorkKind.REVIEW_HOLD)
    told = to(course, Template.SESSION_OFF)
    assert {message.to_role for message in told} == {Role.PHYSICIAN, Role.THERAPIST, Role.PATIENT}
    assert {message.about for message in told} == {hold.id}
