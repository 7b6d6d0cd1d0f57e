"""``due``: the instants at which something must happen without anybody acting, and what happens then.

Time reminds, escalates, expires and blocks. It never approves, clears, completes or closes.
"""

from collections.abc import Iterator
from datetime import datetime

from schemas.answers import Due
from schemas.facts import Fact
from schemas.messages import MessageRequest, Template
from schemas.pathway import Pathway
from workflows.rules.deadlines import (
    approval,
    checkins,
    consents,
    day_of,
    education,
    integration,
    late_integration,
    monitoring,
    offers,
    regulation,
    risk,
    screening,
    session,
    team,
    transfers,
    watching,
    work,
)
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.education import is_education_welcome
from workflows.rules.offers import is_wanted
from workflows.rules.standing import is_called_off
from workflows.rules.thread import is_unread

DEADLINES: tuple[Deadline, ...] = (
    work.OVERDUE,
    approval.EXPIRY,
    session.REMINDER,
    day_of.DAY,
    day_of.FASTING,
    day_of.CUTOFF,
    monitoring.LATE,
    watching.LOOK,
    watching.CONTACT,
    integration.WINDOW,
    late_integration.HARD_LIMIT,
    late_integration.RELEASE,
    regulation.TELEMEDICINE,
    consents.RENEWAL,
    consents.EXPIRY,
    screening.WASHOUT,
    risk.UNASSESSED,
    checkins.OPENING,
    checkins.CALL,
    checkins.WELFARE,
    screening.AGE,
    team.COVER,
    team.CREDENTIALS,
    offers.OFFER,
    transfers.TRANSFER,
    education.TOPIC,
)
"""Every kind of deadline."""

AFTER_THE_END: tuple[Deadline, ...] = (
    work.OVERDUE,
    risk.UNASSESSED,
    checkins.OPENING,
    checkins.CALL,
    checkins.WELFARE,
    team.COVER,
    transfers.TRANSFER,
)
"""Those that remain once care has ended."""

_BY_REASON = {deadline.reason: deadline for deadline in DEADLINES}

__all__ = ["DEADLINES", "Deadline", "due", "lapsed", "still_wanted"]


def due(state: Pathway) -> list[Due]:
    """Every instant at which something must happen, earliest first."""
    if state.closure is not None:
        return []
    instants = [
        Due(at=at, reason=deadline.reason, subject=subject)
        for deadline in (DEADLINES if state.ending is None else AFTER_THE_END)
        for at, subject in deadline.instants(state)
    ]
    return sorted(instants, key=lambda one: (one.at, one.reason, one.subject))


def lapsed(state: Pathway, instant: Due, now: datetime) -> Iterator[Fact]:
    """What happens at a due instant."""
    return _BY_REASON[instant.reason].lapsed(state, instant.subject, now)


def still_wanted(state: Pathway, message: MessageRequest, now: datetime) -> bool:
    """Whether the reason of an unsent message still stands."""
    if state.closure is not None or (message.expires_at is not None and now >= message.expires_at):
        return False
    if message.appointment is not None:
        said = message.appointment.sequence
        return any(one.is_for(message.about, message.to_id) and one.sequence == said for one in state.invitations)
    if message.template is Template.OFFER_WAITING:
        if any(one.id == message.about for one in state.work):
            return _is_offered(state, message)
        offer = state.staffing.offer
        return offer is not None and offer.id == message.about and is_wanted(state)
    if message.template is Template.THREAD_MESSAGE:
        return is_unread(state, message.about, message.to_role)
    if message.template is Template.RECORD_UPDATED:
        return True
    if message.template is Template.EDUCATION:
        return is_education_welcome(state)
    booked = state.cycle.session
    waiting = {item.id for item in state.work}
    expected = booked is not None and booked.checked_in_at is None and booked.starts_at == message.at
    if booked is not None and expected and not is_called_off(state):
        waiting.add(booked.id)
    return message.about in waiting


def _is_offered(state: Pathway, message: MessageRequest) -> bool:
    """Whether the work that a message tells of is still offered to its recipient."""
    asked = {(item.id, item.transfer.to_id) for item in state.work if item.transfer is not None}
    return (message.about, message.to_id) in asked
