"""What the patient says to an appointment: that its time suits. It changes nothing about whether there is a dose."""

from datetime import datetime
from typing import Any

from schemas.commands import ConfirmAppointment
from schemas.facts import AppointmentConfirmed, Fact
from schemas.pathway import Pathway, Session
from workflows.rules.refusing import Refused, require


def confirm_appointment(state: Pathway, command: ConfirmAppointment, at: datetime) -> list[Fact]:
    """Of the booking that the patient was told, at the time that they were told, before it begins."""
    session = _booked(state, command.session_id)
    require(
        command.starts_at == session.starts_at,
        "appointment_moved",
        "The appointment has another time now; what was said to the old one does not hold for it.",
        "starts_at",
        starts_at=session.starts_at.isoformat(),
    )
    begun = session.checked_in_at is not None or at >= session.starts_at
    require(not begun, "appointment_over", "The time of the appointment has come.", "starts_at")
    require(not session.blocked_for, "session_blocked", "Something was missing at the cutoff; book another session.")
    require(session.confirmed_at is None, "already_confirmed", "The patient has confirmed it.", "session_id")
    return [AppointmentConfirmed(session_id=session.id, starts_at=session.starts_at)]


def _booked(state: Pathway, session_id: str) -> Session:
    for session in (state.cycle.session, state.cycle.ahead):
        if session is not None and session.id == session_id:
            return session
    raise Refused("appointment_gone", "There is no such appointment any more.", "session_id")


def appointment_confirmed(state: Pathway, fact: AppointmentConfirmed, at: datetime) -> dict[str, Any]:
    """Kept with the booking, and gone with it when it moves."""
    for place in ("session", "ahead"):
        booked: Session | None = getattr(state.cycle, place)
        if booked is not None and booked.id == fact.session_id:
            confirmed = booked.model_copy(update={"confirmed_at": at})
            return {"cycle": state.cycle.model_copy(update={place: confirmed})}
    return {}
