"""What a sign of suicide risk asks of people."""

from collections.abc import Iterator
from datetime import timedelta

from schemas.measures import RiskLevel
from schemas.pathway import Pathway
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation
from workflows.rules.risk import CONTACT, assess_by, is_asked_after, still_to_clear, unassessed


def owed(state: Pathway) -> Iterator[Obligation]:
    """To finish the screener, to speak with the patient, and two clinicians' judgement."""
    yield from remaining(state)
    for number, role in enumerate(still_to_clear(state)):
        # Where several roles may be the second clinician, one of them owes it.
        if number < 2 - len(state.risk.clearings):
            yield Obligation(WorkKind.CLEAR_RISK, role.value, owner=role)


def remaining(state: Pathway) -> Iterator[Obligation]:
    """What is owed for the patient's safety alone, also once care has ended."""
    rules = state.protocol.instruments
    if rules is None or not is_asked_after(state):
        return
    windows = rules.risk
    at_once = timedelta(minutes=windows.acknowledge_high_min.value)
    if waiting := unassessed(state.risk):
        first = min(waiting, key=lambda signal: signal.since)
        yield Obligation(
            WorkKind.ASSESS_RISK, "risk", due_at=assess_by(state, first), acknowledge_by=first.since + at_once
        )
    until = {
        RiskLevel.HIGH: (timedelta(minutes=windows.contact_high_min.value), at_once),
        RiskLevel.MODERATE: (
            timedelta(hours=windows.contact_moderate_h.value),
            timedelta(minutes=windows.acknowledge_moderate_min.value),
        ),
    }
    for level, (contact, acknowledge) in until.items():
        open_ = [s.since for s in state.risk.signals if CONTACT.get(s.code) is level and not s.contacted]
        if open_:
            since = min(open_)
            yield Obligation(
                WorkKind.CONTACT_AT_RISK, level.value, due_at=since + contact, acknowledge_by=since + acknowledge
            )
