"""Rules of the integration visit."""

from datetime import datetime
from typing import Any

from schemas.commands import SignIntegrationNote
from schemas.facts import Fact, IntegrationBecameOverdue, IntegrationNoteSigned
from schemas.pathway import Pathway
from workflows.rules.refusing import Refused, require
from workflows.rules.session import next_cycle
from workflows.rules.standing import integration_window


def sign_integration_note(state: Pathway, command: SignIntegrationNote, at: datetime) -> list[Fact]:
    """After discharge and not before the window opens; a late visit is done with a deviation, never failed."""
    session = state.cycle.session
    window = integration_window(state, session) if session else None
    if session is None or window is None or session.discharged_at is None:
        raise Refused("no_session_to_integrate", "No finished session waits for integration.")
    held_at = command.held_at or at
    opens, closes = max(window[0], session.discharged_at), window[1]
    require(held_at <= at, "held_in_future", "The visit cannot lie in the future.", "held_at")
    require(
        held_at >= opens,
        "integration_too_early",
        "The integration window had not opened, or the patient was not discharged yet.",
        "held_at",
        opens=opens.isoformat(),
    )
    return [
        IntegrationNoteSigned(
            cycle=state.cycle.number,
            held_at=held_at,
            summary=command.summary,
            coping_strategies=command.coping_strategies,
            late=held_at > closes,
        )
    ]


def integration_note_signed(state: Pathway, fact: IntegrationNoteSigned, at: datetime) -> dict[str, Any]:
    """The cycle is complete and the next one begins."""
    del at
    return {**next_cycle(state), "last_integration_at": fact.held_at}


def integration_became_overdue(state: Pathway, fact: IntegrationBecameOverdue, at: datetime) -> dict[str, Any]:
    """Somebody has to ask after the patient; the visit stays owed."""
    del fact, at
    return {"cycle": state.cycle.model_copy(update={"integration_overdue": True})}
