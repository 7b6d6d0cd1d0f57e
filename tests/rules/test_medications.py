"""Medications are recognised by ingredient, and nobody lifts what a physician has to decide."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.actors import Role
from schemas.commands import AcceptMedication, RecordMedications, StopMedication
from schemas.naming import squashed, words_of
from schemas.pathway import Phase
from schemas.protocol import MedicationRules
from schemas.screening import Medication, MedicationAction
from schemas.work import WorkKind
from tests.rules.arrivals import ready
from tests.support.course import Course, at
from tests.support.protocols import packaged, varied
from workflows.rules.gate import gate
from workflows.rules.medications import classify
from workflows.rules.screening import undecided


def _rules() -> MedicationRules:
    rules = packaged().medications
    assert rules is not None
    return rules


RULES = _rules()
NAMES = list(RULES.names())
KNOWN = {squashed(name) for name, _ in NAMES}
ALLOW, FLAG, HOLD = MedicationAction.ALLOW, MedicationAction.FLAG, MedicationAction.HOLD
REVIEW, BLOCK = MedicationAction.REVIEW, MedicationAction.BLOCK
PLAN = "Blood pressure every ten minutes."


def read(name: str) -> Medication:
    (entry,) = classify([name], RULES)
    return entry


@pytest.mark.parametrize(
    ("name", "ingredients", "action"),
    [
        ("Nardil", ("phenelzine",), BLOCK),
        ("NARDIL 15 mg tid", ("phenelzine",), BLOCK),
        ("nar-dil", ("phenelzine",), BLOCK),
        ("Nardil15mg", ("phenelzine",), BLOCK),
        ("phenelzine sulfate", ("phenelzine",), BLOCK),
        ("Emsam patch 6 mg/24 hr", ("selegiline",), BLOCK),
        ("Zyvox", ("linezolid",), BLOCK),
        ("Prozac and Parnate", ("fluoxetine", "tranylcypromine"), BLOCK),
        ("Xanax 0.5mg prn", ("alprazolam",), REVIEW),
        ("Tylenol", ("acetaminophen",), ALLOW),
        ("Tylenol #3", ("acetaminophen", "codeine"), REVIEW),
        ("Tylenol PM", ("acetaminophen", "diphenhydramine"), HOLD),
        ("Percocet 5/325", ("acetaminophen", "oxycodone"), REVIEW),
        ("Contrave", ("bupropion", "naltrexone"), FLAG),
        ("Luvox", ("fluvoxamine",), REVIEW),
        ("Lamictal XR", ("lamotrigine",), FLAG),
        ("Wellbutrin XL 300 mg every morning", ("bupropion",), ALLOW),
        ("Synthroid 50 mcg", ("levothyroxine",), FLAG),
        ("Ozempic", ("semaglutide",), REVIEW),
        ("vodka", ("alcohol",), HOLD),
        ("ketamine nasal spray", ("ketamine",), REVIEW),
        ("ayahuasca", ("ayahuasca",), BLOCK),
    ],
)
def test_examples(name: str, ingredients: tuple[str, ...], action: MedicationAction) -> None:
    entry = read(name)
    assert (entry.ingredients, entry.action, entry.recognised) == (ingredients, action, True)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("Nardill", "phenelzine"),
        ("phenelzin", "phenelzine"),
        ("sertralin", "sertraline"),
        ("grandmother's tea", None),
        ("15 mg daily", None),
        ("---", None),
        ("Motrin PM", None),
        ("no longer Zoloft", None),
    ],
)
def test_what_is_not_exactly_a_known_name_is_for_a_physician(name: str, suggestion: str | None) -> None:
    entry = read(name)
    assert (entry.recognised, entry.action, entry.suggestion) == (False, REVIEW, suggestion)


AROUND = ("", " 50 mg", " 15mg tid", ", 1 tablet at bedtime", " (generic)", " 2 x daily", " hcl er 100mg/ml")


@given(
    known=st.sampled_from(NAMES),
    case=st.sampled_from([str, str.upper, str.lower, str.title, lambda text: f"  {text} "]),
    said=st.sampled_from(AROUND),
)
@settings(max_examples=300, deadline=None)
def test_a_known_name_is_recognised_however_it_is_decorated(
    known: tuple[str, tuple[str, ...]], case: Callable[[str], str], said: str
) -> None:
    name, ingredients = known
    entry = read(case(name) + said)
    assert entry.recognised
    assert set(ingredients) == set(entry.ingredients)
    classes = {code for code, group in RULES.classes.items() if group.ingredients.keys() & set(ingredients)}
    assert set(entry.classes) == classes
    strictest = min((RULES.classes[code].action for code in classes), key=list(MedicationAction).index)
    assert entry.action is strictest


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_nothing_is_allowed_that_no_name_explains(text: str) -> None:
    entry = read(text.strip() or "?")
    if entry.action is ALLOW:
        words = words_of(text)
        runs = {"".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}
        assert runs & KNOWN
        assert entry.recognised


@given(st.sampled_from(sorted(name for name in KNOWN if len(name) > 5)), st.data())
@settings(max_examples=300, deadline=None)
def test_a_slip_of_the_pen_is_never_a_match(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("qxzj"))
    slipped = name[:place] + letter + name[place:]
    if slipped not in KNOWN:
        assert not read(slipped).recognised


@pytest.mark.parametrize(
    "changes",
    [
        {"medications.unrecognised": "allow"},
        {"medications.unrecognised": "flag"},
        {"medications.unspecific_words": ["mg", "nardil"]},
        {"medications.combinations": {"Everything": ["phenelzine", "moonlight"]}},
        {"medications.combinations": {"Nardil": ["sertraline"]}},
        {"medications.classes.antidepressant.ingredients": {"sertraline": ["NAR DIL"]}},
        {"medications.classes.maoi.action": "review"},
        {"medications.classes.maoi.washout_days": None},
        {"medications.classes.alcohol_or_cannabis.hold_hours": None},
    ],
)
def test_a_list_that_could_mislead_is_no_protocol(changes: dict[str, object]) -> None:
    with pytest.raises((ValidationError, TypeError)):
        varied(changes)


def taking(course: Course, *names: str, role: Role = Role.PATIENT) -> Course:
    course.must(RecordMedications, role, names=names)
    return course


def failed(course: Course) -> set[str]:
    return {check.name for check in gate(course.state, course.now) if not check.passed}


def waits(course: Course) -> bool:
    owed = WorkKind.DECIDE_MEDICATION in {item.kind for item in course.state.work}
    assert owed == ("medications_decided" in failed(course)) == any(undecided(course.state))
    return owed


def test_another_list_does_not_lift_what_a_physician_has_to_decide() -> None:
    course = taking(ready(), "Nardill")
    since = next(item for item in course.state.work if item.kind is WorkKind.DECIDE_MEDICATION)
    course.wait(hours=1)
    taking(course)
    assert waits(course)
    assert since in course.state.work, "the two hours go on"
    course.must(AcceptMedication, Role.PHYSICIAN, name="Nardill")
    assert not waits(course)


def test_stopping_does_not_lift_what_a_physician_has_to_decide() -> None:
    course = taking(ready(), "Xanax")
    course.must(StopMedication, Role.PATIENT, name="alprazolam", last_taken_at=course.now)
    assert waits(course)


def test_what_was_told_and_told_again_waits_once() -> None:
    course = taking(taking(taking(ready(), "Xanax"), "Zoloft"), "Xanax", "Zoloft")
    assert [entry.name for entry in undecided(course.state)] == ["Xanax"]


def test_a_decision_after_a_washout_is_none_about_taking_it_again() -> None:
    course = taking(ready(), "Nardil")
    course.must(StopMedication, Role.PATIENT, name="Nardil", last_taken_at=course.now)
    course.wait(days=15)
    course.must(AcceptMedication, Role.PHYSICIAN, name="Nardil", plan=PLAN)
    assert not waits(course)
    assert waits(taking(course, "phenelzine 15 mg"))


def test_a_physician_may_go_on_with_an_maoi_only_with_a_plan() -> None:
    course = taking(ready(), "Nardil")
    assert course.refused(AcceptMedication, Role.PHYSICIAN, name="phenelzine").code == "plan_required"
    course.must(AcceptMedication, Role.PHYSICIAN, name="phenelzine", plan=PLAN)
    assert not waits(course)


def test_the_day_of_the_last_dose_may_be_told_after_the_list() -> None:
    course = taking(taking(ready(), "Nardil"))
    last = course.now - timedelta(days=3)
    course.must(StopMedication, Role.PATIENT, name="Nardil", last_taken_at=last)
    (washout,) = course.state.screening.washouts
    assert washout.last_taken_at == last


def test_an_maoi_among_unknown_words_can_be_stopped_by_its_name() -> None:
    course = taking(ready(), "Nardil from my aunt")
    course.must(StopMedication, Role.NURSE, name="phenelzine", last_taken_at=course.now)
    assert "washouts_decided" in failed(course)


def test_a_pathway_that_knows_no_such_section_asks_for_nothing() -> None:
    bare = packaged().model_copy(update={"eligibility": None, "medications": None})
    course = at(Phase.SESSION, protocol=bare)
    names = {check.name for check in gate(course.state, course.now)}
    assert not names & {
        "no_contraindication",
        "medications_decided",
        "labs_unremarkable",
        "weight_known",
        "health_settled",
    }


def test_the_longest_list_of_strange_words_is_read_quickly() -> None:
    """The engine takes a workflow task of two seconds for a deadlock."""
    dice = Random(1)
    letters = "abcdefghijklmnoprstuvz"
    names = ["".join(dice.choice(letters + " ") for _ in range(198)) + "a" for _ in range(60)]
    began = perf_counter()
    assert all(entry.action is REVIEW for entry in classify(names, RULES))
    assert perf_counter() - began < 1
