"""Rules of booking, receiving, medicating and discharging."""

from datetime import datetime, timedelta
from typing import Any

from schemas.commands import (
    CancelSession,
    CheckIn,
    ScheduleSession,
)
from schemas.facts import (
    Fact,
    PatientCheckedIn,
    SessionCancelled,
    SessionReminderDue,
    SessionScheduled,
)
from schemas.pathway import Cycle, Pathway, Session
from schemas.treatment import Setting
from workflows.rules import team
from workflows.rules.booking import (
    books_ahead,
    cancellable,
    require_integrated_in_time,
    with_booking,
    without_booking,
)
from workflows.rules.consents.signing import require_consented
from workflows.rules.fasting import known_with, told_in
from workflows.rules.predose import carried
from workflows.rules.preparation import require_open_series
from workflows.rules.refusing import Refused, require
from workflows.rules.slot import obstacles, require_before_cutoff
from workflows.rules.standing import earliest_next_dose, week_has_room


def current_session(state: Pathway) -> Session:
    """The session of the cycle, or a refusal."""
    session = state.cycle.session
    if session is None:
        raise Refused("no_session", "No session is booked.")
    return session


def arrived_session(state: Pathway, at: datetime) -> Session:
    """The session for which the patient is checked in, or a refusal."""
    session = current_session(state)
    if session.checked_in_at is None:
        raise Refused("not_checked_in", "The patient is not checked in.")
    require(at >= session.checked_in_at, "observed_before_check_in", "This was before the check-in.", "observed_at")
    return session


def open_session(state: Pathway, at: datetime) -> Session:
    """The session that the patient was in at ``at``, which may be told after it; or a refusal."""
    session = arrived_session(state, at)
    there = session.discharged_at is None or at < session.discharged_at
    require(there, "discharged", "The patient is discharged.")
    return session


def schedule_session(state: Pathway, command: ScheduleSession, at: datetime) -> list[Fact]:
    """In the future, within what an approval can cover, and with the least interval since drug and integration over."""
    require_open_series(state)
    ahead = books_ahead(state)
    session = state.cycle.ahead if ahead else state.cycle.session
    arrived = session is not None and session.checked_in_at is not None
    require(not arrived, "already_checked_in", "The patient is checked in for this cycle's session.")
    require(
        command.setting in state.protocol.treatment(state.treatment).settings,
        "setting_not_allowed",
        "The treatment does not take place in this setting.",
        "setting",
    )
    require_consented(state, command.setting, None)
    require(command.starts_at > at, "starts_in_past", "A session starts in the future.", "starts_at")
    require_before_cutoff(state, command.starts_at, at)
    terms = state.protocol.approval
    horizon = at + timedelta(days=max(terms.first.valid_days.value, terms.later.valid_days.value))
    require(
        command.starts_at <= horizon,
        "too_far_ahead",
        "No approval of today lasts until then.",
        "starts_at",
        latest=horizon.isoformat(),
    )
    earliest = earliest_next_dose(state)
    require(
        earliest is None or (command.starts_at >= earliest and week_has_room(state, command.starts_at)),
        "too_soon_after_last_dose",
        "The least interval to the dose or the integration visit before is not over by then.",
        "starts_at",
        earliest=earliest.isoformat() if earliest else None,
    )
    if ahead:
        require_integrated_in_time(state, command.starts_at, at)
    return [
        SessionScheduled(
            session_id=f"S{state.sessions_booked + 1}" if session is None else session.id,
            cycle=state.cycle.number + (1 if ahead else 0),
            starts_at=command.starts_at,
            setting=command.setting,
            obstacles=obstacles(state, command.starts_at) or None,
        )
    ]


def cancel_session(state: Pathway, command: CancelSession, at: datetime) -> list[Fact]:
    """Only while no drug was given; it never counts."""
    del command, at
    session = cancellable(state)
    require(not session.doses, "drug_already_given", "Drug was given; the session goes on until discharge.")
    return [SessionCancelled(session_id=session.id)]


