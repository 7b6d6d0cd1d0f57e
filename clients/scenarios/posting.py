"""Messages on the rules alone: by the same routing as in the workers, into a drawer instead of a mailbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from activities.outreach.routing import local_day, rests, route, where_now
from activities.outreach.texts import Texts, portal_link
from clients.scenarios.casting import contacts_of, pathway_id_of
from clients.scenarios.reading import Script
from clients.scenarios.record import Sent
from schemas.actors import Role
from schemas.events import Event
from schemas.messages import OPEN_CHANNELS, Channel, Contact, MessageRequest
from schemas.pathway import Pathway
from workers.settings import Settings
from workflows.rules.deadlines import still_wanted
from workflows.rules.outreach import delivery_rules, is_released

OFFERED = (Channel.EMAIL, Channel.PORTAL)
"""Channels that an installation has without further settings."""


class Posting:
    """What waits to be said, what rests, and what went."""

    def __init__(self, script: Script) -> None:
        self.bouncing: set[str] = set()
        """Whose mailbox does not exist any more."""
        self.sent: list[Sent] = []
        self._pathway_id = pathway_id_of(script)
        self._contacts = {contact.id: contact for contact in contacts_of(script)}
        self._texts = Texts()
        self._unsent: dict[str, tuple[MessageRequest, Event]] = {}
        self._held: dict[str, datetime] = {}
        self._zone: str | None = None

    def ask(self, asked: Iterable[tuple[MessageRequest, Event]]) -> None:
        """Take what is to be said."""
        self._unsent |= {message.id: (message, event) for message, event in asked}

    def withdrawn(self, state: Pathway, now: datetime) -> list[MessageRequest]:
        """Forget what has lost its reason; returns it."""
        gone = [message for message, _ in self._unsent.values() if not still_wanted(state, message, now)]
        for message in gone:
            self._forget(message)
        return gone

    def resting(self, now: datetime) -> list[datetime]:
        """Until when messages rest."""
        return [until for until in self._held.values() if until > now]

    def deliver(self, state: Pathway, now: datetime) -> None:
        """Have everything go that nothing keeps."""
        rules = delivery_rules(state, now, 1.0)
        if state.zone != self._zone:
            self._zone = state.zone
            self._held.clear()
        for message, event in list(self._unsent.values()):
            recipient = where_now(self._contacts[message.to_id], rules)
            if self._held.get(message.id, now) > now or not is_released(state, message):
                continue
            if recipient.role is not message.to_role:
                self._forget(message)  # undeliverable, as in the workers: nobody of that role is known by that id
                continue
            channels = route(recipient, rules, self._closed(recipient))
            rest = rests(message, recipient, rules, now, self._sent_today(recipient, now))
            if rest is not None and (message.expires_at is None or rest.until < message.expires_at):
                self._held[message.id] = rest.until
                continue
            channel = channels[0] if rest is None else Channel.PORTAL
            self._forget(message)
            # What would keep a patient safe and waits in the portal only has reached nobody.
            silent = message.template.is_safety and recipient.role is Role.PATIENT
            if channel is not Channel.PORTAL or not silent:
                text = self._text(message, recipient)
                self.sent.append(Sent(message, recipient, now, event.seq, text, channel, now > event.recorded_at))

    def _closed(self, recipient: Contact) -> set[Channel]:
        failing = {Channel.EMAIL} if recipient.id in self.bouncing else set()
        return failing | (set(Channel) - set(OFFERED))

    def _sent_today(self, recipient: Contact, now: datetime) -> int:
        since, until = local_day(now, recipient.zone)
        return sum(
            one.to.id == recipient.id
            and since <= one.at < until
            and one.channel in OPEN_CHANNELS
            and not one.message.template.is_safety
            for one in self.sent
        )

    def _text(self, message: MessageRequest, recipient: Contact) -> str:
        link = portal_link(Settings.model_fields["portal_url"].default, self._pathway_id, message.about)
        text = self._texts.compose(message, recipient, link)
        return f"{text.subject}\n{text.body}"

    def _forget(self, message: MessageRequest) -> None:
        del self._unsent[message.id]
        self._held.pop(message.id, None)
