"""Rules of the screening: what is told and measured is recorded; only a physician clears, accepts or decides."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from schemas.commands import (
    AcceptLab,
    AcceptMedication,
    ClearCondition,
    RecordHealthHistory,
    RecordLabs,
    RecordMedications,
    RecordWeight,
    StopMedication,
)
from schemas.facts import (
    ConditionCleared,
    Fact,
    HealthHistoryRecorded,
    LabAccepted,
    LabRecorded,
    MedicationAccepted,
    MedicationsRecorded,
    MedicationStopped,
    WashoutPassed,
    WeightRecorded,
)
from schemas.pathway import Pathway
from schemas.protocol import EligibilityRules, MedicationRules
from schemas.screening import (
    Clearance,
    HealthHistory,
    Lab,
    LabResult,
    LabTest,
    Medication,
    MedicationAction,
    MedicationDecision,
    MedicationList,
    Washout,
    Weight,
)
from workflows.rules.medications import classify
from workflows.rules.refusing import Refused, require

DECIDED = (MedicationAction.BLOCK, MedicationAction.REVIEW)
"""Actions that wait for a physician."""


def uncleared(state: Pathway) -> Iterator[tuple[str, bool]]:
    """Contraindications that stand in the way: the code, and whether it is an absolute one."""
    rules, history = state.protocol.eligibility, state.screening.history
    if rules is None or history is None:
        return
    cleared = {clearance.condition for clearance in state.screening.clearances}
    for condition in history.conditions:
        if condition in rules.absolute:
            yield condition, True
        elif condition not in cleared:
            yield condition, False


def undecided(state: Pathway) -> Iterator[Medication]:
    """Medications on the list that wait for a physician."""
    accepted = {decision.key for decision in state.screening.decisions}
    for entry in state.screening.medications.entries:
        if entry.action in DECIDED and entry.key not in accepted:
            yield entry


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
        require(
            not list(undecided(state)),
            "medication_undecided",
            "A medication waits for a physician's decision.",
            undecided=len(list(undecided(state))),
        )


def _eligibility(state: Pathway) -> EligibilityRules:
    if state.protocol.eligibility is None:
        raise Refused("not_asked_for", "The protocol does not ask for this.")
    return state.protocol.eligibility


def _medications(state: Pathway) -> MedicationRules:
    if state.protocol.medications is None:
        raise Refused("not_asked_for", "The protocol does not ask for this.")
    return state.protocol.medications


def record_health_history(state: Pathway, command: RecordHealthHistory, at: datetime) -> list[Fact]:
    """Whole, or not at all; a new history takes the place of the one before."""
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
    history = HealthHistory(
        recorded_at=at,
        age_years=command.age_years,
        childbearing_potential=command.childbearing_potential,
        conditions=tuple(sorted(set(command.conditions))),
    )
    return [HealthHistoryRecorded(history=history)]


def clear_condition(state: Pathway, command: ClearCondition, at: datetime) -> list[Fact]:
    """Of a relative contraindication that is present; an absolute one is nobody's to clear."""
    del at
    rules, history = _eligibility(state), state.screening.history
    present = history is not None and command.condition in history.conditions
    require(present, "condition_not_present", "The history does not tell of this condition.", "condition")
    require(
        command.condition not in rules.absolute,
        "contraindicated",
        "An absolute contraindication cannot be cleared.",
        "condition",
    )
    return [ConditionCleared(condition=command.condition, cleared_by=command.actor.id)]


def record_medications(state: Pathway, command: RecordMedications, at: datetime) -> list[Fact]:
    """The whole list, each name recognised or left to a physician; what vanished from it may still act."""
    entries = classify(command.names, _medications(state))
    known = state.screening.medications
    now = {entry.key for entry in entries}
    dropped = tuple(entry.key for entry in known.entries if entry.key not in now and _washout(state, entry))
    new = MedicationList(version=known.version + 1, recorded_at=at, entries=entries)
    return [MedicationsRecorded(medications=new, dropped=dropped)]


def accept_medication(state: Pathway, command: AcceptMedication, at: datetime) -> list[Fact]:
    """Of one that waits for a physician, or whose washout time has passed."""
    del at
    (entry,) = classify([command.name], _medications(state))
    waiting = {one.key for one in undecided(state)} | {one.key for one in state.screening.washouts if one.over}
    running = {one.key for one in state.screening.washouts if not one.over}
    require(entry.key not in running, "washout_not_over", "The washout time is not over.", "name")
    require(entry.key in waiting, "no_decision_needed", "This does not wait for a physician's decision.", "name")
    return [MedicationAccepted(key=entry.key, accepted_by=command.actor.id)]


def stop_medication(state: Pathway, command: StopMedication, at: datetime) -> list[Fact]:
    """Of one on the list. Nobody here tells a patient to stop anything: this records what its prescriber did."""
    (entry,) = classify([command.name], _medications(state))
    taken = next((one for one in state.screening.medications.entries if one.key == entry.key), None)
    if taken is None:
        raise Refused("medication_not_on_list", "The medication list does not have this.", "name")
    require(command.last_taken_at <= at, "taken_in_future", "This lies in the future.", "last_taken_at")
    days = _washout(state, taken)
    until = command.last_taken_at + timedelta(days=days) if days else None
    return [MedicationStopped(medication=taken, last_taken_at=command.last_taken_at, washout_until=until)]


