"""Rules of watching a patient: the end of an infusion, the sitter's looks at home, and contact that is lost."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from schemas.commands import EndInfusion, RecordSitterCheck, RecordSitterContact, ReportContactLost
from schemas.facts import (
    ContactLost,
    ContactStayedLost,
    Fact,
    InfusionEnded,
    SitterCheckBecameLate,
    SitterChecked,
    SitterContacted,
)
from schemas.pathway import Pathway, Session
from schemas.protocol.monitoring import SitterRules
from schemas.treatment import Setting
from workflows.rules.checkins import planned_after
from workflows.rules.refusing import Refused, require
from workflows.rules.safety import emergency_in
from workflows.rules.session import open_session, with_session
from workflows.rules.standing import observed_from

UNREACHED, SEEN_UNWELL = ("contact_lost",), ("sitter_alarm",)
"""Why there is an emergency."""


def end_infusion(state: Pathway, command: EndInfusion, at: datetime) -> list[Fact]:
    """Once for each infusion, not before it began."""
    del command
    session = open_session(state, at)
    last = session.last_dose
    if last is None or state.protocol.routes[last.route].infusion_min is None:
        raise Refused("no_infusion", "No infusion was begun.")
    require(observed_from(state, session) is None, "infusion_over", "The infusion has ended.")
    require(at >= last.given_at, "observed_before_last_dose", "This was before the last dose.", "observed_at")
    return [InfusionEnded(session_id=session.id)]


def sitter_rules(state: Pathway) -> SitterRules | None:
    """How a session at home is watched by the sitter; None elsewhere, or where the protocol does not ask."""
    session, rules = state.cycle.session, state.protocol.monitoring
    if session is None or rules is None or session.setting is not Setting.HOME:
        return None
    return rules.sitter


def _at_home(state: Pathway, at: datetime) -> Session:
    session = open_session(state, at)
    require(sitter_rules(state), "no_sitter", "No sitter watches this session.")
    return session


def record_sitter_check(state: Pathway, command: RecordSitterCheck, at: datetime) -> list[Fact]:
    """As it was seen. A patient who does not answer or does not breathe calmly is an emergency."""
    session = _at_home(state, at)
    well = command.responsive and command.breathing_calmly
    facts: list[Fact] = [
        SitterChecked(session_id=session.id, responsive=command.responsive, breathing_calmly=command.breathing_calmly)
    ]
    return facts if well else [*facts, *_emergency(state, SEEN_UNWELL, at)]


def report_contact_lost(state: Pathway, command: ReportContactLost, at: datetime) -> list[Fact]:
    """While the patient is in the session at home."""
    del command
    session = _at_home(state, at)
    require(session.contact_lost_at is None, "contact_lost_before", "It is known that contact is lost.")
    return [ContactLost(session_id=session.id)]


def record_sitter_contact(state: Pathway, command: RecordSitterContact, at: datetime) -> list[Fact]:
    """While contact is lost."""
    session = _at_home(state, at)
    require(session.contact_lost_at, "contact_not_lost", "Contact is not lost.")
    facts: list[Fact] = [SitterContacted(session_id=session.id, reached=command.reached)]
    return facts if command.reached else [*facts, *_emergency(state, UNREACHED, at)]


def stayed_lost(state: Pathway, session: Session, at: datetime) -> Iterator[Fact]:
    """What follows when nobody was reached in time."""
    yield ContactStayedLost(session_id=session.id)
    yield from _emergency(state, UNREACHED, at)


def _emergency(state: Pathway, reasons: tuple[str, ...], at: datetime) -> Iterator[Fact]:
    if state.emergency is None:
        yield emergency_in(state, reasons, at)


def sitter_check_due(state: Pathway) -> datetime | None:
    """When the sitter looks at the patient next, counted from the last look or the first dose."""
    session, rules = state.cycle.session, sitter_rules(state)
    if session is None or rules is None or not session.in_progress:
        return None
    return _last_look(session) + timedelta(minutes=rules.every_min.value)


def is_look_late(session: Session) -> bool:
    """Whether a look was due and has not been told since."""
    return session.sitter_late_at is not None and session.sitter_late_at > _last_look(session)


def _last_look(session: Session) -> datetime:
    looks = [session.doses[0].given_at]
    if session.sitter_checked_at is not None:
        looks.append(session.sitter_checked_at)
    return max(looks)


def infusion_ended(state: Pathway, fact: InfusionEnded, at: datetime) -> dict[str, Any]:
    """The last drug was given now: every clock that counts from it starts here."""
    return {
        **with_session(state, infusion_ended_at=at),
        "last_drug_at": at,
        "checkins": planned_after(state, fact.session_id, at),
    }


def sitter_checked(state: Pathway, fact: SitterChecked, at: datetime) -> dict[str, Any]:
    """The latest look counts, however late it is told."""
    del fact
    session = state.cycle.session
    before = session.sitter_checked_at if session is not None else None
    return with_session(state, sitter_checked_at=at if before is None else max(at, before))


def sitter_check_became_late(state: Pathway, fact: SitterCheckBecameLate, at: datetime) -> dict[str, Any]:
    """Somebody asks the sitter."""
    del at
    return with_session(state, sitter_late_at=fact.due_at)


def contact_lost(state: Pathway, fact: ContactLost, at: datetime) -> dict[str, Any]:
    """Somebody calls the sitter."""
    del fact
    return with_session(state, contact_lost_at=at, contact_escalated=False)


def sitter_contacted(state: Pathway, fact: SitterContacted, at: datetime) -> dict[str, Any]:
    """Reached, contact is there again; not reached, the emergency goes on without another word."""
    del at
    return with_session(state, contact_lost_at=None) if fact.reached else with_session(state, contact_escalated=True)


def contact_stayed_lost(state: Pathway, fact: ContactStayedLost, at: datetime) -> dict[str, Any]:
    """It was raised."""
    del fact, at
    return with_session(state, contact_escalated=True)
