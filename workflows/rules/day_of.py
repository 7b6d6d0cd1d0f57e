"""Rules of the checklist of a session: what is new since the patient was prepared and approved for it."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from schemas.commands import RecordDayChecklist
from schemas.commands.day_of import Taken
from schemas.day_of import DayChecklist, Wait
from schemas.facts import DayChecklistRecorded, Fact
from schemas.pathway import Pathway
from schemas.protocol import MedicationRules
from schemas.protocol.medications import FOR_PHYSICIANS
from schemas.screening import Medication
from workflows.rules.fasting import known_with, told_in
from workflows.rules.medications import classify
from workflows.rules.refusing import Refused, require
from workflows.rules.screening.medications import told_of
from workflows.rules.session import current_session, with_session


def record_day_checklist(state: Pathway, command: RecordDayChecklist, at: datetime) -> list[Fact]:
    """Once it is open, until drug is given. What is new on the medication list is judged as always."""
    session = current_session(state)
    if state.protocol.day_of is None:
        raise Refused("not_asked_for", "The protocol does not ask for this.")
    require(session.day_begun, "checklist_not_open", "The checklist opens on the day before the session.")
    require(not session.doses, "drug_already_given", "Drug was given; the session goes on until discharge.")
    for number, one in enumerate(command.taken):
        require(one.taken_at <= at, "taken_in_future", "This lies in the future.", f"taken.{number}.taken_at")
    taken = list(_recognised(state, command.taken))
    fact = DayChecklistRecorded(
        session_id=session.id,
        checklist=DayChecklist(
            at=at,
            by=command.actor.role,
            companion_arranged=command.companion_arranged,
            new_illness=command.new_illness,
            waits=tuple(_waits(state, taken)),
        ),
        **told_in(command, at),
    )
    known = {entry.key for entry in state.screening.medications.entries}
    grave = (entry.name for entry, _ in taken if entry.action in FOR_PHYSICIANS and entry.key not in known)
    new = tuple(dict.fromkeys((*command.new_medicines, *grave)))
    return [fact, told_of(state, new, at)] if new else [fact]


def _medications(state: Pathway) -> MedicationRules:
    if state.protocol.medications is None:
        raise Refused("not_asked_for", "The protocol does not ask for this.")
    return state.protocol.medications


def _recognised(state: Pathway, taken: tuple[Taken, ...]) -> Iterator[tuple[Medication, datetime]]:
    if taken:
        entries = classify([one.name for one in taken], _medications(state))
        yield from zip(entries, (one.taken_at for one in taken), strict=True)


def _waits(state: Pathway, taken: Iterable[tuple[Medication, datetime]]) -> Iterator[Wait]:
    """Until when a dose waits for what was taken; not for what a physician decided may go on."""
    accepted = {decision.key for decision in state.screening.decisions}
    for entry, taken_at in taken:
        for code in entry.classes if entry.key not in accepted else ():
            hold = _medications(state).classes[code].hold_hours
            if hold is not None:
                yield Wait(code=code, until=taken_at + timedelta(hours=hold.value))


def day_checklist_recorded(state: Pathway, fact: DayChecklistRecorded, at: datetime) -> dict[str, Any]:
    """Kept beside the ones before; of two times of the last food the later one counts."""
    del at
    session = state.cycle.session
    if session is None:
        return {}
    return with_session(
        state,
        checklists=(*session.checklists, fact.checklist),
        **known_with(session, fact),
    )
