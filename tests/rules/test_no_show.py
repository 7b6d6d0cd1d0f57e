"""Visits that a patient did not come to, and the session that was booked ahead of the integration visit."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from clients.scenarios.next_right import all_kept, calm
from schemas.actors import Role
from schemas.checkins import CheckinOutcome, WelfareDecision
from schemas.commands import (
    CancelSession,
    CheckIn,
    DecideWelfare,
    RecordCheckin,
    RecordNoShow,
    ScheduleSession,
    SignIntegrationNote,
)
from schemas.commands.checkins import Questionnaire
from schemas.facts import (
    CheckinRecorded,
    DosingApproved,
    IntegrationDeviated,
    IntegrationNoteSigned,
    MessageRequested,
    SessionCancelled,
    SessionReleased,
    VisitMissed,
)
from schemas.integration import VisitKind
from schemas.measures import Instrument, RiskCode
from schemas.messages import Template
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import TICK, awaited, booked, received
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import START, Course, at
from tests.support.people import an_enrolment
from tests.support.protocols import given, packaged, short
from workflows.rules.gate import gate
from workflows.rules.status import status_of

RULES = packaged().integration
OPENS = timedelta(hours=RULES.window_opens_h.value)
HARD = timedelta(days=RULES.hard_limit_days.value)
RELEASE = timedelta(hours=given(RULES.release_hours_before_session).value)
WELFARE = timedelta(hours=given(packaged().checkins).missed.welfare_decision_h.value)
NEXT = timedelta(days=14)
MISSED = "N1-missed_integration"


def after_dose(elapsed: timedelta, situation: Callable[[], Course] = lambda: at(Phase.INTEGRATION)) -> Course:
    course = situation()
    assert course.state.last_drug_at is not None
    course.wait_until(course.state.last_drug_at + elapsed)
    return course


def missed() -> Course:
    """Nobody came to the integration visit two days after the dose."""
    course = after_dose(2 * OPENS)
    course.must(RecordNoShow, Role.THERAPIST)
    return course


def booked_ahead() -> Course:
    """The next session is booked, and the one before waits for its integration visit."""
    course = at(Phase.INTEGRATION)
    drug = course.state.last_drug_at
    assert drug is not None
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=drug + NEXT)
    return course


def last_one() -> Course:
    return at(Phase.INTEGRATION, protocol=short(1))


def work(course: Course, kind: WorkKind) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is kind]


def unasked() -> Refusal:
    """A session so close ahead that it would be released at once."""
    course = after_dose(10 * OPENS)
    return course.refused(ScheduleSession, Role.COORDINATOR, starts_at=course.now + RELEASE)


REFUSALS = [
    *(
        Refused("no_visit_expected", "visit", what, saying(situation, RecordNoShow, Role.NURSE, visit=visit))
        for what, situation, visit in (
            ("prepared already", lambda: at(Phase.APPROVAL), VisitKind.PREPARATION),
            ("no session booked", lambda: at(Phase.SESSION), VisitKind.SESSION),
            ("the patient is there", received, VisitKind.SESSION),
            ("before any session", booked, VisitKind.INTEGRATION),
        )
    ),
    Refused("no_show_too_early", "observed_at", "before the start", lambda: not_there(booked(), VisitKind.SESSION)),
    Refused(
        "no_show_too_early",
        "observed_at",
        "before the window",
        lambda: not_there(after_dose(OPENS - TICK), VisitKind.INTEGRATION),
    ),
    Refused("integration_missing", "starts_at", "booking too close ahead", unasked),
    Refused(
        "series_finished",
        None,
        "booking beyond it",
        saying(last_one, ScheduleSession, Role.NURSE, starts_at=START + 3 * NEXT),
    ),
    Refused("integration_missing", None, "arriving all the same", saying(booked_ahead, CheckIn, Role.NURSE)),
]


def not_there(course: Course, visit: VisitKind) -> Refusal:
    return course.refused(RecordNoShow, Role.COORDINATOR, visit=visit)


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def told(course: Course, template: Template, role: Role) -> list[datetime]:
    """When somebody was told something."""
    return [
        entry.recorded_at
        for entry in course.log
        if isinstance(entry.fact, MessageRequested)
        and (entry.fact.message.template, entry.fact.message.to_role) == (template, role)
    ]


def reached(course: Course, item9: int = 0) -> None:
    answers = {**calm(course.state, Instrument.PHQ9_ITEM9), "q9": item9}
    said = (Questionnaire(instrument=Instrument.PHQ9_ITEM9, answers=answers),)
    outcome = CheckinOutcome.REACHED
    course.must(RecordCheckin, Role.THERAPIST, checkin_id=MISSED, outcome=outcome, measures=said, side_effects=None)


def test_a_missed_integration_visit_is_asked_after_by_a_human_on_the_same_day() -> None:
    course = missed()
    (call,), (item,) = work(course, WorkKind.CALL_PATIENT), work(course, WorkKind.FOLLOW_UP_NO_SHOW)
    zone = ZoneInfo(course.state.zone)
    assert call.due_at.astimezone(zone).date() == course.now.astimezone(zone).date()
    assert (call.subject, item.subject, item.due_at) == (MISSED, MISSED, course.now)
    assert len(work(course, WorkKind.HOLD_INTEGRATION_VISIT)) == 1
    assert course.refused(RecordCheckin, Role.NURSE, checkin_id=MISSED, side_effects=None).code == (
        "checkin_measure_missing"
    ), "the safety question is asked"
    reached(course)
    assert not work(course, WorkKind.CALL_PATIENT) + work(course, WorkKind.FOLLOW_UP_NO_SHOW)


def test_a_worrying_answer_after_a_no_show_blocks_dosing() -> None:
    course = missed()
    reached(course, item9=1)
    assert RiskCode.ITEM9_POSITIVE in {signal.code for signal in course.state.risk.signals}


def test_a_second_no_show_opens_no_second_outreach_until_the_first_is_closed() -> None:
    course = missed()
    course.wait(hours=1)
    course.must(RecordNoShow, Role.THERAPIST)
    assert [fact.checkin_id for fact in course.facts(VisitMissed)] == [MISSED, None]
    reached(course)
    course.must(RecordNoShow, Role.THERAPIST)
    assert course.facts(VisitMissed)[-1].checkin_id == "N3-missed_integration"
    assert course.state.integration.visits_missed == 3


def test_only_a_clinician_closes_what_nobody_answers() -> None:
    course = missed()
    course.wait_until(course.now + WELFARE)
    assert [item.subject for item in work(course, WorkKind.DECIDE_WELFARE)][-1] == MISSED
    course.must(DecideWelfare, Role.PHYSICIAN, checkin_id=MISSED, decision=WelfareDecision.CLOSE)
    assert MISSED not in {one.id for one in course.state.checkins.open}
    assert len(work(course, WorkKind.HOLD_INTEGRATION_VISIT)) == 1


def test_a_missed_session_is_given_back_and_never_counts() -> None:
    course = awaited()
    course.must(RecordNoShow, Role.COORDINATOR, visit=VisitKind.SESSION)
    assert [fact.session_id for fact in course.facts(SessionCancelled)] == ["S1"]
    assert (course.state.cycle.session, course.state.sessions_given) == (None, 0)
    assert len(work(course, WorkKind.SCHEDULE_SESSION)) == 1
    assert [fact.checkin_id for fact in course.facts(VisitMissed)] == [None]


def test_a_missed_preparation_stays_owed() -> None:
    course = at(Phase.PREPARATION)
    course.must(RecordNoShow, Role.COORDINATOR, visit=VisitKind.PREPARATION)
    assert len(work(course, WorkKind.SIGN_PREPARATION_NOTE)) == 1
    assert course.state.cycle.prepared_at is None


def test_an_old_protocol_opens_no_outreach() -> None:
    checkins = given(packaged().checkins).model_copy(update={"after_no_show": {}})
    old = packaged().model_copy(update={"checkins": checkins})
    course = after_dose(2 * OPENS, lambda: at(Phase.INTEGRATION, protocol=old))
    course.must(RecordNoShow, Role.THERAPIST)
    assert [fact.checkin_id for fact in course.facts(VisitMissed)] == [None]


# Booked ahead


@pytest.mark.parametrize(("before", "released"), [(TICK, False), (timedelta(0), True), (-TICK, True)])
def test_a_session_that_is_still_not_integrated_is_released_in_time(before: timedelta, released: bool) -> None:
    course = booked_ahead()
    session = course.state.cycle.ahead
    assert session is not None
    course.wait_until(session.starts_at - RELEASE - before)
    assert (course.state.cycle.ahead is None) is released
    assert len(course.facts(SessionReleased)) == int(released)
    assert (course.state.sessions_given, course.phase) == (1, Phase.INTEGRATION)
    for role in (Role.PATIENT, Role.THERAPIST):
        assert len(told(course, Template.SESSION_OFF, role)) == int(released)
    assert len(work(course, WorkKind.REBOOK_SESSION)) == int(released)
    if released:
        course.until(lambda it: it.state.cycle.number == 2 and it.state.cycle.session is not None)
        assert not work(course, WorkKind.REBOOK_SESSION)


def test_a_signed_note_lifts_the_block_and_the_booking_stands() -> None:
    course = booked_ahead()
    drug = course.state.last_drug_at
    assert drug is not None
    course.wait_until(drug + 2 * OPENS)
    course.must(SignIntegrationNote, Role.THERAPIST)
    assert course.session.starts_at == drug + NEXT
    course.until(lambda it: it.state.sessions_given == 2)
    assert course.state.last_drug_at == drug + NEXT
    assert course.facts(SessionReleased) == []


def test_a_booking_ahead_may_be_moved_and_cancelled() -> None:
    course = booked_ahead()
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + 2 * NEXT)
    assert (course.state.cycle.ahead, course.state.sessions_booked) != (None, 3)
    assert course.state.sessions_booked == 2
    course.must(CancelSession, Role.PATIENT)
    assert course.state.cycle.ahead is None
    assert course.session.discharged_at is not None


@pytest.mark.parametrize(("off", "deviated"), [(-TICK, False), (timedelta(0), True)])
def test_the_hard_limit_leaves_a_deviation(off: timedelta, deviated: bool) -> None:
    course = after_dose(HARD + off)
    assert len(course.facts(IntegrationDeviated)) == int(deviated)
    course.wait(days=60)
    assert len(course.facts(IntegrationDeviated)) == 1
    assert course.phase is Phase.INTEGRATION


def test_an_old_protocol_knows_no_deviation_and_no_booking_ahead() -> None:
    rules = RULES.model_copy(update={"release_hours_before_session": None})
    old = packaged().model_copy(update={"integration": rules})
    course = at(Phase.INTEGRATION, protocol=old)
    course.wait(days=30)
    assert course.facts(IntegrationDeviated) == []
    refusal = course.refused(ScheduleSession, Role.COORDINATOR, starts_at=course.now + NEXT)
    assert refusal.code == "already_checked_in"


# Scenario S07

LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def pdt(day: int, hour: int = 11, minute: int = 0) -> datetime:
    return datetime(2026, 8, day, hour, minute, tzinfo=LOS_ANGELES).astimezone(ZoneInfo("UTC"))


def test_s07_a_missed_integration_visit() -> None:
    enrolment = an_enrolment(zone="America/Los_Angeles", residence="CA")
    course = Course(enrolment, now=datetime(2026, 7, 27, 16, 0, tzinfo=ZoneInfo("UTC")))
    course.until(lambda it: it.phase is Phase.SESSION and it.state.cycle.number == 2)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=pdt(10))
    course.until(lambda it: it.state.sessions_given == 2)
    assert course.now == pdt(10)
    course.until(lambda it: it.phase is Phase.INTEGRATION)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=pdt(24))
    (visit,) = work(course, WorkKind.HOLD_INTEGRATION_VISIT)
    assert (visit.due_at, visit.hard_limit) == (pdt(13), pdt(17))

    # 08-12: nobody comes. A human asks the safety question that day; the patient hears of it three times at most.
    course.wait_until(pdt(12))
    planned = course.state.checkins
    course.must(RecordNoShow, Role.THERAPIST)
    (call,) = work(course, WorkKind.CALL_PATIENT)
    assert call.due_at < pdt(13, 0)
    assert course.state.checkins.planned == planned.planned, "no safety check is cancelled"
    assert {one.id for one in course.state.checkins.open} == {*(one.id for one in planned.open), MISSED}
    for hour, minute in ((11, 20), (16, 0)):
        course.wait_until(pdt(12, hour, minute))
        said = {"outcome": CheckinOutcome.NOT_REACHED, "measures": (), "side_effects": None}
        course.must(RecordCheckin, Role.COORDINATOR, checkin_id=MISSED, **said)
    course.wait_until(pdt(13))
    assert "S2-day_3" in {one.id for one in course.state.checkins.open}, "the check of day 3 comes all the same"
    course.wait_until(pdt(14) - TICK)
    assert MISSED not in {item.subject for item in work(course, WorkKind.DECIDE_WELFARE)}
    course.wait_until(pdt(14))
    assert MISSED in {item.subject for item in work(course, WorkKind.DECIDE_WELFARE)}
    keep = WelfareDecision.KEEP_TRYING
    course.must(DecideWelfare, Role.PHYSICIAN, checkin_id=MISSED, decision=keep)
    assert told(course, Template.VISIT_MISSED, Role.PATIENT) == [pdt(12), pdt(12, 23), pdt(13)]

    # 08-17: the hard limit. The deviation is on the record, session 3 is blocked, and nothing is complete.
    course.wait_until(pdt(17))
    (deviation,) = course.facts(IntegrationDeviated)
    assert (deviation.cycle, deviation.hard_limit) == (2, pdt(17))
    blocked = {check.name: check for check in gate(course.state, course.now)}["integrated"]
    assert (blocked.code, blocked.facts["blocks"], blocked.facts["deviated"]) == ("integration_missing", "S3", True)
    assert course.refused(CheckIn, Role.NURSE).code == "integration_missing"
    assert (course.phase, course.state.cycle.number) == (Phase.INTEGRATION, 2)

    # 08-20: held by video, one note of one visit. The block is lifted, the deviation stays, and the physician sees it.
    course.wait_until(pdt(20))
    assert told(course, Template.VISIT_MISSED, Role.PATIENT) == [pdt(12), pdt(12, 23), pdt(13)]
    course.must(SignIntegrationNote, Role.THERAPIST, outcomes=all_kept(course.state))
    note = course.facts(IntegrationNoteSigned)[-1]
    assert (note.cycle, note.visit, note.late, note.held_at) == (2, 1, True, pdt(20))
    assert MISSED not in {one.id for one in course.state.checkins.open}
    assert "S2-day_3" in {one.id for one in course.state.checkins.open}
    assert course.session.starts_at == pdt(24)
    assert status_of(course.state, course.now, 0, 0).cautions == ("late_integration",)
    course.until(lambda it: len(it.facts(DosingApproved)) == 2)
    assert "late_integration" in (course.facts(DosingApproved)[-1].approval.warnings or ())

    # 08-24: session 3 takes place as booked.
    course.until(lambda it: it.state.sessions_given == 3)
    assert course.now == pdt(24)
    assert course.facts(SessionReleased) == []
    assert len(course.facts(IntegrationDeviated)) == 1


def test_s07_still_blocked_two_days_before() -> None:
    enrolment = an_enrolment(zone="America/Los_Angeles", residence="CA")
    course = Course(enrolment, now=datetime(2026, 8, 3, 16, 0, tzinfo=ZoneInfo("UTC")))
    course.until(lambda it: it.phase is Phase.SESSION)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=pdt(10))
    course.until(lambda it: it.phase is Phase.INTEGRATION)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=pdt(24))
    course.wait_until(pdt(22) - TICK)
    assert course.facts(SessionReleased) == []
    course.wait_until(pdt(22))
    (released,) = course.facts(SessionReleased)
    assert (released.session_id, released.obstacles) == ("S2", ("integration_missing",))
    assert (
        told(course, Template.SESSION_OFF, Role.PATIENT)
        == told(course, Template.SESSION_OFF, Role.THERAPIST)
        == [pdt(22)]
    )
    course.wait_until(pdt(24))
    assert course.state.sessions_given == 1
    assert not [fact for fact in course.facts(CheckinRecorded) if "missed" in fact.checkin_id]
