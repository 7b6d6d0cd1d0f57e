"""What the read model answers: where pathways stand and what humans owe. In clear: nothing about a person."""

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id, Instant, Line, Model
from schemas.messages import Channel
from schemas.pathway import Phase
from schemas.records import PathwayView
from schemas.rounds import Ending, Finding, RoundKind, RoundReport
from schemas.work import Priority, WorkKind


class PathwayRow(PathwayView):
    """One episode of care as the journal last told it."""

    pathway_id: Id
    episode: Id
    version: int = Field(description="Number of the last event it takes in.")
    updated_at: Instant = Field(description="When the row was written: real time, also for a simulated clock.")


class WorkRow(Model):
    """One open piece of work."""

    pathway_id: Id
    episode: Id
    item_id: Id
    kind: WorkKind
    subject: Id
    owner_role: Role
    owner_id: Id | None
    opened_at: Instant
    due_at: Instant
    hard_limit: Instant | None
    next_deadline: Instant
    steps: int
    phase: Phase = Field(description="Where the pathway stands.")
    overdue: bool
    priority: Priority | None = None
    acknowledge_by: Instant | None = Field(default=None, description="When somebody has to have taken it up.")
    taken_over: bool | None = Field(default=None, description="The owner took it over from whoever has the place.")
    reminded_at: Instant | None = Field(default=None, description="When a colleague reminded its owner last.")
    help_asked_at: Instant | None = Field(default=None, description="When its owner asked for help last.")
    offered_to: Id | None = Field(default=None, description="Who is asked to take it over; its owner owes it still.")
    offer_expires_at: Instant | None = None


class InboxText(Model):
    """What an entry of the portal's inbox says; sealed where it is kept."""

    subject: str
    body: str


class InboxEntry(InboxText):
    """A message that waits behind the portal's login."""

    message_id: Id
    pathway_id: Id
    put_at: Instant


class ChannelRow(Model):
    """Where a message stands by one channel."""

    channel: Channel
    status: Line = Field(description="trying, taken, delivered or failed.")
    tries: int
    code: Id | None = None


class OutboxRow(Model):
    """A message that was asked for, and what became of it. In clear: ids, kinds and instants, no addresses."""

    message_id: Id
    pathway_id: Id
    template: Id
    to_role: Role
    to_id: Id
    about: Id
    requested_at: Instant
    status: Line = Field(description="requested, sending, sent, withdrawn or undeliverable.")
    attempts: int
    code: Id | None = Field(default=None, description="Why it waits or could not be delivered.")
    channel: Channel | None = Field(default=None, description="Which channel took it.")
    not_before: Instant | None = Field(default=None, description="Until when it rests, in pathway time.")
    sent_at: Instant | None = None
    counted_at: Instant | None = Field(default=None, description="When it was sent, in pathway time.")
    confirmed_at: Instant | None = Field(default=None, description="When the recipient confirmed the appointment.")
    confirmation: Line | None = Field(default=None, description="What became of a CONFIRM: waiting, taken or refused.")
    confirmation_code: Id | None = Field(default=None, description="Why a CONFIRM does not hold.")
    channels: tuple[ChannelRow, ...] = ()


class EndingRow(Ending):
    """Something that ends by itself, of one pathway, as the last inventory saw it."""

    pathway_id: Id
    seen_at: Instant


class FindingRow(Finding):
    """What the last inventory found."""

    found_at: Instant


class RoundRow(Model):
    """A clinic-wide round, as its schedule has it."""

    kind: RoundKind
    every_s: int = Field(description="Seconds from one to the next.")
    paused: bool
    last_due_at: Instant | None = Field(description="When the newest one was due.")
    last_begun_at: Instant | None = Field(description="When it was begun; later than due where an outage lay between.")
    last: RoundReport | None = Field(description="What the newest one did that has ended.")
    missed: int = Field(description="Rounds that were not made up for, as an outage lasted too long.")
    next_at: Instant | None


class LinkRow(Model):
    """A link by which a therapist of another practice works without an account. Not the link itself."""

    link_id: Id
    pathway_id: Id
    person_id: Id
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None = None
    last_used_at: Instant | None = None


class WebhookRow(Model):
    """Where a subscriber of webhooks stands. Counts go back as far as it is kept what became of a notice."""

    subscriber: Id
    status: Line = Field(description="enabled, disabled (it answered 410) or removed (from the file).")
    waiting: int
    sent: int
    failed: int
    oldest_waiting_at: Instant | None = Field(description="Since when the oldest one waits.")
    last_sent_at: Instant | None
    code: Id | None = Field(description="Why the last one that was not taken was not.")
