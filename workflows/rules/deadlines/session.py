"""What time does before a session."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.facts import Fact, MessageRequested, SessionReminderDue
from schemas.messages import MessageRequest, Template
from schemas.pathway import Pathway, Session
from workflows.rules.calendar import at_local_time
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.standing import is_called_off


def reminder_at(state: Pathway, session: Session) -> datetime:
    """The protocol's wall-clock time on the day before, in the patient's zone."""
    return at_local_time(session.starts_at, -1, state.protocol.session.reminder_local_time, state.zone)


def _instants(state: Pathway) -> Iterator[tuple[datetime, str]]:
    session = state.cycle.session
    if session is not None and session.checked_in_at is None and not session.reminded:
        yield reminder_at(state, session), session.id


def _lapsed(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    session = state.cycle.session
    yield SessionReminderDue(session_id=subject)
    if session is not None and now < session.starts_at and not is_called_off(state):
        yield MessageRequested(
            message=MessageRequest(
                id=state.next_message_id,
                template=Template.SESSION_REMINDER,
                to_role=Role.PATIENT,
                to_id=state.pathway_id,
                about=session.id,
                at=session.starts_at,
                expires_at=session.starts_at,
            )
        )


REMINDER = Deadline("session_reminder", _instants, _lapsed)
"""The patient's reminder of the day before."""
