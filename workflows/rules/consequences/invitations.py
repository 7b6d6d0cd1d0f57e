"""Invitations to appointments: sent when one is booked, again when it moves, and taken back when it will not be.

What is booked is compared with what was said last, so nothing is said twice, and nothing that changed stays unsaid.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.actors import Role
from schemas.appointments import Invitation
from schemas.facts import Fact, MessageRequested
from schemas.messages import Appointment, MessageRequest, Template
from schemas.pathway import Pathway
from schemas.protocol import MessageRules
from workflows.rules.ends import NOBODY_TO_ASK


def invitations(state: Pathway, now: datetime, at: datetime) -> Iterator[Fact]:
    """The next invitation, update or cancellation that somebody has to get."""
    del at
    rules = state.protocol.messages
    if rules is None or state.closure is not None:
        return
    # One at a time: the number of the next message depends on this one.
    for said in _unsaid(state, now):
        yield MessageRequested(message=_message(state, rules, said))
        return


def _unsaid(state: Pathway, now: datetime) -> Iterator[Invitation]:
    """What has to be said: new appointments and moved ones, then those that will not be."""
    booked = list(_booked(state, now))
    for wanted in booked:
        last = next((one for one in state.invitations if one.is_for(wanted.about, wanted.to_id)), None)
        if last is None:
            yield wanted
        elif last.cancelled or last.starts_at != wanted.starts_at:
            yield wanted.model_copy(update={"sequence": last.sequence + 1})
    arrived = _arrived(state)
    for last in state.invitations:
        kept = last.about == arrived or any(last.is_for(one.about, one.to_id) for one in booked)
        if not (kept or last.cancelled or last.starts_at <= now or _left(state, last)):
            yield last.model_copy(update={"sequence": last.sequence + 1, "cancelled": True})


def _booked(state: Pathway, now: datetime) -> Iterator[Invitation]:
    """Whom the appointments ahead concern: this cycle's, and the next one's where that is booked already."""
    therapist = state.care_team.therapist_id if state.care_team is not None else None
    for session in (state.cycle.session, state.cycle.ahead):
        if session is None or session.checked_in_at is not None or state.ending is not None or session.starts_at <= now:
            continue
        for role, to_id in ((Role.PATIENT, state.pathway_id), (Role.THERAPIST, therapist)):
            if to_id is not None:
                yield Invitation(about=session.id, to_role=role, to_id=to_id, starts_at=session.starts_at)


def _arrived(state: Pathway) -> str | None:
    """The appointment that is being kept: nothing is said of it any more."""
    session = state.cycle.session
    return session.id if session is not None and session.checked_in_at is not None else None


def _left(state: Pathway, invitation: Invitation) -> bool:
    """Whether nobody here writes to the patient any more."""
    ended = state.ending is not None and state.ending.end in NOBODY_TO_ASK
    return ended and invitation.to_role is Role.PATIENT


def _message(state: Pathway, rules: MessageRules, said: Invitation) -> MessageRequest:
    return MessageRequest(
        id=state.next_message_id,
        template=Template.APPOINTMENT,
        to_role=said.to_role,
        to_id=said.to_id,
        about=said.about,
        at=said.starts_at,
        expires_at=said.starts_at,
        appointment=Appointment(
            uid=f"{state.episode}-{said.about}",
            sequence=said.sequence,
            ends_at=said.starts_at + timedelta(minutes=rules.appointment_min.value),
            cancelled=said.cancelled,
        ),
    )
