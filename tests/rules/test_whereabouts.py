"""Travel and moves: clocks on the wall follow the patient, dated things keep their instant, another law may hold."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from activities.outreach.routing import quiet_until, where_now
from schemas.actors import Role
from schemas.commands import RecordWhereabouts, ScheduleSession
from schemas.facts import ApprovalSuspended, SessionReminderDue
from schemas.messages import Contact, DeliveryRules, QuietHours
from schemas.pathway import Phase
from schemas.refusals import Refusal
from tests.rules.arrivals import approval_of
from tests.rules.refusing import Refused, each, holds
from tests.support.course import Course, at
from tests.support.people import RESIDENCE, ZONE
from workflows.rules.deadlines import due
from workflows.rules.gate import gate
from workflows.rules.outreach import delivery_rules

AWAY = "America/Los_Angeles"


def told(**fields: str) -> Refusal:
    return at(Phase.SESSION).refused(RecordWhereabouts, Role.PATIENT, **{"zone": None, **fields})


def told_twice() -> Refusal:
    course = at(Phase.SESSION)
    course.must(RecordWhereabouts, Role.PATIENT, zone=AWAY)
    return course.refused(RecordWhereabouts, Role.COORDINATOR, zone=AWAY)


REFUSALS = [
    Refused("whereabouts_missing", "zone", "nothing is told", told),
    Refused("whereabouts_known", "zone", "told before", told_twice),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize("bad", [{"zone": "Mars/Olympus"}, {"residence": "Colorado"}, {"zone": "UTC-5"}])
def test_what_is_no_zone_or_state_is_no_command(bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        RecordWhereabouts.model_validate({"command_id": "c1", "actor": {"id": "p-1", "role": "patient"}, **bad})


def booked() -> Course:
    """A session at two in the afternoon, four days ahead."""
    course = at(Phase.SESSION)
    day = course.now.astimezone(ZoneInfo(ZONE)).date() + timedelta(days=4)
    starts_at = datetime(day.year, day.month, day.day, 14, tzinfo=ZoneInfo(ZONE))
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=starts_at)
    return course


def reminder(course: Course) -> datetime:
    return next(one.at for one in due(course.state) if one.reason == "session_reminder")


def test_the_reminder_follows_the_clock_on_the_patients_wall() -> None:
    course = booked()
    before, ends = reminder(course), approval_of(course).valid_until
    course.must(RecordWhereabouts, Role.PATIENT, zone=AWAY)
    assert reminder(course) - before == timedelta(hours=1)
    assert reminder(course).astimezone(ZoneInfo(AWAY)).hour == before.astimezone(ZoneInfo(ZONE)).hour
    # What has a date keeps its instant: nothing grows longer by travelling west.
    assert approval_of(course).valid_until == ends
    course.wait_until(reminder(course))
    course.must(RecordWhereabouts, Role.PATIENT, zone=ZONE)
    course.wait(hours=30)
    assert len(course.facts(SessionReminderDue)) == 1


def test_messages_rest_by_the_clock_of_where_the_patient_is() -> None:
    course = booked()
    filed = Contact(id="p-1", role=Role.PATIENT, name="Wren Fable", email="wren@example.org", zone="America/New_York")
    rules = delivery_rules(course.state, course.now, 1.0)
    assert where_now(filed, rules) == filed
    course.must(RecordWhereabouts, Role.PATIENT, zone=AWAY)
    rules = delivery_rules(course.state, course.now, 1.0)
    assert where_now(filed, rules).zone == AWAY
    therapist = filed.model_copy(update={"role": Role.THERAPIST})
    assert where_now(therapist, rules) == therapist
    assert where_now(filed, DeliveryRules(now=course.now)) == filed
    night = datetime(2027, 1, 20, 23, 30, tzinfo=ZoneInfo("America/New_York"))
    quiet = QuietHours(begins=time(21), ends=time(8))
    assert quiet_until(night, quiet, filed.zone) is not None
    assert quiet_until(night, quiet, AWAY) is None


def test_another_state_suspends_what_was_approved_for_the_one_before() -> None:
    course = booked()
    course.must(RecordWhereabouts, Role.COORDINATOR, zone=None, residence="CA")
    (suspended,) = course.facts(ApprovalSuspended)
    assert suspended.reasons == ("residence_changed",)
    assert (course.state.residence, course.state.zone) == ("CA", ZONE)


def test_travel_alone_suspends_nothing_and_the_way_back_is_told_again() -> None:
    course = booked()
    course.must(RecordWhereabouts, Role.PATIENT, zone=AWAY, residence=RESIDENCE)
    course.must(RecordWhereabouts, Role.PATIENT, zone=ZONE)
    assert not course.facts(ApprovalSuspended)


def test_licences_are_looked_at_for_the_new_state() -> None:
    course = at(Phase.APPROVAL)
    assert "prescriber_not_licensed" not in failing(course)
    course.must(RecordWhereabouts, Role.COORDINATOR, zone=None, residence="CA")
    assert "therapist_not_licensed" in failing(course)
    course.until(lambda it: it.phase is Phase.SESSION)
    assert approval_of(course).state_of_dosing == "CA"


def failing(course: Course) -> set[str]:
    return {check.code for check in gate(course.state, course.now) if not check.passed}
