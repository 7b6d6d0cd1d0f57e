"""What is allowed, or not, for patients and doses that are not the usual ones."""

from functools import partial
from typing import Any

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Role
from schemas.commands import (
    AcceptMedication,
    ApproveDosing,
    ClearCondition,
    RecordHealthHistory,
    RecordInPersonVisit,
    RecordLabs,
    RecordMedications,
    RecordWeight,
)
from schemas.commands.screening import LabReport
from schemas.facts import MedicationAccepted
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.screening import LabResult, LabTest
from schemas.treatment import ApprovalStatus, DrugRoute, Reading, Setting, TreatmentRoute, Vitals
from tests.rules.arrivals import AT_HOME
from tests.rules.refusing import Refused, each, holds
from tests.support.course import START, Course, at
from tests.support.protocols import given, packaged, varied
from workflows.rules.blood_pressure import Verdict, assess
from workflows.rules.dose_limits import most_alone
from workflows.rules.gate import gate
from workflows.rules.standing import cautions

ELIGIBILITY = given(packaged().eligibility)
RISKY = given(ELIGIBILITY.at_home).without[0]
USUAL = given(packaged().routes[DrugRoute.SUBLINGUAL].least_session_mg).value
SOFT = given(packaged().routes[DrugRoute.INTRAVENOUS].soft_max_mg_per_kg).value
KG = 120.0
"""Heavy enough for a limit by weight above 100 mg."""


def asking(treatment: TreatmentRoute = TreatmentRoute.KAP, *consents: str) -> Course:
    course = at(Phase.APPROVAL, treatment=treatment).consent(*consents)
    course.must(RecordWeight, Role.NURSE, kg=KG)
    return course


def asked(course: Course, **changes: Any) -> dict[str, Any]:
    return {**an_approval(course.state), "booster_mg": 0.0, **changes}


def cleared(*conditions: str) -> Course:
    """A patient at home, with conditions that a physician has cleared."""
    course = asking(TreatmentRoute.KAP, *AT_HOME)
    course.must(RecordHealthHistory, Role.NURSE, conditions=conditions)
    for condition in conditions:
        course.must(ClearCondition, Role.PHYSICIAN, condition=condition)
    return course


def at_home(course: Course) -> Refusal:
    return course.refused(ApproveDosing, Role.PHYSICIAN, **asked(course, setting=Setting.HOME))


def taking(name: str) -> Course:
    course = at(Phase.SCREENING)
    course.must(RecordMedications, Role.PATIENT, names=(name,))
    return course


def small(course: Course, mg: float) -> Refusal:
    return course.refused(ApproveDosing, Role.PHYSICIAN, **asked(course, max_dose_mg=mg, reason=None))


REFUSALS = [
    Refused("reason_required", "reason", "unusually little, and no word", lambda: small(asking(), USUAL - 1)),
    Refused("not_low_risk", "setting", "at home with a heart disease", lambda: at_home(cleared(RISKY))),
    Refused(
        "daily_dose_missing",
        "daily_mg",
        "how much of it is not told",
        lambda: taking("Ativan").refused(AcceptMedication, Role.PHYSICIAN, name="Ativan", daily_mg=None),
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize(("mg", "warned"), [(USUAL - 1, True), (USUAL, False), (USUAL + 1, False)])
def test_an_unusually_small_dose_is_approved_with_a_reason_and_a_warning(mg: float, warned: bool) -> None:
    course = asking()
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, max_dose_mg=mg, reason="Very sensitive last time."))
    assert ("dose_below_usual" in (given(course.state.approval).warnings or ())) is warned


def test_a_low_dose_treatment_has_a_range_of_its_own() -> None:
    course = asking(TreatmentRoute.PSYCHOLYTIC)
    least = given(packaged().treatments[TreatmentRoute.PSYCHOLYTIC].least_session_mg).value
    assert least < USUAL
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, max_dose_mg=least, reason=None))
    assert given(course.state.approval).warnings is None


@pytest.mark.parametrize(
    ("mg_per_kg", "status"),
    [(SOFT, ApprovalStatus.IN_FORCE), (SOFT + 0.01, ApprovalStatus.PROPOSED), (1.0, ApprovalStatus.PROPOSED)],
)
def test_above_the_soft_maximum_nobody_approves_alone(mg_per_kg: float, status: ApprovalStatus) -> None:
    course = asking(TreatmentRoute.STANDARD_KETAMINE, "injection")
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, route=DrugRoute.INTRAVENOUS, max_dose_mg=mg_per_kg * KG))
    approval = given(course.state.approval)
    assert approval.status is status
    # However small the next step is: what two agreed to once is agreed to by two again.
    used = approval.model_copy(update={"sessions_used": 1})
    again = most_alone(course.state.model_copy(update={"approval": used}), DrugRoute.INTRAVENOUS, KG)
    assert again == pytest.approx(SOFT * KG)