def _washout(state: Pathway, entry: Medication) -> float:
    rules = _medications(state)
    groups = [rules.classes[code] for code in entry.classes if code in rules.classes]
    return max((group.washout_days.value for group in groups if group.washout_days is not None), default=0)


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
    lab = state.screening.latest(command.test)
    waits = lab is not None and lab.result is LabResult.REMARKABLE and lab.accepted_by is None
    require(waits, "no_decision_needed", "This does not wait for a physician's decision.", "test")
    require(command.test is not LabTest.PREGNANCY, "pregnancy", "A pregnancy always stands in the way.", "test")
    return [LabAccepted(test=command.test, accepted_by=command.actor.id)]


def record_weight(state: Pathway, command: RecordWeight, at: datetime) -> list[Fact]:
    """As it was measured."""
    del state
    return [WeightRecorded(weight=Weight(kg=command.kg, measured_at=at))]


def _with(state: Pathway, **changes: Any) -> dict[str, Any]:
    return {"screening": state.screening.model_copy(update=changes)}


def health_history_recorded(state: Pathway, fact: HealthHistoryRecorded, at: datetime) -> dict[str, Any]:
    """Clearances of what is no longer present are gone with it."""
    del at
    kept = tuple(one for one in state.screening.clearances if one.condition in fact.history.conditions)
    return _with(state, history=fact.history, clearances=kept)


def condition_cleared(state: Pathway, fact: ConditionCleared, at: datetime) -> dict[str, Any]:
    """It no longer stands in the way."""
    cleared = Clearance(condition=fact.condition, cleared_by=fact.cleared_by, cleared_at=at)
    others = tuple(one for one in state.screening.clearances if one.condition != fact.condition)
    return _with(state, clearances=(*others, cleared))


def medications_recorded(state: Pathway, fact: MedicationsRecorded, at: datetime) -> dict[str, Any]:
    """What vanished from the list counts as taken until now; what is taken again has no washout running."""
    screening, now = state.screening, {entry.key for entry in fact.medications.entries}
    gone = [_stopped(state, entry, at) for entry in screening.medications.entries if entry.key in fact.dropped]
    running = [one for one in screening.washouts if one.key not in now]
    decisions = tuple(one for one in screening.decisions if one.key in now)
    return _with(state, medications=fact.medications, washouts=(*running, *gone), decisions=decisions)


def _stopped(state: Pathway, entry: Medication, last_taken_at: datetime) -> Washout:
    over_at = last_taken_at + timedelta(days=_washout(state, entry))
    return Washout(key=entry.key, last_taken_at=last_taken_at, over_at=over_at)


def medication_accepted(state: Pathway, fact: MedicationAccepted, at: datetime) -> dict[str, Any]:
    """The physician's decision stands as long as it is on the list."""
    screening = state.screening
    decision = MedicationDecision(key=fact.key, accepted_by=fact.accepted_by, accepted_at=at)
    washouts = tuple(one for one in screening.washouts if one.key != fact.key)
    return _with(state, decisions=(*screening.decisions, decision), washouts=washouts)


def medication_stopped(state: Pathway, fact: MedicationStopped, at: datetime) -> dict[str, Any]:
    """Off the list; until its washout is over, and a physician has decided, it stands in the way."""
    del at
    screening, key = state.screening, fact.medication.key
    left = tuple(entry for entry in screening.medications.entries if entry.key != key)
    stopped = (_stopped(state, fact.medication, fact.last_taken_at),) if fact.washout_until else ()
    return _with(
        state,
        medications=screening.medications.model_copy(
            update={"entries": left, "version": screening.medications.version + 1}
        ),
        washouts=(*(one for one in screening.washouts if one.key != key), *stopped),
        decisions=tuple(one for one in screening.decisions if one.key != key),
    )


def washout_passed(state: Pathway, fact: WashoutPassed, at: datetime) -> dict[str, Any]:
    """Somebody decides now; nothing is cleared."""
    del at
    return _with(
        state,
        washouts=tuple(
            one.model_copy(update={"over": True}) if one.key == fact.key else one for one in state.screening.washouts
        ),
    )


def lab_recorded(state: Pathway, fact: LabRecorded, at: datetime) -> dict[str, Any]:
    """The newest of each test counts; the journal has them all."""
    del at
    newest = state.screening.latest(fact.lab.test)
    if newest is not None and newest.collected_at > fact.lab.collected_at:
        return {}
    others = tuple(lab for lab in state.screening.labs if lab.test is not fact.lab.test)
    return _with(state, labs=(*others, fact.lab))


def lab_accepted(state: Pathway, fact: LabAccepted, at: datetime) -> dict[str, Any]:
    """Until the next result."""
    del at
    accepted = {"accepted_by": fact.accepted_by}
    return _with(
        state,
        labs=tuple(lab.model_copy(update=accepted) if lab.test is fact.test else lab for lab in state.screening.labs),
    )


def weight_recorded(state: Pathway, fact: WeightRecorded, at: datetime) -> dict[str, Any]:
    """The newest counts."""
    del at
    known = state.screening.weight
    return {} if known is not None and known.measured_at > fact.weight.measured_at else _with(state, weight=fact.weight)
