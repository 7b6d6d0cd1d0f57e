"""The treatment routes: what belongs to each, and what does not."""

from datetime import timedelta
from functools import partial

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Role
from schemas.commands import (
    AcceptReferral,
    ApproveDosing,
    ExtendSeries,
    RecordAdministration,
    RecordDebrief,
    RecordFollowUp,
    ScheduleSession,
    SignPreparationNote,
)
from schemas.commands.ends import SeriesKind
from schemas.facts import (
    DrugAdministered,
    IntegrationNoteSigned,
    PatientDischarged,
    PreparationNoteSigned,
    WorkItemOpened,
)
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.treatment import ApprovalStatus, DrugRoute, Setting, TreatmentRoute
from tests.rules.refusing import Refused, each, holds
from tests.support.course import Course, at
from tests.support.people import TEAM
from tests.support.protocols import packaged

TREATMENTS = packaged().treatments
ALONE = TEAM.model_copy(update={"therapist_id": None})
WITHOUT_THERAPY = TreatmentRoute.STANDARD_KETAMINE


def approving(cycle: int = 1, **changes: float) -> Refusal:
    course = esketamine(cycle)
    return course.refused(ApproveDosing, Role.PHYSICIAN, **{**an_approval(course.state), **changes})


def esketamine(cycle: int = 1) -> Course:
    """The first approval covers two sessions."""
    course = at(Phase.APPROVAL, cycle, treatment=TreatmentRoute.ESKETAMINE)
    if cycle > 1:
        course.must(RecordFollowUp, Role.PHYSICIAN)
    return course


def of_no_strength() -> Refusal:
    course = at(Phase.SESSION, treatment=TreatmentRoute.ESKETAMINE)
    course.until(lambda it: it.state.cycle.session is not None and bool(it.session.readings))
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=28.0, route=DrugRoute.INTRANASAL)


REFUSALS = [
    *(
        Refused("dose_not_offered", "max_dose_mg", f"{mg:g} mg, {cycle}", partial(approving, cycle, max_dose_mg=mg))
        for cycle, mg in ((1, 10.0), (1, 70.0), (1, 84.0), (3, 70.0))
    ),
    Refused("no_booster", "booster_mg", "a second dose of esketamine", lambda: approving(booster_mg=28.0)),
    Refused("dose_not_offered", None, "half a device", of_no_strength),
    Refused(
        "therapist_missing",
        "care_team.therapist_id",
        "psychotherapy without a therapist",
        lambda: at(Phase.REFERRAL).refused(AcceptReferral, Role.COORDINATOR, care_team=ALONE),
    ),
    Refused(
        "no_psychotherapy",
        None,
        "preparing where no psychotherapy is given",
        lambda: at(Phase.APPROVAL, treatment=WITHOUT_THERAPY).refused(SignPreparationNote, Role.THERAPIST),
    ),
    Refused(
        "setting_not_allowed",
        "setting",
        "esketamine at home",
        lambda: at(Phase.SESSION, treatment=TreatmentRoute.ESKETAMINE).refused(
            ScheduleSession, Role.COORDINATOR, setting=Setting.HOME
        ),
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize("treatment", list(TREATMENTS))
def test_a_course_on_each_route(treatment: TreatmentRoute) -> None:
    rules = TREATMENTS[treatment]
    course = at(Phase.FOLLOW_UP, treatment=treatment, setting=rules.settings[0])
    sessions = packaged().series_of(treatment).sessions.value
    assert course.state.sessions_given == len(course.facts(PatientDischarged)) == sessions
    visits = sessions if rules.psychotherapy else 0
    assert len(course.facts(PreparationNoteSigned)) == len(course.facts(IntegrationNoteSigned)) == visits
    assert {given.dose.route for given in course.facts(DrugAdministered)} <= set(rules.drug_routes)


def test_without_psychotherapy_nobody_owes_a_visit() -> None:
    course = at(Phase.FOLLOW_UP, treatment=WITHOUT_THERAPY)
    owners = {opened.item.owner_role for opened in course.facts(WorkItemOpened)}
    assert Role.THERAPIST not in owners


def test_low_dose_stays_low() -> None:
    course = at(Phase.SESSION, treatment=TreatmentRoute.PSYCHOLYTIC)
    most = TREATMENTS[TreatmentRoute.PSYCHOLYTIC].max_session_mg
    dissociative = packaged().routes[DrugRoute.SUBLINGUAL].max_session_mg
    assert course.state.approval is not None
    assert most is not None
    assert course.state.approval.max_dose_mg == most.value < dissociative.value


def test_the_session_is_kept_for_late_entries() -> None:
    course = at(Phase.APPROVAL, cycle=2, treatment=WITHOUT_THERAPY).to_phase(Phase.SESSION, cycle=2)
    assert course.state.cycle.session is None
    assert course.state.last_session is not None
    assert course.state.last_session.doses
    course.refused(RecordDebrief, Role.THERAPIST)


@pytest.mark.parametrize("mg", [56.0, 84.0])
def test_after_the_first_sessions_of_esketamine_either_dose(mg: float) -> None:
    course = esketamine(cycle=3)
    course.must(ApproveDosing, Role.PHYSICIAN, **{**an_approval(course.state), "max_dose_mg": mg})
    assert course.state.approval is not None
    assert course.state.approval.status is ApprovalStatus.IN_FORCE


def test_esketamine_has_a_maintenance_of_its_own() -> None:
    course = at(Phase.FOLLOW_UP, treatment=TreatmentRoute.ESKETAMINE)
    upkeep = {"kind": SeriesKind.MAINTENANCE, "sessions": 2}
    for days in (6, 15, 30):
        refusal = course.refused(ExtendSeries, Role.PHYSICIAN, every_days=days, **upkeep)
        assert refusal.code == "maintenance_interval"
    for days in (7, 14):
        course.must(ExtendSeries, Role.PHYSICIAN, every_days=days, **upkeep)


def test_esketamine_is_given_twice_a_week_for_four_weeks_and_then_once() -> None:
    course = at(Phase.FOLLOW_UP, treatment=TreatmentRoute.ESKETAMINE)
    course.must(ExtendSeries, Role.PHYSICIAN, kind=SeriesKind.FURTHER, sessions=2)
    course.to_phase(Phase.FOLLOW_UP)
    given = [fact.dose.given_at for fact in course.facts(DrugAdministered)]
    month = given[0] + timedelta(weeks=4)
    before, later = [one for one in given if one < month], [one for one in given if one >= month]
    assert len(before) == len(given) - len(later)
    assert later, "the series goes on into the fifth week"
    for one in given:
        within = sum(timedelta(0) <= one - other < timedelta(weeks=1) for other in given)
        assert within <= (1 if one >= month else 2)