def test_a_heavy_patient_is_limited_by_weight() -> None:
    course = asking(TreatmentRoute.STANDARD_KETAMINE, "injection")
    ask = partial(asked, course, route=DrugRoute.INTRAVENOUS)
    assert course.refused(ApproveDosing, Role.PHYSICIAN, **ask(max_dose_mg=KG + 1)).code == "dose_above_protocol"
    course.must(ApproveDosing, Role.PHYSICIAN, **ask(max_dose_mg=KG))


def test_a_cleared_condition_is_no_low_risk_at_home() -> None:
    course = cleared(RISKY)
    course.must(ApproveDosing, Role.PHYSICIAN, **asked(course, setting=Setting.CLINIC))
    harmless = next(one for one in ELIGIBILITY.relative if one not in given(ELIGIBILITY.at_home).without)
    other = cleared(harmless)
    other.must(RecordInPersonVisit, Role.PHYSICIAN)
    other.must(ApproveDosing, Role.PHYSICIAN, **asked(other, setting=Setting.HOME))


def test_a_risk_that_is_found_later_closes_the_gate_at_home() -> None:
    course = at(Phase.SESSION, setting=Setting.HOME)
    assert "low_risk_at_home" in {check.name for check in gate(course.state, course.now) if check.passed}
    course.must(RecordHealthHistory, Role.NURSE, conditions=(RISKY,))
    course.must(ClearCondition, Role.PHYSICIAN, condition=RISKY)
    assert "not_low_risk" in {check.code for check in gate(course.state, course.now) if not check.passed}


@pytest.mark.parametrize(
    ("name", "daily_mg", "above"),
    [
        ("Valium", 8, False),
        ("Valium", 8.1, True),
        ("Ativan", 0.8, False),
        ("Ativan", 0.9, True),
        ("Xanax", 0.4, False),
        ("Xanax", 0.5, True),
        ("phenazepam", 0.01, True),  # nobody compared it
    ],
)
def test_a_daily_dose_is_compared_with_diazepam(name: str, daily_mg: float, above: bool) -> None:
    course = taking(name)
    course.must(AcceptMedication, Role.PHYSICIAN, name=name, daily_mg=daily_mg)
    (accepted,) = course.facts(MedicationAccepted)
    assert accepted.above_flag is above
    assert ("high_daily_dose" in cautions(course.state)) is above


def test_where_no_daily_dose_matters_none_is_asked_for() -> None:
    course = taking("Vicodin")
    course.must(AcceptMedication, Role.PHYSICIAN, name="Vicodin", daily_mg=None)
    (accepted,) = course.facts(MedicationAccepted)
    assert accepted.above_flag is None


@pytest.mark.parametrize("suspected", [True, False])
def test_a_drug_screen_is_asked_of_whom_it_is_suspected(suspected: bool) -> None:
    course = at(Phase.SCREENING)
    course.must(RecordHealthHistory, Role.NURSE, substance_use_suspected=suspected)
    assert ("urine_drug_screen_known" in failing(course)) is suspected
    screen = LabReport(test=LabTest.URINE_DRUG_SCREEN, result=LabResult.UNREMARKABLE)
    course.must(RecordLabs, Role.NURSE, labs=(screen,))
    assert "urine_drug_screen_known" not in failing(course)


def failing(course: Course) -> set[str]:
    return {check.name for check in gate(course.state, course.now) if not check.passed}


@pytest.mark.parametrize(
    ("in_use", "age_years", "verdict"),
    [
        (True, 65, Verdict.GO),
        (True, 64, Verdict.REPEAT),
        (True, None, Verdict.REPEAT),
        (False, 65, Verdict.REPEAT),
    ],
)
def test_older_patients_have_their_own_pressure_where_a_clinic_wants_it(
    in_use: bool, age_years: int | None, verdict: Verdict
) -> None:
    rules = varied({"vitals.predose.clinic.go_older.in_use": in_use}).vitals
    reading = Reading(vitals=Vitals(systolic=150, diastolic=90), measured_at=START)
    assert assess([reading], rules, Setting.CLINIC, age_years) is verdict
    above = Reading(vitals=Vitals(systolic=151, diastolic=90), measured_at=START)
    assert assess([above], rules, Setting.CLINIC, age_years) is Verdict.REPEAT
