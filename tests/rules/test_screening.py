"""The screening: what stands in the way of a dose, and who lifts it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from clients.scenarios.next_right import an_approval, calm, every_test
from schemas.actors import Role
from schemas.commands import (
    AcceptLab,
    AcceptMedication,
    ApproveDosing,
    ClearCondition,
    DecideScreening,
    RecordAdministration,
    RecordHealthHistory,
    RecordLabs,
    RecordMeasure,
    RecordMedications,
    RecordVitals,
    RecordWeight,
    StopMedication,
)
from schemas.commands.screening import LabReport
from schemas.facts import MedicationsRecorded, ScreeningLapsed, WashoutPassed
from schemas.pathway import Phase
from schemas.protocol import EligibilityRules, MedicationRules
from schemas.refusals import Refusal
from schemas.screening import LabResult, LabTest
from schemas.treatment import ApprovalStatus, DrugRoute, TreatmentRoute
from schemas.work import WorkKind
from tests.rules.arrivals import CALM, approval_of, dosed, ready
from tests.rules.refusing import Refused, each, holds
from tests.support.course import Course, at
from tests.support.protocols import packaged
from workflows.rules.gate import gate
from workflows.rules.measures import missing_baseline

ELIGIBILITY, MEDICATIONS = packaged().eligibility, packaged().medications
assert isinstance(ELIGIBILITY, EligibilityRules)
assert isinstance(MEDICATIONS, MedicationRules)
ADULT = int(ELIGIBILITY.min_age_years.value)
ECG_AGE = int(ELIGIBILITY.ecg_age_years.value)
ABSOLUTE, RELATIVE = next(iter(ELIGIBILITY.absolute)), "hyperthyroidism"
WASHOUT = MEDICATIONS.classes["maoi"].washout_days
assert WASHOUT is not None
DAYS = WASHOUT.value
TICK = timedelta(microseconds=1)


def screened(**history: Any) -> Course:
    """Everything is told; the physician decides next."""
    course = at(Phase.SCREENING)
    course.must(RecordHealthHistory, Role.NURSE, **history)
    course.must(RecordMedications, Role.PATIENT)
    course.must(RecordLabs, Role.NURSE)
    for instrument in missing_baseline(course.state):
        course.must(RecordMeasure, Role.NURSE, instrument=instrument, answers=calm(course.state, instrument))
    return course


def taking(*names: str, course: Course | None = None) -> Course:
    course = course or screened()
    course.must(RecordMedications, Role.PATIENT, names=names)
    return course


def eligible(situation: Callable[[], Course]) -> Callable[[], Refusal]:
    return lambda: situation().refused(DecideScreening, Role.PHYSICIAN, eligible=True)


def unasked() -> Course:
    """Under a protocol without these sections."""
    return at(Phase.SCREENING, protocol=packaged().model_copy(update={"eligibility": None, "medications": None}))


def stopped(days_ago: float = 0) -> Course:
    course = taking("Nardil")
    course.wait(days=30)
    last = course.now - timedelta(days=days_ago)
    course.must(StopMedication, Role.PATIENT, name="phenelzine", last_taken_at=last)
    return course


def lab_of(test: LabTest, result: LabResult = LabResult.REMARKABLE, course: Course | None = None) -> Course:
    course = course or ready()
    course.must(RecordLabs, Role.NURSE, labs=(LabReport(test=test, result=result),))
    return course


REFUSALS = [
    Refused("history_missing", None, "eligible without a history", eligible(partial(at, Phase.SCREENING))),
    Refused("under_age", None, "a day short of adult", eligible(partial(screened, age_years=ADULT - 1))),
    Refused("contraindicated", None, "absolutely", eligible(partial(screened, conditions=(ABSOLUTE,)))),
    Refused("clearance_missing", None, "relatively", eligible(partial(screened, conditions=(RELATIVE,)))),
    Refused("medications_missing", None, "without a list", eligible(lambda: told_history())),
    Refused("medication_undecided", None, "with an MAOI", eligible(partial(taking, "Nardil"))),
    Refused("medication_undecided", None, "with something unknown", eligible(partial(taking, "grandmother's tea"))),
    Refused(
        "history_incomplete",
        "every_condition_asked",
        "what was not asked is not absent",
        lambda: at(Phase.SCREENING).refused(RecordHealthHistory, Role.NURSE, every_condition_asked=False),
    ),
    Refused(
        "condition_unanswered",
        "absent",
        "a form with one question left open",
        lambda: at(Phase.SCREENING).refused(
            RecordHealthHistory, Role.NURSE, conditions=(RELATIVE,), absent=every_condition_but(RELATIVE, ABSOLUTE)
        ),
    ),
    Refused(
        "condition_contradicted",
        "absent",
        "a form that says yes and no",
        lambda: at(Phase.SCREENING).refused(
            RecordHealthHistory, Role.NURSE, conditions=(RELATIVE,), absent=every_condition_but()
        ),
    ),
    Refused(
        "unknown_condition",
        "conditions.1",
        "a condition that nobody knows",
        lambda: at(Phase.SCREENING).refused(RecordHealthHistory, Role.NURSE, conditions=(RELATIVE, "hiccups")),
    ),
    Refused(
        "condition_not_present",
        "condition",
        "clearing nothing",
        lambda: screened().refused(ClearCondition, Role.PHYSICIAN),
    ),
    Refused(
        "contraindicated",
        "condition",
        "clearing what nobody may clear",
        lambda: screened(conditions=(ABSOLUTE,)).refused(ClearCondition, Role.PHYSICIAN, condition=ABSOLUTE),
    ),
    Refused(
        "no_decision_needed",
        "name",
        "accepting what is allowed",
        lambda: taking("Zoloft").refused(AcceptMedication, Role.PHYSICIAN, name="Zoloft"),
    ),
    Refused(
        "washout_not_over",
        "name",
        "the washout runs",
        lambda: stopped().refused(AcceptMedication, Role.PHYSICIAN, name="Nardil"),
    ),
    Refused(
        "medication_not_on_list",
        "name",
        "stopping what nobody takes",
        lambda: taking("Zoloft").refused(StopMedication, Role.PATIENT, last_taken_at=at(Phase.SCREENING).now),
    ),
    Refused(
        "taken_in_future",
        "last_taken_at",
        "stopping tomorrow",
        lambda: (course := taking("Nardil")).refused(
            StopMedication, Role.PATIENT, last_taken_at=course.now + timedelta(days=1)
        ),
    ),
    Refused(
        "unknown_test",
        "labs.0.test",
        "a test that the protocol does not know",
        lambda: another_protocol(),
    ),
    Refused(
        "collected_in_future",
        "labs.0.collected_at",
        "collected tomorrow",
        lambda: (course := screened()).refused(
            RecordLabs, Role.NURSE, labs=(report(LabTest.ECG, course.now + timedelta(days=1)),)
        ),
    ),
    Refused(
        "no_decision_needed",
        "test",
        "accepting what is unremarkable",
        lambda: screened().refused(AcceptLab, Role.PHYSICIAN),
    ),
    Refused(
        "pregnancy",
        "test",
        "accepting a pregnancy",
        lambda: lab_of(LabTest.PREGNANCY).refused(AcceptLab, Role.PHYSICIAN, test=LabTest.PREGNANCY),
    ),
    Refused(
        "not_asked_for",
        None,
        "a history under a protocol without one",
        lambda: unasked().refused(RecordHealthHistory, Role.NURSE),
    ),
    Refused(
        "not_asked_for",
        None,
        "medications under a protocol without them",
        lambda: unasked().refused(RecordMedications, Role.PATIENT),
    ),
    Refused(
        "lab_missing",
        None,
        "a dose without the pregnancy test that is due",
        lambda: told(RecordHealthHistory, childbearing_potential=True),
    ),
    Refused("lab_remarkable", None, "a dose after a liver result", lambda: dose(lab_of(LabTest.LIVER_FUNCTION))),
    Refused(
        "contraindicated", None, "a dose after a finding", lambda: told(RecordHealthHistory, conditions=(RELATIVE,))
    ),
    Refused("medication_undecided", None, "a dose with an MAOI", lambda: told(RecordMedications, names=("Parnate",))),
    Refused("washout_undecided", None, "a dose in the washout", lambda: dose(stopped_before_dose())),
    Refused("washout_undecided", None, "eligible in the washout", eligible(stopped)),
    Refused("lab_remarkable", None, "eligible with a remarkable result", eligible(lambda: remarkable_liver())),
    Refused(
        "plan_required",
        "plan",
        "going on with an MAOI without a plan",
        lambda: taking("Nardil").refused(AcceptMedication, Role.PHYSICIAN, name="Nardil"),
    ),
    Refused("weight_missing", None, "a dose by weight without a weight", lambda: unweighed()),
    Refused("not_settled_then", None, "a dose told late, of a time before the clearance", lambda: cleared_late()),
]


def remarkable_liver() -> Course:
    return lab_of(LabTest.LIVER_FUNCTION, course=screened())


def unweighed() -> Refusal:
    course = at(Phase.SESSION, treatment=TreatmentRoute.STANDARD_KETAMINE)
    course.until(lambda it: it.state.cycle.session is not None and it.session.checked_in_at is not None)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    course.must(RecordLabs, Role.NURSE, labs=every_test(course.state))
    approval = approval_of(course)
    # No command leads here: an approval by weight needs one. What is gone from the record stops the dose all the same.
    screening = course.state.screening.model_copy(update={"weight": None})
    course.state = course.state.model_copy(update={"screening": screening})
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0, route=approval.route)


def cleared_late() -> Refusal:
    course = ready()
    course.must(RecordHealthHistory, Role.NURSE, conditions=(RELATIVE,))
    given_at = course.now
    course.wait(minutes=5)
    course.must(ClearCondition, Role.PHYSICIAN, condition=RELATIVE, letter="Letter of 4 January")
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0, observed_at=given_at)


def every_condition_but(*codes: str) -> tuple[str, ...]:
    return tuple(code for code in (*ELIGIBILITY.absolute, *ELIGIBILITY.relative) if code not in codes)  # type: ignore[union-attr]


def told_history() -> Course:
    course = at(Phase.SCREENING)
    course.must(RecordHealthHistory, Role.NURSE)
    return course


def report(test: LabTest, collected_at: Any = None) -> LabReport:
    return LabReport(test=test, result=LabResult.UNREMARKABLE, collected_at=collected_at)


def another_protocol() -> Refusal:
    rules = ELIGIBILITY.model_copy(update={"labs": {LabTest.ECG: ELIGIBILITY.labs[LabTest.ECG]}})  # type: ignore[union-attr]
    return at(
        Phase.SCREENING, protocol=packaged().model_copy(update={"eligibility": rules, "medications": None})
    ).refused(RecordLabs, Role.NURSE)


def dose(course: Course) -> Refusal:
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0)


def told(command: Any, **said: Any) -> Refusal:
    """A dose that was allowed, until somebody told of something."""
    course = ready()
    course.must(command, Role.NURSE, **said)
    return dose(course)


def stopped_before_dose() -> Course:
    course = ready()
    course.must(RecordMedications, Role.PATIENT, names=("Parnate",))
    course.must(RecordMedications, Role.PATIENT, names=())
    return course


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def kinds(course: Course) -> set[WorkKind]:
    return {item.kind for item in course.state.work}


def failed(course: Course) -> set[str]:
    return {check.name for check in gate(course.state, course.now) if not check.passed}


def test_an_adult_whose_conditions_are_cleared_may_be_found_eligible() -> None:
    course = screened(age_years=ADULT, conditions=(RELATIVE,))
    assert WorkKind.CLEAR_CONDITION in kinds(course)
    course.must(ClearCondition, Role.PHYSICIAN, condition=RELATIVE)
    course.must(DecideScreening, Role.PHYSICIAN, eligible=True)
    assert course.phase is Phase.CONSENT


def test_anybody_may_be_found_ineligible() -> None:
    course = at(Phase.SCREENING)
    course.must(DecideScreening, Role.PHYSICIAN, eligible=False)
    assert course.phase is Phase.CLOSED


def test_a_new_history_needs_a_new_clearance() -> None:
    course = screened(conditions=(RELATIVE,))
    course.must(ClearCondition, Role.PHYSICIAN, condition=RELATIVE)
    course.must(RecordHealthHistory, Role.NURSE)
    course.must(RecordHealthHistory, Role.NURSE, conditions=(RELATIVE,))
    assert course.refused(DecideScreening, Role.PHYSICIAN, eligible=True).code == "clearance_missing"


@pytest.mark.parametrize("condition", [ABSOLUTE, RELATIVE])
def test_a_contraindication_told_of_once_waits_for_a_physician_whoever_tells_otherwise(condition: str) -> None:
    course = screened(conditions=(condition,))
    course.must(RecordHealthHistory, Role.THERAPIST)
    course.must(RecordHealthHistory, Role.PHYSICIAN)
    assert course.refused(DecideScreening, Role.PHYSICIAN, eligible=True).facts["found"] == condition
    course.must(ClearCondition, Role.PHYSICIAN, condition=condition)
    course.must(DecideScreening, Role.PHYSICIAN, eligible=True)


@pytest.mark.parametrize(("then", "decided"), [("Ativan 0.5mg", True), ("lorazepam 4 mg three times a day", False)])
def test_another_strength_of_a_benzodiazepine_is_decided_anew_and_suspends(then: str, decided: bool) -> None:
    course = at(Phase.PREPARATION)
    course.must(RecordMedications, Role.PATIENT, names=("lorazepam 0.5 mg", "Zoloft 50 mg"))
    course.must(AcceptMedication, Role.PHYSICIAN, name="lorazepam")
    course.to_phase(Phase.SESSION)
    course.must(RecordMedications, Role.PATIENT, names=(then, "Zoloft 100 mg"))
    assert (WorkKind.DECIDE_MEDICATION not in kinds(course)) is decided
    assert course.state.approval is not None
    assert (course.state.approval.status is ApprovalStatus.IN_FORCE) is decided


def test_a_physicians_acceptance_lasts_while_it_is_taken() -> None:
    course = taking("Ativan 1 mg prn", "Zoloft")
    course.must(AcceptMedication, Role.PHYSICIAN, name="lorazepam")
    course.must(RecordMedications, Role.PATIENT, names=("lorazepam 1 mg prn", "Zoloft", "Lipitor"))
    course.must(DecideScreening, Role.PHYSICIAN, eligible=True)
    course.must(RecordMedications, Role.PATIENT, names=("Zoloft",))
    course.must(RecordMedications, Role.PATIENT, names=("lorazepam",))
    assert WorkKind.DECIDE_MEDICATION in kinds(course)


def test_a_washout_opens_a_review_and_clears_nothing() -> None:
    """Timeline S08: phenelzine stopped; fourteen days later a physician looks, and only then."""
    course = stopped()
    assert course.wait_until(course.now + timedelta(days=DAYS) - TICK).facts == () or not course.facts(WashoutPassed)
    course.wait(microseconds=1)
    assert len(course.facts(WashoutPassed)) == 1
    assert WorkKind.REVIEW_WASHOUT in kinds(course)
    assert "washouts_decided" in failed(course)
    course.wait(days=90)
    assert "washouts_decided" in failed(course)
    course.must(AcceptMedication, Role.PHYSICIAN, name="Nardil", plan="Blood pressure every ten minutes.")
    assert "washouts_decided" not in failed(course)
    assert WorkKind.REVIEW_WASHOUT not in kinds(course)


def test_what_vanishes_from_the_list_was_taken_until_now() -> None:
    course = taking("Nardil")
    course.must(RecordMedications, Role.PATIENT, names=())
    (washout,) = course.state.screening.washouts
    assert washout.over_at == course.now + timedelta(days=DAYS)


def test_the_digest_tells_what_matters_for_a_dose() -> None:
    def digest(*names: str) -> str:
        course = taking(*names)
        return course.state.screening.medications.digest

    assert digest("Zoloft") == digest("Lipitor", "sertraline 50 mg") == digest()
    assert digest("Lamictal") != digest()
    assert digest("LAMICTAL 200 mg", "Ativan") == digest("lorazepam", "lamotrigine")
    assert at(Phase.SCREENING).state.screening.medications.digest == ""


@pytest.mark.parametrize(
    ("age", "conditions", "missing"),
    [(ECG_AGE - 1, (), False), (ECG_AGE, (), True), (ECG_AGE + 1, (), True), (30, ("controlled_hypertension",), True)],
)
def test_who_needs_an_electrocardiogram(age: int, conditions: tuple[str, ...], missing: bool) -> None:
    course = screened(age_years=age, conditions=conditions)
    assert ("ecg_known" in failed(course)) is missing


@pytest.mark.parametrize(("off", "known"), [(-TICK, True), (timedelta(0), True), (TICK, False)])
@pytest.mark.parametrize("test", [LabTest.LIVER_FUNCTION, LabTest.KIDNEY_FUNCTION, LabTest.URINARY_TRACT_SYMPTOMS])
def test_how_old_a_test_may_be_at_the_first_dose(test: LabTest, off: timedelta, known: bool) -> None:
    course = screened()
    valid = timedelta(days=ELIGIBILITY.labs[test].valid_days_first_dose.value)  # type: ignore[union-attr]
    names = {check.name for check in gate(course.state, course.now + valid + off) if not check.passed}
    assert (f"{test.value}_known" not in names) is known


def test_a_physician_may_accept_a_remarkable_result_until_the_next_one() -> None:
    course = lab_of(LabTest.LIVER_FUNCTION)
    course.must(AcceptLab, Role.PHYSICIAN)
    assert failed(course) == {"approval_unsuspended"}
    lab_of(LabTest.LIVER_FUNCTION, course=course)
    assert "labs_unremarkable" in failed(course)


def test_an_older_result_does_not_replace_a_newer_one() -> None:
    course = lab_of(LabTest.LIVER_FUNCTION)
    earlier = course.now - timedelta(days=1)
    course.must(RecordLabs, Role.NURSE, labs=(report(LabTest.LIVER_FUNCTION, earlier),))
    assert "labs_unremarkable" in failed(course)


def test_the_newest_weight_counts() -> None:
    course = screened()
    course.wait(hours=2)
    course.must(RecordWeight, Role.NURSE, kg=80.0)
    course.must(RecordWeight, Role.NURSE, kg=70.0, observed_at=course.now - timedelta(hours=1))
    assert course.state.screening.weight is not None
    assert course.state.screening.weight.kg == 80.0


def test_what_a_patient_tells_later_is_recognised() -> None:
    course = at(Phase.SESSION)
    course.must(RecordMedications, Role.PATIENT, names=("NARDIL 15mg", "sertralin"))
    (recorded,) = course.facts(MedicationsRecorded)[-1:]
    maoi, unknown = recorded.medications.entries
    assert (maoi.classes, maoi.action.value) == (("maoi",), "block")
    assert (unknown.recognised, unknown.suggestion) == (False, "sertraline")
    assert WorkKind.DECIDE_MEDICATION in kinds(course)


@pytest.mark.parametrize(("score", "present"), [(2, False), (3, True), (8, True), (None, False)])
def test_a_high_score_means_sleep_apnea(score: int | None, present: bool) -> None:
    course = screened(stop_bang=score)
    assert ("sleep_apnea" in course.state.screening.history.conditions) is present  # type: ignore[union-attr]
    assert (WorkKind.CLEAR_CONDITION in kinds(course)) is present


@pytest.mark.parametrize("childbearing", [True, False])
def test_a_pregnancy_test_is_asked_of_who_can_be_pregnant(childbearing: bool) -> None:
    course = screened(childbearing_potential=childbearing)
    assert ("pregnancy_known" in failed(course)) is childbearing
    assert (WorkKind.RECORD_LABS in kinds(course)) is childbearing


@pytest.mark.parametrize("test", list(LabTest))
def test_a_remarkable_result_counts_whether_it_was_asked_for_or_not(test: LabTest) -> None:
    course = lab_of(test)
    assert "labs_unremarkable" in failed(course)
    assert WorkKind.REVIEW_LAB in kinds(course)
    lab_of(test, LabResult.UNREMARKABLE, course)
    assert "labs_unremarkable" not in failed(course)
    assert WorkKind.REVIEW_LAB not in kinds(course)


@pytest.mark.parametrize(("off", "known"), [(-TICK, True), (timedelta(0), True), (TICK, False)])
@pytest.mark.parametrize(("first", "window"), [(True, "valid_days_first_dose"), (False, "valid_days_later")])
def test_how_old_a_pregnancy_test_may_be(off: timedelta, known: bool, first: bool, window: str) -> None:
    course = at(Phase.SESSION) if first else at(Phase.SESSION, cycle=2)
    course.must(RecordHealthHistory, Role.NURSE, childbearing_potential=True)
    lab_of(LabTest.PREGNANCY, LabResult.UNREMARKABLE, course)
    days = timedelta(days=getattr(ELIGIBILITY.labs[LabTest.PREGNANCY], window).value)  # type: ignore[union-attr]
    names = {check.name for check in gate(course.state, course.now + days + off) if not check.passed}
    assert ("pregnancy_known" not in names) is known


def test_time_makes_a_test_owed_and_a_new_one_closes_it() -> None:
    course = screened(childbearing_potential=True)
    lab_of(LabTest.PREGNANCY, LabResult.UNREMARKABLE, course)
    assert WorkKind.RECORD_LABS not in kinds(course)
    days = ELIGIBILITY.labs[LabTest.PREGNANCY].valid_days_first_dose.value  # type: ignore[union-attr]
    course.wait(days=days)
    assert [fact.what for fact in course.facts(ScreeningLapsed)] == ["pregnancy"]
    assert WorkKind.RECORD_LABS in kinds(course)
    course.wait(days=days)
    assert len(course.facts(ScreeningLapsed)) == 1
    lab_of(LabTest.PREGNANCY, LabResult.UNREMARKABLE, course)
    assert WorkKind.RECORD_LABS not in kinds(course)


@pytest.mark.parametrize(("off", "due"), [(-1, False), (0, True), (1, True)])
def test_a_test_is_due_after_so_many_sessions(off: int, due: bool) -> None:
    course = screened()
    every = ELIGIBILITY.labs[LabTest.URINARY_TRACT_SYMPTOMS].every_sessions  # type: ignore[union-attr]
    assert every is not None
    later = course.state.model_copy(update={"sessions_given": int(every.value) + off})
    failing = {check.name for check in gate(later, course.now) if not check.passed}
    assert ("urinary_tract_symptoms_known" in failing) is due


def test_the_session_going_on_does_not_use_a_test_up() -> None:
    course = dosed()
    every = ELIGIBILITY.labs[LabTest.URINARY_TRACT_SYMPTOMS].every_sessions  # type: ignore[union-attr]
    assert every is not None
    sixth = course.state.model_copy(update={"sessions_given": int(every.value)})
    assert "urinary_tract_symptoms_known" not in {check.name for check in gate(sixth, course.now) if not check.passed}


def test_a_result_that_came_since_does_not_take_away_the_one_that_counted() -> None:
    course = ready()
    given_at = course.now
    course.wait(minutes=5)
    lab_of(LabTest.LIVER_FUNCTION, LabResult.UNREMARKABLE, course)
    assert "liver_function_known" not in {check.name for check in gate(course.state, given_at) if not check.passed}


@pytest.mark.parametrize(("off", "known"), [(-TICK, True), (timedelta(0), True), (TICK, False)])
def test_a_dose_by_weight_needs_a_recent_one(off: timedelta, known: bool) -> None:
    course = at(Phase.SESSION, treatment=TreatmentRoute.STANDARD_KETAMINE)
    course.must(RecordWeight, Role.NURSE)
    days = timedelta(days=ELIGIBILITY.weight_valid_days.value)  # type: ignore[union-attr]
    names = {check.name for check in gate(course.state, course.now + days + off) if not check.passed}
    assert ("weight_known" not in names) is known


def test_the_route_decides_on_electrocardiogram_and_weight() -> None:
    by_mouth, by_needle = at(Phase.SESSION), at(Phase.SESSION, treatment=TreatmentRoute.STANDARD_KETAMINE)
    assert not {"ecg_known", "weight_known"} & {check.name for check in gate(by_mouth.state, by_mouth.now)}
    assert {"ecg_known", "weight_known"} <= {check.name for check in gate(by_needle.state, by_needle.now)}
    assert by_mouth.state.approval is not None
    injected = by_mouth.state.approval.model_copy(update={"route": DrugRoute.INTRAMUSCULAR})
    changed = gate(by_mouth.state.model_copy(update={"approval": injected}), by_mouth.now)
    assert {"ecg_known", "weight_known"} <= {check.name for check in changed if not check.passed}


def test_what_is_owed_tells_nothing_about_the_patient() -> None:
    """Subjects of work stand in clear in the read model."""
    course = taking("Nardil", course=screened(conditions=(ABSOLUTE, RELATIVE)))
    lab_of(LabTest.PREGNANCY, course=course)
    assert {item.subject for item in course.state.work} == {"screening", "cycle-1", "physician", "therapist"}


def test_growing_younger_stands_in_the_way() -> None:
    course = ready()
    course.must(RecordHealthHistory, Role.NURSE, age_years=ADULT - 1)
    assert "no_contraindication" in failed(course)


@pytest.mark.parametrize(
    ("barrier", "code"),
    [
        (partial(lab_of, LabTest.KIDNEY_FUNCTION), "lab_remarkable"),
        (partial(taking, "Nardil"), "medication_undecided"),
        (partial(taking, "moonwort drops"), "medication_undecided"),
    ],
)
def test_nothing_is_approved_while_something_stands_in_the_way(barrier: Callable[..., Course], code: str) -> None:
    course = barrier(course=at(Phase.APPROVAL))
    asked = an_approval(course.state)
    assert course.refused(ApproveDosing, Role.PHYSICIAN, **asked).code == code


def test_time_makes_a_weight_owed_where_the_dose_goes_by_it() -> None:
    course = at(Phase.SESSION, treatment=TreatmentRoute.STANDARD_KETAMINE)
    weight = course.state.screening.weight
    assert weight is not None
    assert WorkKind.RECORD_WEIGHT not in kinds(course)
    course.wait_until(weight.measured_at + timedelta(days=ELIGIBILITY.weight_valid_days.value))  # type: ignore[union-attr]
    assert "weight" in {fact.what for fact in course.facts(ScreeningLapsed)}
    assert WorkKind.RECORD_WEIGHT in kinds(course)
    course.must(RecordWeight, Role.NURSE, kg=weight.kg)
    assert WorkKind.RECORD_WEIGHT not in kinds(course)


def test_a_form_with_every_answer_is_a_history() -> None:
    course = screened(conditions=(RELATIVE,), absent=every_condition_but(RELATIVE))
    assert course.state.screening.history is not None
    assert course.state.screening.history.conditions == (RELATIVE,)
