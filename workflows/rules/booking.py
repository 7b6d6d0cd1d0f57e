"""Booking the next cycle's session while the session before still waits for its integration visit."""

from datetime import datetime, timedelta
from typing import Any

from schemas.facts import SessionReleased, SessionScheduled
from schemas.pathway import Pathway, Session
from workflows.rules.refusing import Refused, require


def books_ahead(state: Pathway) -> bool:
    """Whether a booking is for the cycle that follows: the session of this one is over."""
    session, hours = state.cycle.session, state.protocol.integration.release_hours_before_session
    return hours is not None and session is not None and session.discharged_at is not None


def cancellable(state: Pathway) -> Session:
    """The booked session that somebody may mean, or a refusal."""
    session = state.cycle.ahead if books_ahead(state) and state.cycle.ahead else state.cycle.session
    if session is None:
        raise Refused("no_session", "No session is booked.")
    return session


def release_at(state: Pathway, starts_at: datetime) -> datetime:
    """When a session booked ahead is released, if the one before is not integrated by then."""
    hours = state.protocol.integration.release_hours_before_session
    return starts_at - timedelta(hours=hours.value if hours is not None else 0)


def require_integrated_in_time(state: Pathway, starts_at: datetime, at: datetime) -> None:
    """A booking ahead leaves time for the integration visit, and for the patient to hear of it if there is none."""
    require(state.cycle.number < state.sessions_planned, "series_finished", "Every session of the series was held.")
    require(
        release_at(state, starts_at) > at,
        "integration_missing",
        "The session before is not integrated; a session so soon would be released at once.",
        "starts_at",
        earliest=(at + (starts_at - release_at(state, starts_at))).isoformat(),
    )


def with_booking(state: Pathway, fact: SessionScheduled, at: datetime) -> dict[str, Any]:
    """The cycle with its booking, or with that of the next one."""
    session = Session(id=fact.session_id, starts_at=fact.starts_at, setting=fact.setting, booked_at=at)
    place = "ahead" if fact.cycle > state.cycle.number else "session"
    moved = getattr(state.cycle, place) is not None
    return {
        "cycle": state.cycle.model_copy(update={place: session, "released": None}),
        "sessions_booked": state.sessions_booked + (0 if moved else 1),
    }


def without_booking(state: Pathway, session_id: str, **changes: Any) -> dict[str, Any]:
    """The cycle without a booking, in which nothing was given."""
    ahead = state.cycle.ahead
    place = "ahead" if ahead is not None and ahead.id == session_id else "session"
    return {"cycle": state.cycle.model_copy(update={place: None, **changes})}


def session_released(state: Pathway, fact: SessionReleased, at: datetime) -> dict[str, Any]:
    """Somebody tells the patient and books another one; nothing was used."""
    del at
    return without_booking(state, fact.session_id, released=fact.session_id)
