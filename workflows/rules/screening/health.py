"""Rules of the health history, of laboratory tests and of the weight."""

from datetime import datetime
from typing import Any

from schemas.commands import AcceptLab, ClearCondition, RecordHealthHistory, RecordLabs, RecordWeight
from schemas.facts import (
    ConditionCleared,
    Fact,
    HealthHistoryRecorded,
    LabAccepted,
    LabRecorded,
    ScreeningLapsed,
    WeightRecorded,
)
from schemas.pathway import Pathway
from schemas.protocol import EligibilityRules
from schemas.screening import Clearance, HealthHistory, Lab, LabTest, Weight
from workflows.rules.refusing import Refused, require
from workflows.rules.screening.standing import WEIGHT, changed, remarkable, uncleared


def _eligibility(state: Pathway) -> EligibilityRules:
    if state.protocol.eligibility is None:
        raise Refused("not_asked_for", "The protocol does not ask for this.")
    return state.protocol.eligibility


def record_health_history(state: Pathway, command: RecordHealthHistory, at: datetime) -> list[Fact]:
    """Whole, or not at all; a new history takes the place of the one before. A high score means sleep apnoea.

    What stood in the way and is told of no more waits for a physician.
    """
    rules = _eligibility(state)
    require(
        command.every_condition_asked,
        "history_incomplete",
        "Every condition of the list has to be asked about: what was not asked is not absent.",
        "every_condition_asked",
    )
    for number, condition in enumerate(command.conditions):
        known = condition in rules.absolute or condition in rules.relative
        require(known, "unknown_condition", "The protocol knows no such condition.", f"conditions.{number}")
    present = set(command.conditions)
    if command.absent is not None:
        _require_each_answered(rules, present, set(command.absent))
    if rules.stop_bang is not None and rules.sleep_apnea is not None:
        present |= {rules.sleep_apnea} if (command.stop_bang or 0) >= rules.stop_bang.value else set()
    before = state.screening.history
    told = {*before.conditions, *(before.retracted or ())} if before is not None else set()
    waiting = {condition for condition, _ in uncleared(state) if condition in told} - present
    history = HealthHistory(
        recorded_at=at,
        age_years=command.age_years,
        childbearing_potential=command.childbearing_potential,
        conditions=tuple(sorted(present)),
        stop_bang=command.stop_bang,
        substance_use_suspected=command.substance_use_suspected,
        retracted=tuple(sorted(waiting)) or None,
    )
    return [HealthHistoryRecorded(history=history)]


def _require_each_answered(rules: EligibilityRules, present: set[str], absent: set[str]) -> None:
    require(not present & absent, "condition_contradicted", "A condition is both present and absent.", "absent")
    unanswered = [code for code in (*rules.absolute, *rules.relative) if code not in present and code not in absent]
    require(
        not unanswered,
        "condition_unanswered",
        "A condition was not answered: that is no 'no'.",
        "absent",
        unanswered=", ".join(unanswered),
    )


def clear_condition(state: Pathway, command: ClearCondition, at: datetime) -> list[Fact]:
    """Of a relative contraindication that is present, or of one that the newest history does not tell of any more.

    An absolute one that is present is nobody's to clear.
    """
    del at
    rules, history = _eligibility(state), state.screening.history
    present = history is not None and command.condition in history.conditions
    retracted = history is not None and command.condition in (history.retracted or ())
    require(present or retracted, "condition_not_present", "No history tells of this condition.", "condition")
    require(
        retracted or command.condition not in rules.absolute,
        "contraindicated",
        "An absolute contraindication cannot be cleared.",
        "condition",
    )
    return [ConditionCleared(condition=command.condition, cleared_by=command.actor.id, letter=command.letter)]


