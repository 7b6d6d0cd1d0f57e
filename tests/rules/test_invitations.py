"""Invitations: booked, moved, taken back; each said once, and under a number that a calendar believes."""

from datetime import timedelta

from schemas.actors import Role
from schemas.commands import CancelSession, CheckIn, RecordVitals, ScheduleSession, WithdrawConsent
from schemas.facts import Fact, MessageRequested
from schemas.messages import MessageRequest
from schemas.pathway import Phase
from tests.rules.arrivals import CALM, booked, read
from tests.support.course import Course, at, of_kind
from tests.support.people import TEAM
from tests.support.protocols import packaged
from workflows.rules.deadlines import still_wanted

BOTH = {Role.PATIENT, Role.THERAPIST}


def invitations(facts: tuple[Fact, ...] | list[Fact]) -> list[MessageRequest]:
    return [fact.message for fact in of_kind(facts, MessageRequested) if fact.message.appointment is not None]


def numbered(messages: list[MessageRequest]) -> set[tuple[Role, int, bool]]:
    said = {(message.to_role, message.appointment) for message in messages}
    return {(role, one.sequence, one.cancelled) for role, one in said if one is not None}


def everything(course: Course) -> list[MessageRequest]:
    return invitations([entry.fact for entry in course.log])


def test_a_booking_invites_patient_and_therapist_to_the_booked_hour() -> None:
    course = booked()
    said = everything(course)
    assert numbered(said) == {(Role.PATIENT, 0, False), (Role.THERAPIST, 0, False)}
    rules = packaged().messages
    assert rules is not None
    for message in said:
        assert message.at == message.expires_at == course.session.starts_at
        assert message.appointment is not None
        assert message.appointment.ends_at - course.session.starts_at == timedelta(minutes=rules.appointment_min.value)
        assert message.appointment.uid == f"{course.state.episode}-{course.session.id}"
        assert still_wanted(course.state, message, course.now)


def test_a_move_is_an_update_of_the_same_appointment_and_the_old_one_is_not_sent_any_more() -> None:
    course = booked()
    before = everything(course)
    starts_at = course.session.starts_at + timedelta(hours=1)
    step = course.must(ScheduleSession, Role.COORDINATOR, starts_at=starts_at)
    moved = invitations(step.facts)
    assert numbered(moved) == {(role, 1, False) for role in BOTH}
    assert {message.at for message in moved} == {starts_at}
    assert {one.appointment and one.appointment.uid for one in moved + before} == {
        before[0].appointment and before[0].appointment.uid
    }
    assert not any(still_wanted(course.state, message, course.now) for message in before)
    assert all(still_wanted(course.state, message, course.now) for message in moved)
    again = course.must(ScheduleSession, Role.COORDINATOR, starts_at=starts_at)
    assert invitations(again.facts) == []


def test_a_session_booked_before_the_last_one_is_integrated_invites_at_once() -> None:
    course = at(Phase.INTEGRATION)
    before = len(everything(course))
    step = course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + timedelta(days=14))
    ahead = course.state.cycle.ahead
    assert ahead is not None
    said = invitations(step.facts)
    assert numbered(said) == {(role, 0, False) for role in BOTH}
    assert {message.about for message in said} == {ahead.id}
    assert all(still_wanted(course.state, message, course.now) for message in said)
    course.to_phase(Phase.SESSION)
    assert len(everything(course)) == before + 2, "the same appointment is said once"


def test_a_cancellation_takes_the_appointment_back_once() -> None:
    course = booked()
    starts_at = course.session.starts_at
    step = course.must(CancelSession, Role.PATIENT)
    assert numbered(invitations(step.facts)) == {(role, 1, True) for role in BOTH}
    assert {message.at for message in invitations(step.facts)} == {starts_at}
    course.wait(hours=1)
    assert len(everything(course)) == 4


def test_leaving_the_treatment_takes_the_appointment_back_and_another_withdrawal_does_not() -> None:
    course = booked().consent("recording")
    step = course.must(WithdrawConsent, Role.PATIENT, kind="recording")
    assert invitations(step.facts) == []
    step = course.must(WithdrawConsent, Role.PATIENT)
    assert numbered(invitations(step.facts)) == {(role, 1, True) for role in BOTH}


def test_an_arrival_ahead_of_time_takes_nothing_back_but_a_hold_then_does() -> None:
    course = read(booked())
    course.wait_until(course.session.starts_at - timedelta(minutes=30))
    step = course.must(CheckIn, Role.NURSE)
    assert invitations(step.facts) == []
    step = course.must(RecordVitals, Role.NURSE, vitals=CALM.model_copy(update={"systolic": 210}))
    assert course.state.cycle.session is None
    assert numbered(invitations(step.facts)) == {(role, 1, True) for role in BOTH}


def test_an_appointment_that_has_begun_is_not_taken_back() -> None:
    course = booked()
    course.wait_until(course.session.starts_at)
    step = course.must(CancelSession, Role.PATIENT)
    assert invitations(step.facts) == []


def test_another_therapist_is_invited_and_the_one_before_is_not_expected_any_more() -> None:
    course = booked()
    team = course.state.care_team
    assert team is not None
    course.state = course.state.model_copy(update={"care_team": team.model_copy(update={"therapist_id": "th-ivy"})})
    said = invitations(course.wait(minutes=1).facts)
    assert [(one.to_id, one.appointment and one.appointment.cancelled) for one in said] == [
        ("th-ivy", False),
        (TEAM.therapist_id, True),
    ]


def test_an_old_protocol_invites_nobody() -> None:
    old = packaged().model_copy(update={"messages": None})
    course = at(Phase.SESSION, protocol=old).until(lambda it: it.state.cycle.session is not None)
    assert everything(course) == []
    assert course.state.invitations == ()


def test_what_is_remembered_does_not_grow_with_the_course() -> None:
    course = at(Phase.SESSION, cycle=3).until(lambda it: it.state.cycle.session is not None)
    assert len(course.state.invitations) == 2
