"""Watching a patient: the end of an infusion, the sitter's looks at home, and contact that is lost."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.actors import Role
from schemas.commands import (
    DischargePatient,
    EndInfusion,
    RecordAdministration,
    RecordSitterCheck,
    RecordSitterContact,
    RecordVitals,
    ReportContactLost,
)
from schemas.facts import ContactStayedLost, EmergencyDeclared, SitterCheckBecameLate
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.treatment import DrugRoute, Setting, TreatmentRoute
from schemas.work import Priority, WorkItem, WorkKind
from tests.rules.arrivals import CALM, TICK, dosed, give, infusing
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.protocols import given, packaged
from workflows.rules.monitoring import readings_due
from workflows.rules.standing import observation_ends
from workflows.rules.status import status_of

IV = packaged().routes[DrugRoute.INTRAVENOUS]
PLANNED, OBSERVED = timedelta(minutes=given(IV.infusion_min).value), timedelta(minutes=IV.observation_min.value)
WATCH = given(given(packaged().monitoring).sitter)
EVERY, CALLED = timedelta(minutes=WATCH.every_min.value), timedelta(minutes=WATCH.contact_min.value)
LATE = timedelta(minutes=given(packaged().monitoring).late_min.value)
MINUTE = timedelta(minutes=1)


def infused(minutes: float = 40) -> Course:
    course = infusing()
    course.wait(minutes=minutes)
    course.must(EndInfusion, Role.NURSE)
    return course


def at_home() -> Course:
    """A dose was just given at home."""
    course = at(Phase.SESSION, setting=Setting.HOME)
    course.until(lambda it: it.state.cycle.session is not None and bool(it.session.readings))
    give(course)
    return course


def lost() -> Course:
    course = at_home()
    course.must(ReportContactLost, Role.THERAPIST)
    return course


def lost_before_the_dose() -> Course:
    course = at(Phase.SESSION, setting=Setting.HOME)
    course.until(lambda it: it.state.cycle.session is not None and bool(it.session.readings))
    course.must(ReportContactLost, Role.THERAPIST)
    return course


def owed(course: Course, kind: WorkKind) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is kind]


def minutes_due(course: Course) -> list[int]:
    return [minute for minute, _ in readings_due(course.state, course.session)]


def running_on() -> Refusal:
    course = infusing()
    course.wait(minutes=180)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course.refused(DischargePatient, Role.NURSE)


def unseen() -> Refusal:
    course = lost()
    course.wait(minutes=180)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course.refused(DischargePatient, Role.NURSE)


def before_it_began() -> Refusal:
    course = at(Phase.SESSION, treatment=TreatmentRoute.STANDARD_KETAMINE)
    course.until(lambda it: it.state.cycle.session is not None and bool(it.session.readings))
    course.wait(minutes=1)
    give(course)
    return course.refused(EndInfusion, Role.NURSE, observed_at=course.now - TICK)


def unwilling() -> Refusal:
    course = dosed()
    course.wait(minutes=120)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course.refused(DischargePatient, Role.NURSE, no_driving_agreed=False)


REFUSALS = [
    Refused("no_infusion", None, "a lozenge", saying(dosed, EndInfusion, Role.NURSE)),
    Refused("infusion_over", None, "twice", saying(infused, EndInfusion, Role.NURSE)),
    Refused("observed_before_last_dose", "observed_at", "before it began", before_it_began),
    Refused("infusion_running", None, "home before its end", running_on),
    Refused("no_sitter", None, "in the clinic", saying(dosed, RecordSitterCheck, Role.NURSE)),
    Refused("no_sitter", None, "no camera in the clinic", saying(dosed, ReportContactLost, Role.NURSE)),
    Refused("contact_lost_before", None, "twice", saying(lost, ReportContactLost, Role.THERAPIST)),
    Refused("contact_not_lost", None, "in contact", saying(at_home, RecordSitterContact, Role.THERAPIST)),
    Refused("contact_lost", None, "home while nobody is seen", unseen),
    Refused(
        "contact_lost",
        None,
        "a dose while nobody is seen",
        saying(lost_before_the_dose, RecordAdministration, Role.NURSE, dose_mg=1.0),
    ),
    Refused("discharge_criterion_unmet", "no_driving_agreed", "wants to drive", unwilling),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


# Infusions


@pytest.mark.parametrize("minutes", [25.0, 40.0, 55.0])
def test_the_observation_counts_from_the_end_of_the_infusion(minutes: float) -> None:
    course = infusing()
    began = course.now
    assert observation_ends(course.state, course.session) is None
    course.wait(minutes=minutes)
    course.must(EndInfusion, Role.NURSE)
    ended = began + timedelta(minutes=minutes)
    assert observation_ends(course.state, course.session) == ended + OBSERVED
    assert course.state.last_drug_at == ended


def test_readings_are_due_during_the_infusion_and_after_its_end() -> None:
    assert minutes_due(infusing()) == [10, 20, 30, 40, 55]
    assert minutes_due(infused(40)) == [10, 20, 30, 40, 55]


def test_an_end_told_late_counts_from_when_it_was() -> None:
    course = infusing()
    began = course.now
    course.wait(minutes=60)
    course.must(EndInfusion, Role.NURSE, observed_at=began + PLANNED)
    assert observation_ends(course.state, course.session) == began + PLANNED + OBSERVED


def test_an_end_that_nobody_tells_is_owed() -> None:
    course = infusing()
    (item,) = owed(course, WorkKind.END_INFUSION)
    assert item.owner_role is Role.NURSE
    assert course.now + PLANNED < item.due_at < course.now + PLANNED + 6 * MINUTE
    course.wait(hours=2)
    assert owed(course, WorkKind.END_INFUSION)[0].steps > 0


def test_a_whole_course_of_infusions() -> None:
    assert at(Phase.CLOSED, treatment=TreatmentRoute.STANDARD_KETAMINE).state.sessions_given == 6


# The sitter


def test_a_look_that_is_not_told_alarms_once_until_the_next_one() -> None:
    course = at_home()
    due_at = course.now + EVERY
    course.wait_until(due_at + LATE - TICK)
    assert course.facts(SitterCheckBecameLate) == []
    course.wait_until(due_at + LATE)
    (fact,) = course.facts(SitterCheckBecameLate)
    assert fact.due_at == due_at
    (item,) = owed(course, WorkKind.ASK_SITTER)
    assert (item.owner_role, item.priority) == (Role.THERAPIST, Priority.URGENT)
    course.wait(hours=1)
    assert len(course.facts(SitterCheckBecameLate)) == 1
    course.must(RecordSitterCheck, Role.THERAPIST)
    assert owed(course, WorkKind.ASK_SITTER) == []
    course.wait_until(course.now + EVERY + LATE)
    assert len(course.facts(SitterCheckBecameLate)) == 2


def test_looked_at_in_time_nothing_alarms() -> None:
    course = at_home()
    for _ in range(3):
        course.wait_until(course.now + EVERY)
        course.must(RecordSitterCheck, Role.THERAPIST)
    assert course.facts(SitterCheckBecameLate) == []


@pytest.mark.parametrize("seen", [{"responsive": False}, {"breathing_calmly": False}])
def test_what_the_sitter_sees_may_be_an_emergency(seen: dict[str, Any]) -> None:
    course = at_home()
    course.must(RecordSitterCheck, Role.THERAPIST, **seen)
    (fact,) = course.facts(EmergencyDeclared)
    assert (fact.reasons, fact.address) == (("sitter_alarm",), "1 Invented Lane, Nowhere")


def test_in_the_clinic_no_sitter_is_asked() -> None:
    course = dosed()
    course.wait(hours=3)
    assert course.facts(SitterCheckBecameLate) == []


# Contact


def test_contact_lost_the_sitter_is_called_at_once() -> None:
    course = lost()
    (item,) = owed(course, WorkKind.CALL_SITTER)
    assert (item.priority, item.due_at) == (Priority.EMERGENCY, course.now + CALLED)
    course.must(RecordSitterContact, Role.THERAPIST)
    assert owed(course, WorkKind.CALL_SITTER) == []
    course.wait(hours=1)
    assert course.facts(EmergencyDeclared) == []


def test_not_reached_it_is_an_emergency_at_the_sessions_address() -> None:
    course = lost()
    course.must(RecordSitterContact, Role.THERAPIST, reached=False)
    (fact,) = course.facts(EmergencyDeclared)
    assert (fact.reasons, fact.address) == (("contact_lost",), "1 Invented Lane, Nowhere")
    assert owed(course, WorkKind.ACKNOWLEDGE_EMERGENCY) != []
    course.wait(hours=1)
    assert course.facts(ContactStayedLost) == []


@pytest.mark.parametrize(("early", "raised"), [(TICK, 0), (timedelta(0), 1)])
def test_silence_is_not_taken_for_well(early: timedelta, raised: int) -> None:
    course = lost()
    course.wait_until(course.now + CALLED - early)
    assert len(course.facts(EmergencyDeclared)) == len(course.facts(ContactStayedLost)) == raised


def test_an_emergency_that_is_declared_already_is_not_declared_twice() -> None:
    course = at_home()
    course.must(RecordSitterCheck, Role.THERAPIST, responsive=False)
    course.must(ReportContactLost, Role.THERAPIST)
    course.wait(hours=1)
    assert len(course.facts(EmergencyDeclared)) == 1
    assert owed(course, WorkKind.CALL_SITTER) != []


# The planned length


@pytest.mark.parametrize(("treatment", "minutes"), [(TreatmentRoute.KAP, 180), (TreatmentRoute.PSYCHOLYTIC, 120)])
def test_how_long_a_session_is_planned_for_is_told(treatment: TreatmentRoute, minutes: int) -> None:
    course = at(Phase.SESSION, treatment=treatment).until(lambda it: it.state.cycle.session is not None)
    until: datetime | None = given(status_of(course.state, course.now, 0, 0).session).planned_until
    assert until == course.session.starts_at + timedelta(minutes=minutes)
