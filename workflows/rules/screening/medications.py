"""Rules of the medication list. Nobody lifts by silence, or by another list, what a physician has to decide."""

from datetime import datetime, timedelta
from typing import Any

from schemas.commands import AcceptMedication, RecordMedications, StopMedication
from schemas.facts import Fact, MedicationAccepted, MedicationsRecorded, MedicationStopped, WashoutPassed
from schemas.pathway import Pathway
from schemas.protocol import MedicationRules
from schemas.protocol.medications import MedicationClass
from schemas.screening import Medication, MedicationAction, MedicationDecision, MedicationList, Washout
from workflows.rules.medications import classify
from workflows.rules.refusing import Refused, require
from workflows.rules.screening.standing import changed, undecided


def _medications(state: Pathway) -> MedicationRules:
    if state.protocol.medications is None:
        raise Refused("not_asked_for", "The protocol does not ask for this.")
    return state.protocol.medications


def record_medications(state: Pathway, command: RecordMedications, at: datetime) -> list[Fact]:
    """The whole list, each name recognised or left to a physician; what vanished from it may still act."""
    return [_list(state, classify(command.names, _medications(state)), at)]


def told_of(state: Pathway, names: tuple[str, ...], at: datetime) -> MedicationsRecorded:
    """The list with what is new, or taken in another dose, added to it. Another dose is decided anew."""
    new = classify(names, _medications(state))
    told = {entry.key for entry in new}
    known = state.screening.medications.entries
    changed = {entry.key for entry in known} & told
    fact = _list(state, (*(entry for entry in known if entry.key not in told), *new), at)
    return fact.model_copy(update={"changed": tuple(sorted(changed)) or None})


def _list(state: Pathway, entries: tuple[Medication, ...], at: datetime) -> MedicationsRecorded:
    known = state.screening.medications
    now = {entry.key for entry in entries}
    gone = [entry for entry in known.entries if entry.key not in now]
    dropped = tuple(entry.key for entry in gone if _washout(state, entry))
    waiting = {entry.key for entry in undecided(state)} - now - set(dropped)
    new = MedicationList(
        version=known.version + 1,
        recorded_at=at,
        entries=entries,
        retracted=tuple(entry for entry in (*gone, *known.retracted) if entry.key in waiting),
    )
    return MedicationsRecorded(medications=new, dropped=dropped)


def accept_medication(state: Pathway, command: AcceptMedication, at: datetime) -> list[Fact]:
    """Of one that waits for a physician, or whose washout time has passed; with a plan for one that blocks."""
    del at
    (entry,) = classify([command.name], _medications(state))
    waiting = {one.key for one in undecided(state)} | {one.key for one in state.screening.washouts if one.over}
    running = {one.key for one in state.screening.washouts if not one.over}
    require(entry.key not in running, "washout_not_over", "The washout time is not over.", "name")
    require(entry.key in waiting, "no_decision_needed", "This does not wait for a physician's decision.", "name")
    require(
        command.plan or entry.action is not MedicationAction.BLOCK,
        "plan_required",
        "With or after this medication a dose needs a plan, as for the blood pressure.",
        "plan",
    )
    return [
        MedicationAccepted(
            key=entry.key,
            accepted_by=command.actor.id,
            plan=command.plan,
            daily_mg=command.daily_mg,
            above_flag=_above_flag(state, entry, command.daily_mg),
        )
    ]


def _above_flag(state: Pathway, entry: Medication, daily_mg: float | None) -> bool | None:
    """Whether the daily dose is one to look at twice; None where the protocol looks at none.

    An ingredient that nobody compared counts as above: what is not known is not small.
    """
    flagged = [
        group
        for group in (_medications(state).classes.get(code) for code in entry.classes)
        if group is not None and group.flag_above_mg is not None and group.equivalent_to_mg is not None
    ]
    if not flagged:
        return None
    if daily_mg is None:
        raise Refused("daily_dose_missing", "How much of it is taken in a day has to be told.", "daily_mg")
    return any(_equivalent(group, entry, daily_mg) for group in flagged)


def _equivalent(group: MedicationClass, entry: Medication, daily_mg: float) -> bool:
    """Whether a daily dose acts like more than the class is passed over with."""
    limit, unit = group.flag_above_mg, group.equivalent_to_mg
    compared = [group.equivalents_mg.get(one) for one in entry.ingredients if one in group.ingredients]
    if limit is None or unit is None or not all(compared):
        return True
    return any(daily_mg / one.value * unit.value > limit.value for one in compared if one is not None)