def check_in(state: Pathway, command: CheckIn, at: datetime) -> list[Fact]:
    """Near the booked time, in the booked setting, with the therapist there; at home with everything attested anew."""
    session = current_session(state)
    integrated = state.cycle.ahead is None
    require(integrated, "integration_missing", "The session before is not integrated; sign that visit's note first.")
    require(session.checked_in_at is None, "already_checked_in", "The patient is checked in.")
    opens = session.starts_at - timedelta(minutes=state.protocol.session.checkin_opens_min.value)
    require(at >= opens, "too_early_to_check_in", "Check-in opens shortly before the session.", opens=opens.isoformat())
    team.require_therapist(state)
    require(not session.blocked_for, "session_blocked", "Something was missing at the cutoff; book another session.")
    require(command.setting is session.setting, "setting_differs", "Booked for another setting.", "setting")
    require(
        command.identity_confirmed, "identity_not_confirmed", "The identity must be confirmed.", "identity_confirmed"
    )
    require(
        command.therapist_present or not state.has_psychotherapy,
        "therapist_not_present",
        "The therapist is present all along.",
        "therapist_present",
    )
    if session.setting is Setting.HOME:
        _require_home_attested(state, command)
    for name in ("solids_h_ago", "clear_liquids_h_ago"):
        told = state.protocol.day_of is None or getattr(command, name) is not None
        require(told, "fasting_not_told", "The patient is asked about the last food and drink.", name)
    attested = command.location
    if session.setting is Setting.CLINIC or state.protocol.regulation is None:
        attested = attested or state.residence
    return [
        PatientCheckedIn(
            session_id=session.id,
            setting=command.setting,
            identity_confirmed=command.identity_confirmed,
            therapist_present=command.therapist_present,
            home=command.home,
            location=attested,
            **told_in(command, at),
        )
    ]


AT_HOME = ("address_confirmed", "sitter_present", "video_connected")
"""What no protocol may leave out."""


def _require_home_attested(state: Pathway, command: CheckIn) -> None:
    if command.home is None:
        raise Refused("home_attestation_missing", "Address, sitter and video are attested at every session.", "home")
    for name in (*AT_HOME, *state.protocol.session.home_attestation):
        attested = getattr(command.home, name, None)
        require(attested, "home_attestation_incomplete", "This must be attested before a session.", f"home.{name}")
    located = command.location or state.protocol.regulation is None
    require(located, "location_not_attested", "At home the state where the patient is has to be attested.", "location")


def with_session(state: Pathway, **changes: Any) -> dict[str, Any]:
    """The change of state that changes the current session."""
    session = state.cycle.session
    if session is None:
        return {}
    return {"cycle": state.cycle.model_copy(update={"session": session.model_copy(update=changes)})}


def session_scheduled(state: Pathway, fact: SessionScheduled, at: datetime) -> dict[str, Any]:
    """Booked, or moved: then everything before it is due anew."""
    return with_booking(state, fact, at)


def session_cancelled(state: Pathway, fact: SessionCancelled, at: datetime) -> dict[str, Any]:
    """The cycle waits for a new booking."""
    ahead = state.cycle.ahead
    if ahead is not None and ahead.id == fact.session_id:
        return without_booking(state, ahead.id)
    return broken_off(state, at, held=False)


def broken_off(state: Pathway, at: datetime, *, held: bool) -> dict[str, Any]:
    """The booking ends without drug. Where the patient was there, it is kept for what is still told about it."""
    session = state.cycle.session
    free = {"cycle": state.cycle.model_copy(update={"session": None})}
    if session is None or session.checked_in_at is None:
        return free
    ended = session.model_copy(update={"ended_at": at, "held": held, "carried": carried(state, session)})
    return {**free, "broken_off": ended}


def session_reminder_due(state: Pathway, fact: SessionReminderDue, at: datetime) -> dict[str, Any]:
    """The patient is reminded once per booking."""
    del fact, at
    return with_session(state, reminded=True)


def patient_checked_in(state: Pathway, fact: PatientCheckedIn, at: datetime) -> dict[str, Any]:
    """The patient is there."""
    session = state.cycle.session
    if session is None:
        return {}
    return with_session(
        state,
        checked_in_at=at,
        identity_confirmed=fact.identity_confirmed,
        therapist_present=fact.therapist_present,
        home=fact.home,
        location=fact.location,
        **known_with(session, fact),
    )


def next_cycle(state: Pathway) -> dict[str, Any]:
    """The cycle is complete; its session is kept for what is told late, and a booking ahead is the next one's."""
    before = state.cycle
    cycle = Cycle(number=before.number + 1, session=before.ahead, released=before.released)
    return {"cycle": cycle, "last_session": before.session}
