"""The checklist of the day, fasting, and a second look at the drug: what a dose waits for at its very instant."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.scenarios.next_right import arrival
from schemas.actors import Role
from schemas.commands import (
    AcceptMedication,
    CheckIn,
    RecordAdministration,
    RecordDayChecklist,
    RecordMedications,
    RecordVitals,
    ScheduleSession,
)
from schemas.commands.day_of import Taken
from schemas.facts import (
    ApprovalSuspended,
    DayChecklistRecorded,
    DrugAdministered,
    MedicationsRecorded,
    MessageRequested,
    SessionDayBegun,
)
from schemas.messages import Template
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.treatment import ApprovalStatus, Setting
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import CALM, TICK, approval_of, dosed, give, read, ready
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.people import ACTORS, an_enrolment
from tests.support.protocols import given, packaged
from workflows.rules.gate import gate

RULES = given(packaged().day_of)
OPENS, CUTOFF = timedelta(hours=RULES.opens_h.value), timedelta(hours=RULES.cutoff_h.value)
RECONCILED = timedelta(hours=RULES.reconciled_within_h.value)
ALCOHOL = given(given(packaged().medications).classes["alcohol_or_cannabis"].hold_hours).value


def booked(setting: Setting = Setting.CLINIC) -> Course:
    """Read and booked for in five days; the checklist is not open."""
    course = read(at(Phase.SESSION, setting=setting))
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + timedelta(days=5), setting=setting)
    return course


def opened() -> Course:
    course = booked()
    course.wait_until(course.session.starts_at - OPENS)
    return course


def answered(**said: Any) -> Course:
    """The checklist is gone through as it opens, and the patient is there and measured."""
    course = opened()
    course.must(RecordDayChecklist, Role.PATIENT, **said)
    return arrived(course)


def arrived(course: Course, **said: Any) -> Course:
    course.wait_until(course.session.starts_at - timedelta(minutes=30))
    course.must(CheckIn, Role.NURSE, **{**arrival(course.state, course.session), **said})
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course


def unanswered() -> Course:
    return arrived(opened())


def failing(course: Course, instant: datetime | None = None) -> set[str]:
    return {check.name for check in gate(course.state, instant or course.now) if not check.passed}


def owed(course: Course, kind: WorkKind) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is kind]


def dosing(situation: Callable[[], Course], **said: Any) -> Callable[[], Refusal]:
    return saying(situation, RecordAdministration, Role.NURSE, dose_mg=1.0, **said)


def late_to_the_dose() -> Course:
    """Gone through as it opened, and the dose comes more than the time for which that is good after it."""
    course = answered()
    course.wait_until(course.session.checklists[0].at + RECONCILED + TICK)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course


def drunk() -> Course:
    course = opened()
    at_eight = course.session.starts_at - timedelta(hours=ALCOHOL - 1)
    course.must(RecordDayChecklist, Role.PATIENT, taken=(Taken(name="beer", taken_at=at_eight),))
    return arrived(course)


NOW = timedelta(0)
REFUSALS = [
    Refused("checklist_not_open", None, "days ahead", saying(booked, RecordDayChecklist, Role.PATIENT)),
    Refused("no_session", None, "no booking", saying(lambda: at(Phase.SESSION), RecordDayChecklist, Role.PATIENT)),
    Refused("drug_already_given", None, "after the dose", saying(dosed, RecordDayChecklist, Role.NURSE)),
    Refused(
        "not_asked_for",
        None,
        "an older protocol",
        saying(
            lambda: at(Phase.SESSION, protocol=packaged().model_copy(update={"day_of": None})).until(
                lambda it: it.state.cycle.session is not None
            ),
            RecordDayChecklist,
            Role.NURSE,
        ),
    ),
    Refused(
        "taken_in_future",
        "taken.0.taken_at",
        "a drink to come",
        lambda: (course := opened()).refused(
            RecordDayChecklist, Role.PATIENT, taken=(Taken(name="wine", taken_at=course.now + TICK),)
        ),
    ),
    *(
        Refused(
            "fasting_not_told",
            name,
            "not asked at the desk",
            lambda name=name: arriving_without(name),  # type: ignore[misc]
        )
        for name in ("solids_h_ago", "clear_liquids_h_ago")
    ),
    Refused("checklist_missing", None, "nobody went through it", dosing(unanswered)),
    Refused("companion_missing", None, "goes home alone", dosing(lambda: answered(companion_arranged=False))),
    Refused("new_illness", None, "a cold", dosing(lambda: answered(new_illness=True))),
    Refused("taken_too_recently", None, "two beers", dosing(drunk)),
    Refused("reconciliation_too_old", None, "more than a day ago", dosing(late_to_the_dose)),
    Refused("not_fasted", None, "breakfast", dosing(lambda: eaten(solids_h_ago=1.0))),
    Refused("not_fasted", None, "a coffee", dosing(lambda: eaten(clear_liquids_h_ago=0.0))),
    Refused("lot_missing", None, "no lot", dosing(ready, lot=None)),
    Refused("dose_not_verified", None, "nobody looked", dosing(ready, verified_by=None)),
    Refused("dose_not_verified", None, "by oneself", dosing(ready, verified_by=ACTORS[Role.NURSE].id)),
]


def arriving_without(name: str) -> Refusal:
    course = opened()
    course.wait_until(course.session.starts_at)
    return course.refused(CheckIn, Role.NURSE, **{**arrival(course.state, course.session), name: None})


def eaten(**said: float) -> Course:
    course = opened()
    course.must(RecordDayChecklist, Role.PATIENT)
    return arrived(course, **said)


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


# Opening


def test_it_opens_on_the_day_before_and_the_patient_is_asked() -> None:
    course = booked()
    course.wait_until(course.session.starts_at - OPENS - TICK)
    assert course.facts(SessionDayBegun) == []
    assert course.refused(RecordDayChecklist, Role.PATIENT).code == "checklist_not_open"
    course.wait_until(course.session.starts_at - OPENS)
    (item,) = owed(course, WorkKind.RECORD_DAY_CHECKLIST)
    assert (item.owner_role, item.due_at) == (Role.PATIENT, course.session.starts_at - CUTOFF)
    told = [fact.message for fact in course.facts(MessageRequested)]
    assert [one.to_role for one in told if one.template is Template.CHECKLIST_DUE] == [Role.PATIENT]
    course.must(RecordDayChecklist, Role.THERAPIST)
    assert owed(course, WorkKind.RECORD_DAY_CHECKLIST) == []


def test_unanswered_it_is_raised_and_the_dose_waits_and_nothing_else_is_lost() -> None:
    course = unanswered()
    (item,) = owed(course, WorkKind.RECORD_DAY_CHECKLIST)
    assert item.steps == 1
    assert failing(course) == {"checklist_recorded"}
    course.must(RecordDayChecklist, Role.NURSE)
    give(course)


def test_moved_the_session_is_asked_about_anew() -> None:
    course = opened()
    course.must(RecordDayChecklist, Role.PATIENT)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + timedelta(days=4))
    assert course.session.checklists == ()


# New medicines


def test_a_new_medicine_under_its_brand_name_stops_everything_the_day_before() -> None:
    course = opened()
    before = course.state.screening.medications
    course.must(RecordDayChecklist, Role.PATIENT, new_medicines=("Nardil",))
    (recorded,) = course.facts(MedicationsRecorded)[1:]
    assert recorded.medications.entries[:-1] == before.entries
    assert recorded.medications.entries[-1].classes == ("maoi",)
    assert course.facts(ApprovalSuspended)[0].approval_id == "A1"
    assert approval_of(course).status is ApprovalStatus.SUSPENDED
    assert owed(course, WorkKind.DECIDE_MEDICATION) != []
    told = [fact.message for fact in course.facts(MessageRequested) if fact.message.template is Template.ON_HOLD]
    assert {message.to_role for message in told} == {Role.PHYSICIAN, Role.THERAPIST, Role.PATIENT}
    course.wait_until(course.session.starts_at)
    sent = {fact.message.template for fact in course.facts(MessageRequested)}
    assert Template.FASTING_REMINDER not in sent


def test_told_only_at_check_in_it_stops_the_dose_all_the_same() -> None:
    course = answered()
    course.must(RecordDayChecklist, Role.NURSE, new_medicines=("phenelzine 15 mg",))
    assert {"medications_decided", "approval_unsuspended"} <= failing(course)


def test_a_name_nobody_recognises_waits_for_a_physician() -> None:
    course = opened()
    course.must(RecordDayChecklist, Role.PATIENT, new_medicines=("Zzyxium",))
    assert owed(course, WorkKind.DECIDE_MEDICATION) != []


def test_a_medicine_that_may_go_on_changes_nothing() -> None:
    course = opened()
    course.must(RecordDayChecklist, Role.PATIENT, new_medicines=("sertraline 100 mg",))
    assert approval_of(course).status is ApprovalStatus.IN_FORCE
    arrived(course)
    give(course)


def test_another_dose_of_what_a_physician_decided_is_decided_anew() -> None:
    course = at(Phase.APPROVAL)
    course.must(RecordMedications, Role.PATIENT, names=("lorazepam 0.5 mg",))
    course.must(AcceptMedication, Role.PHYSICIAN, name="lorazepam")
    course.until(lambda it: it.state.cycle.session is not None and it.session.day_begun)
    assert owed(course, WorkKind.DECIDE_MEDICATION) == []
    course.must(RecordDayChecklist, Role.PATIENT, new_medicines=("lorazepam 2 mg",))
    assert owed(course, WorkKind.DECIDE_MEDICATION) != []
    assert approval_of(course).status is ApprovalStatus.SUSPENDED
    (fact,) = course.facts(MedicationsRecorded)[-1:]
    assert [entry.name for entry in fact.medications.entries] == ["lorazepam 2 mg"]
    assert len(given(fact.changed)) == 1


# What was taken of late


@pytest.mark.parametrize(("early", "free"), [(TICK, False), (NOW, True), (-TICK, True)])
def test_alcohol_is_waited_out_to_the_instant(early: timedelta, free: bool) -> None:
    course = drunk()
    (wait,) = course.session.checklists[0].waits
    assert wait.code == "alcohol_or_cannabis"
    assert ("nothing_taken_of_late" not in failing(course, wait.until - early)) is free


def test_a_blocking_medicine_taken_once_is_on_the_list() -> None:
    course = opened()
    taken = (Taken(name="Nardil", taken_at=course.now - timedelta(days=1)),)
    course.must(RecordDayChecklist, Role.PATIENT, taken=taken)
    assert approval_of(course).status is ApprovalStatus.SUSPENDED


# Illness


def test_an_illness_stands_until_a_physician_has_looked() -> None:
    course = answered(new_illness=True)
    (item,) = owed(course, WorkKind.REVIEW_ILLNESS)
    assert item.owner_role is Role.PHYSICIAN
    course.must(RecordDayChecklist, Role.NURSE, new_illness=False)
    assert failing(course) == {"no_new_illness"}
    course.must(RecordDayChecklist, Role.PHYSICIAN, new_illness=False)
    assert owed(course, WorkKind.REVIEW_ILLNESS) == []
    give(course)


# The instant of the dose


@pytest.mark.parametrize(("late", "good"), [(-TICK, True), (NOW, True), (TICK, False)])
def test_the_list_was_gone_through_within_a_day(late: timedelta, good: bool) -> None:
    course = answered()
    instant = course.session.checklists[0].at + RECONCILED + late
    assert ("medications_reconciled" not in failing(course, instant)) is good


@pytest.mark.parametrize(("late", "good"), [(-TICK, False), (NOW, True), (TICK, True)])
@pytest.mark.parametrize("what", ["solids", "clear_liquids"])
def test_fasting_is_judged_at_the_dose(what: str, late: timedelta, good: bool) -> None:
    course = eaten(solids_h_ago=1.0, clear_liquids_h_ago=1.0)
    least = timedelta(hours=getattr(RULES.fasting, f"{what}_h").value)
    last = given(getattr(course.session, f"last_{what}_at"))
    assert last == given(course.session.checked_in_at) - timedelta(hours=1)
    assert (f"fasted_from_{what}" not in failing(course, last + least + late)) is good


def test_of_two_times_of_the_last_food_the_later_one_counts() -> None:
    course = eaten(solids_h_ago=12.0)
    course.must(RecordDayChecklist, Role.NURSE, solids_h_ago=1.0)
    assert failing(course) == {"fasted_from_solids"}
    course.must(RecordDayChecklist, Role.NURSE, solids_h_ago=12.0)
    assert failing(course) == {"fasted_from_solids"}


def test_fasting_across_the_hour_that_comes_twice() -> None:
    """Food at 00:30 EDT and a dose at 03:30 EST are four hours apart, not three."""
    starts_at = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    enrolment = an_enrolment(zone="America/New_York")
    course = read(Course(enrolment, now=starts_at - timedelta(days=9)).to_phase(Phase.SESSION))
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=starts_at)
    course.wait_until(starts_at - OPENS)
    course.must(RecordDayChecklist, Role.PATIENT)
    course.wait_until(starts_at)
    course.must(CheckIn, Role.NURSE, **{**arrival(course.state, course.session), "solids_h_ago": 4.0})
    assert course.session.last_solids_at == datetime(2026, 11, 1, 4, 30, tzinfo=UTC)
    assert not any(name.startswith("fasted") for name in failing(course))


def test_lot_and_second_look_are_kept_with_the_dose() -> None:
    course = ready()
    give(course, lot="LOT-7", verified_by="nu-hazel")
    dose = course.facts(DrugAdministered)[0].dose
    assert (dose.lot, dose.verified_by) == ("LOT-7", "nu-hazel")


def test_at_home_nobody_else_has_to_be_there() -> None:
    course = at(Phase.SESSION, setting=Setting.HOME)
    course.until(lambda it: it.state.cycle.session is not None and bool(it.session.readings))
    give(course, verified_by=None)


def test_every_look_at_the_checklist_is_kept() -> None:
    course = answered()
    course.must(RecordDayChecklist, Role.NURSE)
    assert [fact.checklist.by for fact in course.facts(DayChecklistRecorded)] == [Role.PATIENT, Role.NURSE]
    assert course.session.checklists == tuple(fact.checklist for fact in course.facts(DayChecklistRecorded))
