"""Where the screening stands: what is in the way of a dose, and which tests and weight are still good."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from schemas.pathway import Pathway
from schemas.protocol import EligibilityRules
from schemas.protocol.eligibility import LabNeed, LabRule
from schemas.protocol.medications import FOR_PHYSICIANS
from schemas.screening import Lab, LabResult, LabTest, Medication
from schemas.treatment import Approval, DrugRoute
from workflows.rules.refusing import Refused, require

UNDER_AGE = "under_age"
WEIGHT = "weight"
"""What a weight is called beside the tests."""


def uncleared(state: Pathway) -> Iterator[tuple[str, bool]]:
    """Contraindications that stand in the way: the code, and whether it is an absolute one."""
    rules, history = state.protocol.eligibility, state.screening.history
    if rules is None or history is None:
        return
    if history.age_years < rules.min_age_years.value:
        yield UNDER_AGE, True
    cleared = {clearance.condition for clearance in state.screening.clearances}
    for condition in history.conditions:
        if condition in rules.absolute:
            yield condition, True
        elif condition not in cleared:
            yield condition, False
    for condition in history.retracted or ():
        yield condition, condition in rules.absolute


def kept_from_home(state: Pathway) -> tuple[str, ...]:
    """Conditions that are present and, cleared or not, leave the clinic only."""
    rules, history = state.protocol.eligibility, state.screening.history
    if rules is None or rules.at_home is None or history is None:
        return ()
    return tuple(code for code in rules.at_home.without if code in history.conditions)


def undecided(state: Pathway) -> Iterator[Medication]:
    """Medications that wait for a physician, also those that somebody told of and then not any more."""
    accepted = {decision.key for decision in state.screening.decisions}
    told = state.screening.medications
    for entry in (*told.entries, *told.retracted):
        if entry.action in FOR_PHYSICIANS and entry.key not in accepted:
            yield entry


def remarkable(state: Pathway) -> Iterator[LabTest]:
    """Tests whose newest result waits for a physician, asked for or not."""
    for test in LabTest:
        lab = state.screening.latest(test)
        if lab is not None and lab.result is LabResult.REMARKABLE and lab.accepted_by is None:
            yield test


def barriers(state: Pathway) -> Iterator[str]:
    """Codes of what stands in the way of a dose until a human does something; old age of a test is not among it."""
    if any(uncleared(state)):
        yield "contraindication"
    if any(undecided(state)):
        yield "medication"
    if state.screening.washouts:
        yield "washout"
    for test in remarkable(state):
        yield "pregnancy" if test is LabTest.PREGNANCY else "laboratory_result"


def suspends(state: Pathway, approval: Approval) -> Iterator[str]:
    """Reasons to suspend a dosing approval: what it was not given for."""
    del approval
    yield from dict.fromkeys(barriers(state))


def changed(state: Pathway, at: datetime, **changes: Any) -> dict[str, Any]:
    """The change of state that changes the screening; it remembers when the last thing in the way was lifted."""
    new = state.screening.model_copy(update=changes)
    if any(barriers(state)) and not any(barriers(state.model_copy(update={"screening": new}))):
        new = new.model_copy(update={"settled_at": max(at, new.settled_at or at)})
    return {"screening": new}


def _routes_ahead(state: Pathway) -> tuple[DrugRoute, ...]:
    """The routes by which the next dose may be given: the approved one, or all of the treatment."""
    if state.approval is not None:
        return (state.approval.route,)
    return state.protocol.treatment(state.treatment).drug_routes


def goes_by_weight(state: Pathway, rules: EligibilityRules) -> bool:
    """Whether the next dose goes by weight, as far as that is known."""
    return all(route in rules.weighed_routes for route in _routes_ahead(state))


def needed(state: Pathway) -> Iterator[tuple[LabTest, LabRule]]:
    """Tests that are asked of this patient."""
    rules, history = state.protocol.eligibility, state.screening.history
    if rules is None or history is None:
        return
    cardiac = (
        any(condition in rules.cardiac for condition in history.conditions)
        or history.age_years >= rules.ecg_age_years.value
        or all(route in rules.ecg_routes for route in _routes_ahead(state))
    )
    asked = {
        LabNeed.EVERYBODY: True,
        LabNeed.CHILDBEARING_POTENTIAL: history.childbearing_potential,
        LabNeed.CARDIAC_RISK: cardiac,
        LabNeed.IF_SUSPECTED: history.substance_use_suspected,
    }
    yield from ((test, rule) for test, rule in rules.labs.items() if asked[rule.needed])


def good_until(state: Pathway, rule: LabRule, lab: Lab) -> datetime:
    """The last instant at which a dose may rely on a result, by its age."""
    days = rule.valid_days_first_dose if state.sessions_given == 0 else rule.valid_days_later
    return lab.collected_at + timedelta(days=days.value)


def good_times(state: Pathway) -> Iterator[tuple[str, datetime]]:
    """Until when each test that is asked for, and the weight where it matters, may be relied on by its age."""
    screening, rules = state.screening, state.protocol.eligibility
    if rules is None:
        return
    for test, rule in needed(state):
        lab = screening.latest(test)
        if lab is not None:
            yield test.value, good_until(state, rule, lab)
    if screening.weight is not None and goes_by_weight(state, rules):
        yield WEIGHT, screening.weight.measured_at + timedelta(days=rules.weight_valid_days.value)


def used_up(state: Pathway, rule: LabRule, lab: Lab) -> bool:
    """Whether so many sessions were given since that the test is due anew. The session going on does not count."""
    session = state.cycle.session
    before = state.sessions_given - (1 if session is not None and session.doses else 0)
    return rule.every_sessions is not None and before - lab.sessions_before >= rule.every_sessions.value


def require_screened(state: Pathway) -> None:
    """Refuse to find somebody eligible before everything that the protocol asks for is known and cleared."""
    rules, screening = state.protocol.eligibility, state.screening
    if rules is not None:
        history = screening.history
        if history is None:
            raise Refused("history_missing", "No health history is recorded.")
        least = rules.min_age_years.value
        require(history.age_years >= least, "under_age", "The patient is too young for this.", least_years=least)
        for condition, absolute in uncleared(state):
            require(not absolute, "contraindicated", "An absolute contraindication is present.", found=condition)
            raise Refused("clearance_missing", "A contraindication is not cleared.", found=condition)
    if state.protocol.medications is not None:
        require(screening.medications.recorded_at, "medications_missing", "No medication list is recorded.")
    waiting = len(list(undecided(state)))
    require(not waiting, "medication_undecided", "A medication waits for a physician's decision.", undecided=waiting)
    running = max((one.over_at for one in screening.washouts), default=None)
    require(
        running is None,
        "washout_undecided",
        "A medication was stopped; its washout and a physician's decision are awaited.",
        until=running.isoformat() if running else None,
    )
    tests = [test.value for test in remarkable(state)]
    require(not tests, "lab_remarkable", "A laboratory test is not unremarkable.", tests=", ".join(tests))