def stop_medication(state: Pathway, command: StopMedication, at: datetime) -> list[Fact]:
    """Of one that is or was on the list. Nobody here tells a patient to stop: this records what a prescriber did."""
    (named,) = classify([command.name], _medications(state))
    taken = _taken(state, named)
    if taken is None:
        raise Refused("medication_not_on_list", "The medication list does not have this.", "name")
    require(command.last_taken_at <= at, "taken_in_future", "This lies in the future.", "last_taken_at")
    days = _washout(state, taken)
    until = command.last_taken_at + timedelta(days=days) if days else None
    return [MedicationStopped(medication=taken, last_taken_at=command.last_taken_at, washout_until=until)]


def _taken(state: Pathway, named: Medication) -> Medication | None:
    """The entry that is meant: told alike, or with the same ingredients among words that nobody recognised."""
    entries = state.screening.medications.entries
    alike = [entry for entry in entries if entry.key == named.key]
    within = [entry for entry in entries if named.recognised and set(named.ingredients) <= set(entry.ingredients)]
    washing_out = [named] if any(one.key == named.key for one in state.screening.washouts) else []
    return next(iter((*alike, *within, *washing_out)), None)


def _washout(state: Pathway, entry: Medication) -> float:
    rules = _medications(state)
    groups = [rules.classes[code] for code in entry.classes if code in rules.classes]
    return max((group.washout_days.value for group in groups if group.washout_days is not None), default=0)


def medications_recorded(state: Pathway, fact: MedicationsRecorded, at: datetime) -> dict[str, Any]:
    """What vanished from the list counts as taken until now; what is taken again has no washout running.

    A decision lasts while the medication stays on the list as it is: one that is taken up again is decided anew, and
    so is another strength where that matters.
    """
    screening, now = state.screening, {entry.key for entry in fact.medications.entries}
    before = {entry.as_taken for entry in screening.medications.entries}
    stayed = now - {entry.key for entry in fact.medications.entries if entry.as_taken not in before}
    gone = [_stopped(state, entry, at) for entry in screening.medications.entries if entry.key in fact.dropped]
    running = [one for one in screening.washouts if one.key not in now and one.key not in fact.dropped]
    decisions = tuple(one for one in screening.decisions if one.key in stayed and one.key not in (fact.changed or ()))
    return changed(state, at, medications=fact.medications, washouts=(*running, *gone), decisions=decisions)


def _stopped(state: Pathway, entry: Medication, last_taken_at: datetime) -> Washout:
    over_at = last_taken_at + timedelta(days=_washout(state, entry))
    return Washout(key=entry.key, last_taken_at=last_taken_at, over_at=over_at)


def medication_accepted(state: Pathway, fact: MedicationAccepted, at: datetime) -> dict[str, Any]:
    """The physician's decision stands as long as it is on the list."""
    screening, told = state.screening, state.screening.medications
    decision = MedicationDecision(
        key=fact.key, accepted_by=fact.accepted_by, accepted_at=at, above_flag=bool(fact.above_flag)
    )
    return changed(
        state,
        at,
        decisions=(*screening.decisions, decision),
        washouts=tuple(one for one in screening.washouts if one.key != fact.key),
        medications=told.model_copy(
            update={"retracted": tuple(entry for entry in told.retracted if entry.key != fact.key)}
        ),
    )


def medication_stopped(state: Pathway, fact: MedicationStopped, at: datetime) -> dict[str, Any]:
    """Off the list. What has a washout stands in the way until that is over and a physician has decided.

    What a physician had not decided about still waits for that.
    """
    screening, told, key = state.screening, state.screening.medications, fact.medication.key
    washout = (_stopped(state, fact.medication, fact.last_taken_at),) if fact.washout_until else ()
    waits = not washout and any(entry.key == key for entry in undecided(state))
    update = {
        "entries": tuple(entry for entry in told.entries if entry.key != key),
        "retracted": (*told.retracted, fact.medication) if waits else told.retracted,
        "version": told.version + 1,
    }
    return changed(
        state,
        at,
        medications=told.model_copy(update=update),
        washouts=(*(one for one in screening.washouts if one.key != key), *washout),
        decisions=tuple(one for one in screening.decisions if one.key != key),
    )


def washout_passed(state: Pathway, fact: WashoutPassed, at: datetime) -> dict[str, Any]:
    """Somebody decides now; nothing is cleared."""
    washouts = tuple(
        one.model_copy(update={"over": True}) if one.key == fact.key else one for one in state.screening.washouts
    )
    return changed(state, at, washouts=washouts)
