"""Invitations in the record: read from bookings and messages alone, each recipient's calendar is always right."""

from __future__ import annotations

from datetime import datetime

from schemas import facts as f
from schemas.actors import Role
from schemas.messages import MessageRequest
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from tests.support.course import Entry


class InvitationAudit:
    """Keeps what is booked, and each recipient's calendar as a mail program would."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        del opening
        self.rules = protocol.messages
        self.calendars: dict[tuple[str, str], MessageRequest] = {}
        self.bookings: dict[str, datetime] = {}
        self.now: datetime | None = None

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        fact, self.now = entry.fact, entry.recorded_at
        if isinstance(fact, f.SessionScheduled):
            self.bookings[fact.session_id] = fact.starts_at
        elif isinstance(fact, f.MessageRequested) and fact.message.appointment is not None:
            self._said(fact.message, entry)

    def _said(self, message: MessageRequest, entry: Entry) -> None:
        said = message.appointment
        assert said is not None
        assert self.rules is not None, "a protocol without messages invites nobody"
        before = self.calendars.get((message.to_id, said.uid))
        if before is None:
            assert not said.cancelled, "taken back before it was said"
            assert said.sequence == 0
        else:
            assert before.appointment is not None
            assert said.sequence == before.appointment.sequence + 1, "a calendar would ignore it"
            assert (before.at, before.appointment.cancelled) != (message.at, said.cancelled), "said twice"
        if not said.cancelled:
            assert message.at == self.bookings[message.about], "another time than the booked one"
        assert message.at is not None
        assert message.at > entry.recorded_at, "too late to come"
        assert message.expires_at == message.at
        self.calendars[message.to_id, said.uid] = message

    def agrees_with(self, state: Pathway) -> None:
        """Whoever has an appointment ahead has the one that is booked, and the patient has it in any case."""
        session = state.cycle.session
        if session is None or session.checked_in_at is not None or state.ending or state.closure:
            return
        for (_, uid), message in self.calendars.items():
            if not uid.endswith(f"-{session.id}"):
                continue
            # What is past stays in the calendar of a therapist who has left since.
            assert message.appointment is not None
            assert message.at is not None
            assert self.now is not None
            ahead = message.at > self.now or message.to_role is Role.PATIENT
            assert not ahead or message.appointment.cancelled or message.at == session.starts_at