def record_labs(state: Pathway, command: RecordLabs, at: datetime) -> list[Fact]:
    """As they were collected."""
    rules = _eligibility(state)
    facts: list[Fact] = []
    for number, report in enumerate(command.labs):
        place = f"labs.{number}"
        require(report.test in rules.labs, "unknown_test", "The protocol does not ask for this test.", f"{place}.test")
        collected_at = report.collected_at or at
        require(collected_at <= at, "collected_in_future", "This lies in the future.", f"{place}.collected_at")
        lab = Lab(
            test=report.test, result=report.result, collected_at=collected_at, sessions_before=state.sessions_given
        )
        facts.append(LabRecorded(lab=lab))
    return facts


def accept_lab(state: Pathway, command: AcceptLab, at: datetime) -> list[Fact]:
    """Of a remarkable result that waits for it."""
    del at
    waits = command.test in remarkable(state)
    require(waits, "no_decision_needed", "This does not wait for a physician's decision.", "test")
    require(command.test is not LabTest.PREGNANCY, "pregnancy", "A pregnancy always stands in the way.", "test")
    return [LabAccepted(test=command.test, accepted_by=command.actor.id)]


def record_weight(state: Pathway, command: RecordWeight, at: datetime) -> list[Fact]:
    """As it was measured."""
    del state
    return [WeightRecorded(weight=Weight(kg=command.kg, measured_at=at))]


def health_history_recorded(state: Pathway, fact: HealthHistoryRecorded, at: datetime) -> dict[str, Any]:
    """Clearances of what is no longer present are gone with it."""
    kept = tuple(one for one in state.screening.clearances if one.condition in fact.history.conditions)
    return changed(state, at, history=fact.history, clearances=kept)


def condition_cleared(state: Pathway, fact: ConditionCleared, at: datetime) -> dict[str, Any]:
    """It no longer stands in the way; one that was told of before did not, or does not any more."""
    history = state.screening.history
    if history is not None and fact.condition in (history.retracted or ()):
        left = tuple(one for one in history.retracted or () if one != fact.condition)
        return changed(state, at, history=history.model_copy(update={"retracted": left or None}))
    cleared = Clearance(condition=fact.condition, cleared_by=fact.cleared_by, cleared_at=at)
    others = tuple(one for one in state.screening.clearances if one.condition != fact.condition)
    return changed(state, at, clearances=(*others, cleared))


def lab_recorded(state: Pathway, fact: LabRecorded, at: datetime) -> dict[str, Any]:
    """The newest of each test counts, and for what is told late the one before; the journal has them all."""
    same = [lab for lab in state.screening.labs if lab.test is fact.lab.test]
    others = tuple(lab for lab in state.screening.labs if lab.test is not fact.lab.test)
    two = sorted((*same, fact.lab), key=lambda lab: lab.collected_at)[-2:]
    lapsed = state.screening.lapsed
    if two[-1] is fact.lab:
        lapsed = tuple(one for one in lapsed if one != fact.lab.test.value)
    return changed(state, at, labs=(*others, *two), lapsed=lapsed)


def lab_accepted(state: Pathway, fact: LabAccepted, at: datetime) -> dict[str, Any]:
    """Until the next result."""
    newest = state.screening.latest(fact.test)
    accepted = {"accepted_by": fact.accepted_by}
    labs = tuple(lab.model_copy(update=accepted) if lab is newest else lab for lab in state.screening.labs)
    return changed(state, at, labs=labs)


def weight_recorded(state: Pathway, fact: WeightRecorded, at: datetime) -> dict[str, Any]:
    """The newest counts."""
    known = state.screening.weight
    if known is not None and known.measured_at > fact.weight.measured_at:
        return {}
    return changed(state, at, weight=fact.weight, lapsed=tuple(one for one in state.screening.lapsed if one != WEIGHT))


def screening_lapsed(state: Pathway, fact: ScreeningLapsed, at: datetime) -> dict[str, Any]:
    """Somebody owes it anew."""
    return changed(state, at, lapsed=(*state.screening.lapsed, fact.what))
