"""Checks of emergencies, alarms and adverse events."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.pathway import Pathway
from workflows.rules.gate.check import GateCheck, Intended, check
from workflows.rules.safety import unreviewed


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """Nothing alarms, and everything that went wrong was reviewed."""
    del at, intended
    if state.protocol.monitoring is None:
        return
    emergency, session = state.emergency, state.cycle.session
    yield check(
        "no_emergency",
        emergency is None,
        "emergency",
        "An emergency is declared and not closed.",
        Role.PHYSICIAN,
        since=emergency.declared_at if emergency else None,
    )
    yield check(
        "not_stopped",
        session is None or not session.stopped,
        "further_drug_stopped",
        "Vital signs after the dose have stopped further drug in this session.",
    )
    yield check(
        "no_vitals_alarm",
        not state.alarms,
        "vitals_alarm",
        "Vital signs that alarmed wait for a physician.",
        Role.PHYSICIAN,
        level=state.gravest_alarm.value if state.gravest_alarm else None,
        alarms=", ".join(alarm.id for alarm in state.alarms) or None,
    )
    yield check(
        "incidents_reviewed",
        not state.incidents,
        "incident_unreviewed",
        "An incident waits for its review.",
        Role.PHYSICIAN,
        incidents=", ".join(one.id for one in state.incidents) or None,
    )
    events = list(unreviewed(state))
    yield check(
        "adverse_events_reviewed",
        not events,
        "adverse_event_unreviewed",
        "An adverse event waits for a physician's review.",
        Role.PHYSICIAN,
        events=", ".join(event.id for event in events) or None,
    )
