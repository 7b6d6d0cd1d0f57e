"""Rules of visits that a patient did not come to. Nothing is cancelled by it but the session itself."""

from datetime import datetime, timedelta
from typing import Any

from schemas.checkins import OpenCheckin, no_show_kind
from schemas.commands import RecordNoShow
from schemas.facts import Fact, SessionCancelled, VisitMissed
from schemas.integration import VisitKind
from schemas.pathway import Pathway, Phase
from workflows.rules.consents.standing import integration_goes_on
from workflows.rules.refusing import Refused, require
from workflows.rules.standing import integration_window, phase_of


def record_no_show(state: Pathway, command: RecordNoShow, at: datetime) -> list[Fact]:
    """Of a visit that is expected. A session that nobody came to never counts; its time is given back."""
    expected = _expected_from(state, command.visit)
    if expected is None:
        raise Refused("no_visit_expected", "No such visit is expected now.", "visit")
    require(
        at >= expected,
        "no_show_too_early",
        "The visit could not have begun by then.",
        "observed_at",
        earliest=expected.isoformat(),
    )
    rules, kind = state.protocol.checkins, no_show_kind(command.visit)
    asked = rules is not None and rules.rule(kind) is not None
    already = any(one.kind == kind for one in state.checkins.open)
    number = state.integration.visits_missed + 1
    missed = VisitMissed(
        visit=command.visit,
        cycle=state.cycle.number,
        checkin_id=f"N{number}-{kind}" if asked and not already else None,
    )
    session = state.cycle.session
    if command.visit is VisitKind.SESSION and session is not None:
        return [missed, SessionCancelled(session_id=session.id)]
    return [missed]


def _expected_from(state: Pathway, visit: VisitKind) -> datetime | None:
    """The first instant at which a visit can be missed; None where none is expected."""
    session = state.cycle.session
    match visit:
        case VisitKind.PREPARATION:
            since = state.last_discharged_at or state.opened_at
            return since if phase_of(state) is Phase.PREPARATION else None
        case VisitKind.SESSION:
            awaited = session is not None and session.checked_in_at is None
            return session.starts_at if session is not None and awaited else None
        case VisitKind.INTEGRATION:
            over = session is not None and session.discharged_at is not None and integration_goes_on(state)
            window = integration_window(state, session) if session is not None and over else None
            return window[0] if window is not None else None


def visit_missed(state: Pathway, fact: VisitMissed, at: datetime) -> dict[str, Any]:
    """Somebody calls on the same day, and a clinician decides where nobody is reached."""
    missed = state.integration.visits_missed + 1
    changes: dict[str, Any] = {"integration": state.integration.model_copy(update={"visits_missed": missed})}
    kind, rules = no_show_kind(fact.visit), state.protocol.checkins
    rule = rules.rule(kind) if rules is not None else None
    if fact.checkin_id is not None and rules is not None and rule is not None:
        due_at = at + timedelta(hours=rule.due_h.value)
        opened = OpenCheckin(
            id=fact.checkin_id,
            kind=kind,
            opens_at=at,
            due_at=due_at,
            call_owed=True,
            welfare_at=due_at + timedelta(hours=rules.missed.welfare_decision_h.value),
        )
        changes["checkins"] = state.checkins.model_copy(update={"open": (*state.checkins.open, opened)})
    return changes
