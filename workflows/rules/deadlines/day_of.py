"""What time does on the day before a session and in the hours before it. Every hour is elapsed time."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.actors import Role
from schemas.facts import (
    Fact,
    FastingReminderDue,
    MessageRequested,
    SessionCutoffReached,
    SessionDayBegun,
    SessionReleased,
)
from schemas.messages import MessageRequest, Template
from schemas.pathway import Pathway, Session
from schemas.protocol import Quantity
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.slot import missing_at_cutoff, obstacles
from workflows.rules.standing import is_called_off, is_covered


def _before(session: Session, hours: Quantity) -> datetime:
    return session.starts_at - timedelta(hours=hours.value)


def _awaited(state: Pathway) -> Session | None:
    """The booked session in which nothing was given yet, where the protocol looks at it ahead."""
    session = state.cycle.session
    if state.protocol.day_of is None or session is None or session.doses or session.booked_at is None:
        return None
    return session


def _days(state: Pathway) -> Iterator[tuple[datetime, str]]:
    session, rules = _awaited(state), state.protocol.day_of
    if session is not None and rules is not None and session.booked_at is not None and not session.day_begun:
        yield max(session.booked_at, _before(session, rules.opens_h)), session.id


def _day_begins(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del now
    session, rules = state.cycle.session, state.protocol.day_of
    if session is None or rules is None or session.booked_at is None:
        return
    # Whoever books within the day before knows that there is no approval yet.
    ahead = session.booked_at < _before(session, rules.opens_h)
    if ahead and session.checked_in_at is None and not is_covered(state, session):
        yield SessionReleased(session_id=subject, obstacles=obstacles(state, session.starts_at))
    else:
        yield SessionDayBegun(session_id=subject)


def _fasts(state: Pathway) -> Iterator[tuple[datetime, str]]:
    session, rules = _awaited(state), state.protocol.day_of
    if session is None or rules is None or session.booked_at is None or session.fasting_reminded:
        return
    begins = _before(session, rules.fasting.solids_h)
    if session.checked_in_at is None and session.booked_at <= begins:
        yield begins, session.id


def _fast_begins(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    session, rules = state.cycle.session, state.protocol.day_of
    yield FastingReminderDue(session_id=subject)
    if session is None or rules is None or is_called_off(state):
        return
    drinks_until = _before(session, rules.fasting.clear_liquids_h)
    if now < drinks_until:
        yield MessageRequested(
            message=MessageRequest(
                id=state.next_message_id,
                template=Template.FASTING_REMINDER,
                to_role=Role.PATIENT,
                to_id=state.pathway_id,
                about=session.id,
                at=session.starts_at,
                until=drinks_until,
                expires_at=drinks_until,
                urgent=True,
            )
        )


def _cutoffs(state: Pathway) -> Iterator[tuple[datetime, str]]:
    session, rules = _awaited(state), state.protocol.day_of
    if session is None or rules is None or session.booked_at is None or session.cutoff_reached:
        return
    cutoff = _before(session, rules.cutoff_h)
    if session.booked_at <= cutoff:
        yield cutoff, session.id


def _cut_off(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del now
    if (session := state.cycle.session) is not None:
        yield SessionCutoffReached(session_id=subject, missing=missing_at_cutoff(state, session))


DAY = Deadline("session_day_begins", _days, _day_begins)
"""The checklist opens; what no approval covers is released. Nothing is confirmed by it."""

FASTING = Deadline("fasting_begins", _fasts, _fast_begins)
"""The patient's reminder to eat nothing any more."""

CUTOFF = Deadline("session_cutoff", _cutoffs, _cut_off)
"""What is missing now blocks the session."""
