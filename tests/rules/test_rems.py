"""The risk mitigation programme of esketamine: enrolled before the first dose, and a form for each session."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Role
from schemas.commands import (
    ApproveDosing,
    DiscontinuePathway,
    FileRemsForm,
    RecordAdministration,
    RecordDeath,
    RecordRemsEnrolment,
)
from schemas.facts import RemsEnrolmentRecorded, RemsFormFiled
from schemas.pathway import Phase
from schemas.protocol import Protocol
from schemas.refusals import Refusal
from schemas.treatment import TreatmentRoute
from schemas.work import WorkItem, WorkKind
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.people import an_enrolment
from tests.support.protocols import given, packaged, varied
from workflows.rules.gate import gate

ESKETAMINE = TreatmentRoute.ESKETAMINE
DUE = timedelta(days=given(packaged().treatments[ESKETAMINE].rems_form_due_days).value)
TICK = timedelta(microseconds=1)


def esketamine(phase: Phase = Phase.APPROVAL, protocol: Protocol | None = None) -> Course:
    return at(phase, treatment=ESKETAMINE, protocol=protocol)


def dosed(protocol: Protocol | None = None) -> Course:
    return esketamine(Phase.SESSION, protocol).until(lambda it: bool(it.state.sessions_given))


def discharged(protocol: Protocol | None = None) -> Course:
    return dosed(protocol).until(lambda it: it.state.last_discharged_at is not None)


def filed() -> Course:
    course = discharged()
    course.must(FileRemsForm, Role.NURSE)
    return course


def unenrolled() -> Course:
    """Everything is in order for the first dose, but nobody has enrolled anybody."""
    course = esketamine()
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    course.until(lambda it: it.state.cycle.session is not None and bool(it.session.readings))
    return course


def blocked_by_form() -> Course:
    """The form of the first session is owed, and the protocol wants it before the second."""
    course = discharged(varied({"regulation.rems.form_blocks_next_dose": True}))
    owed_forms = course.state.regulatory.rems_forms
    course.must(FileRemsForm, Role.NURSE)
    course.until(lambda it: it.state.cycle.session is not None and bool(it.session.readings))
    regulatory = course.state.regulatory.model_copy(update={"rems_forms": owed_forms})
    course.state = course.state.model_copy(update={"regulatory": regulatory})
    return course


def owed(course: Course, kind: WorkKind = WorkKind.FILE_REMS_FORM) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is kind]


def dosing(situation: Callable[[], Course]) -> Callable[[], Refusal]:
    def attempt() -> Refusal:
        course = situation()
        route = given(course.state.approval).route
        return course.refused(RecordAdministration, Role.NURSE, dose_mg=56.0, route=route)

    return attempt


REFUSALS = [
    Refused("no_rems", None, "ketamine has none", saying(lambda: at(Phase.APPROVAL), RecordRemsEnrolment, Role.NURSE)),
    Refused(
        "rems_already_enrolled",
        None,
        "enrolled twice",
        saying(lambda: esketamine(Phase.SESSION), RecordRemsEnrolment, Role.NURSE),
    ),
    *(
        Refused("rems_incomplete", name, name, saying(esketamine, RecordRemsEnrolment, Role.NURSE, **{name: False}))
        for name in ("site_certified", "patient_enrolled")
    ),
    Refused("rems_form_not_owed", "session_id", "before any session", saying(esketamine, FileRemsForm, Role.NURSE)),
    Refused("rems_form_not_owed", "session_id", "filed before", saying(filed, FileRemsForm, Role.NURSE)),
    Refused(
        "rems_form_not_owed",
        "session_id",
        "another session",
        saying(discharged, FileRemsForm, Role.NURSE, session_id="S9"),
    ),
    Refused(
        "session_in_progress", "session_id", "while the patient is watched", saying(dosed, FileRemsForm, Role.NURSE)
    ),
    Refused("rems_not_enrolled", None, "a dose before the enrolment", dosing(unenrolled)),
    Refused("rems_form_missing", None, "a dose while a form blocks", dosing(blocked_by_form)),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_a_course_files_one_form_a_session() -> None:
    course = esketamine(Phase.CLOSED)
    sessions = [f"S{number}" for number in range(1, course.state.sessions_planned + 1)]
    assert [fact.session_id for fact in course.facts(RemsFormFiled)] == sessions
    assert len(course.facts(RemsEnrolmentRecorded)) == 1


def test_somebody_owes_the_enrolment_from_the_beginning() -> None:
    course = Course(an_enrolment(treatment=ESKETAMINE)).to_phase(Phase.SCREENING)
    (item,) = owed(course, WorkKind.RECORD_REMS_ENROLMENT)
    assert item.owner_role is Role.COORDINATOR
    course.must(RecordRemsEnrolment, Role.COORDINATOR)
    assert owed(course, WorkKind.RECORD_REMS_ENROLMENT) == []


def test_a_form_is_owed_after_the_discharge_and_due_days_after_the_dose() -> None:
    course = dosed()
    given_at = course.session.doses[0].given_at
    assert owed(course) == []
    course.until(lambda it: it.state.last_discharged_at is not None)
    (item,) = owed(course)
    assert (item.subject, item.owner_role, item.due_at) == ("S1", Role.NURSE, given_at + DUE)


@pytest.mark.parametrize(("after", "late"), [(DUE, False), (DUE + TICK, True)])
def test_a_late_form_is_called_late_and_silence_files_none(after: timedelta, late: bool) -> None:
    course = discharged()
    course.wait_until(given(course.state.last_drug_at) + after)
    assert len(owed(course)) == 1
    course.must(FileRemsForm, Role.COORDINATOR)
    assert [fact.late for fact in course.facts(RemsFormFiled)] == [late]
    assert owed(course) == []


def test_an_owed_form_does_not_block_the_next_dose_unless_the_protocol_says_so() -> None:
    course = discharged()
    assert "rems_forms_filed" not in {check.name for check in gate(course.state, course.now)}
    assert all(check.passed for check in gate(course.state, course.now) if check.name == "rems_enrolled")


@pytest.mark.parametrize(("end", "role"), [(DiscontinuePathway, Role.PATIENT), (RecordDeath, Role.PHYSICIAN)])
def test_the_end_of_care_closes_no_form(end: type[DiscontinuePathway | RecordDeath], role: Role) -> None:
    course = discharged()
    course.must(end, role)
    assert len(owed(course)) == 1
    course.until(lambda it: not owed(it)).until(lambda it: it.state.closure is not None)
    assert len(course.facts(RemsFormFiled)) == 1


def test_a_form_of_a_session_that_ended_in_death_is_owed_too() -> None:
    course = dosed()
    course.must(RecordDeath, Role.PHYSICIAN)
    assert [item.subject for item in owed(course)] == ["S1"]
    course.must(FileRemsForm, Role.PHYSICIAN)
    assert course.state.closure is not None


def test_ketamine_asks_for_none_of_it() -> None:
    course = at(Phase.CLOSED)
    assert course.facts(RemsFormFiled) == []
    assert "rems_enrolled" not in {check.name for check in gate(at(Phase.SESSION).state, course.now)}


def test_without_the_section_esketamine_asks_for_none_of_it() -> None:
    course = esketamine(Phase.CLOSED, packaged().model_copy(update={"regulation": None}))
    assert course.facts(RemsEnrolmentRecorded) == []
    assert course.facts(RemsFormFiled) == []
