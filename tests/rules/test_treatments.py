"""The treatment routes: what belongs to each, and what does not."""

import pytest

from schemas.actors import Role
from schemas.commands import AcceptReferral, RecordDebrief, ScheduleSession, SignPreparationNote
from schemas.facts import (
    DrugAdministered,
    IntegrationNoteSigned,
    PatientDischarged,
    PreparationNoteSigned,
    WorkItemOpened,
)
from schemas.pathway import Phase
from schemas.treatment import DrugRoute, Setting, TreatmentRoute
from tests.rules.refusing import Refused, each, holds
from tests.support.course import at
from tests.support.people import TEAM
from tests.support.protocols import packaged

TREATMENTS = packaged().treatments
ALONE = TEAM.model_copy(update={"therapist_id": None})
WITHOUT_THERAPY = TreatmentRoute.STANDARD_KETAMINE

REFUSALS = [
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
