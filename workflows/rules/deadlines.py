"""``due``: the instants at which something must happen without anybody acting, and what happens then.

Time reminds, escalates, expires and blocks. It never approves, clears, completes or closes.
"""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.answers import Due
from schemas.facts import (
    ApprovalExpired,
    Fact,
    IntegrationBecameOverdue,
    MessageRequested,
    SessionReminderDue,
)
from schemas.messages import MessageRequest, Template
from schemas.pathway import Pathway, Session
from schemas.treatment import ApprovalStatus
from workflows.rules.calendar import at_local_time
from workflows.rules.obligations import overdue
from workflows.rules.standing import integration_window, missing_consents

EXPIRE = "approval_expires"
REMIND = "session_reminder"
OVERDUE = "work_overdue"
WINDOW = "integration_window_closes"


def due(state: Pathway) -> list[Due]:
    """Every instant at which something must happen, earliest first."""
    if state.closure is not None:
        return []
    instants = [Due(at=item.next_deadline, reason=OVERDUE, subject=item.id) for item in state.work]
    approval, session = state.approval, state.cycle.session
    if approval is not None and approval.status is ApprovalStatus.IN_FORCE:
        instants.append(Due(at=approval.valid_until, reason=EXPIRE, subject=approval.id))
    if session is not None and session.checked_in_at is None and not session.reminded:
        instants.append(Due(at=reminder_at(state, session), reason=REMIND, subject=session.id))
    if session is not None and session.discharged_at is not None and not state.cycle.integration_overdue:
        window = integration_window(state, session)
        if window is not None:
            instants.append(Due(at=window[1], reason=WINDOW, subject=session.id))
    return sorted(instants, key=lambda one: (one.at, one.reason, one.subject))


def lapsed(state: Pathway, instant: Due, now: datetime) -> Iterator[Fact]:
    """What happens at a due instant."""
    match instant.reason:
        case "approval_expires" if state.approval is not None:
            unused = state.approval.sessions - state.approval.sessions_used
            yield ApprovalExpired(approval_id=state.approval.id, sessions_unused=unused)
        case "session_reminder" if state.cycle.session is not None:
            yield from _reminder(state, state.cycle.session, now)
        case "integration_window_closes":
            yield IntegrationBecameOverdue(cycle=state.cycle.number)
        case "work_overdue":
            item = next(item for item in state.work if item.id == instant.subject)
            yield from overdue(state, item, now)


def reminder_at(state: Pathway, session: Session) -> datetime:
    """The protocol's wall-clock time on the day before, in the patient's zone."""
    return at_local_time(session.starts_at, -1, state.protocol.session.reminder_local_time, state.zone)


def _reminder(state: Pathway, session: Session, now: datetime) -> Iterator[Fact]:
    yield SessionReminderDue(session_id=session.id)
    if now < session.starts_at and not missing_consents(state):
        yield MessageRequested(
            message=MessageRequest(
                id=f"{state.episode}-M{state.messages_requested + 1}",
                template=Template.SESSION_REMINDER,
                to_role=Role.PATIENT,
                to_id=state.pathway_id,
                about=session.id,
                at=session.starts_at,
                expires_at=session.starts_at,
            )
        )


def still_wanted(state: Pathway, message: MessageRequest, now: datetime) -> bool:
    """Whether the reason of an unsent message still stands."""
    if state.closure is not None or (message.expires_at is not None and now >= message.expires_at):
        return False
    session = state.cycle.session
    waiting = {item.id for item in state.work}
    expected = session is not None and session.checked_in_at is None and session.starts_at == message.at
    if session is not None and expected and not missing_consents(state):
        waiting.add(session.id)
    return message.about in waiting
