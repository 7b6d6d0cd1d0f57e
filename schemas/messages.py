"""Messages: a template and references. Who receives them, and how, is decided at the moment of sending."""

from datetime import time
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.actors import Role
from schemas.base import Id, Instant, Line, Model, Zone
from schemas.consents import ReleaseScope
from schemas.refusals import Unacceptable

Email = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$", max_length=254)]
"""An e-mail address; the mail server has the last word on whether it exists."""


class Template(StrEnum):
    """The allow-listed templates. None of them carries drug, diagnosis, score or a telling name."""

    APPROVAL_REQUESTED = "approval_requested"
    SESSION_REMINDER = "session_reminder"
    CHECKLIST_DUE = "checklist_due"
    FASTING_REMINDER = "fasting_reminder"
    SESSION_OFF = "session_off"
    INTEGRATION_DUE = "integration_due"
    INTEGRATION_OVERDUE = "integration_overdue"
    CHECKIN_DUE = "checkin_due"
    VISIT_MISSED = "visit_missed"
    ON_HOLD = "on_hold"
    HELP_NEEDED = "help_needed"
    WORK_OVERDUE = "work_overdue"
    APPOINTMENT = "appointment"
    OFFER_WAITING = "offer_waiting"
    WORK_REMINDER = "work_reminder"
    THREAD_MESSAGE = "thread_message"
    RECORD_UPDATED = "record_updated"
    DIGEST = "digest"
    EDUCATION = "education"

    @property
    def is_safety(self) -> bool:
        """Whether silence would put a patient at risk: never delayed or capped, and work for a human if unreachable."""
        return self in SAFETY


SAFETY: Final = frozenset({Template.CHECKIN_DUE, Template.VISIT_MISSED, Template.ON_HOLD, Template.HELP_NEEDED})
"""The templates of the safety path."""


CONFIRMABLE: Final = frozenset({Template.APPOINTMENT, Template.SESSION_REMINDER})
"""What a recipient confirms by a reply: that the appointment suits, and nothing else."""


class Channel(StrEnum):
    """A way to a person."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    PORTAL = "portal"


NOT_BY: Final = {Template.EDUCATION: frozenset({Channel.SMS, Channel.PUSH})}
"""Channels that a template never goes by: nobody's telephone buzzes for something to read."""


OPEN_CHANNELS: Final = (Channel.EMAIL, Channel.SMS, Channel.PUSH)
"""Those that others may read over a shoulder or on a locked screen, in the order in which they are tried."""


class Language(StrEnum):
    """Languages in which there are templates."""

    ENGLISH = "en"
    SPANISH = "es"


class QuietHours(Model):
    """A span of the wall clock in the recipient's zone in which nothing buzzes; over midnight if it begins late."""

    begins: time
    ends: time

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.begins == self.ends or self.begins.tzinfo or self.ends.tzinfo:
            raise Unacceptable("quiet hours begin and end at two different local times")
        return self


class Appointment(Model):
    """What a calendar is told of an appointment beside its beginning. A higher sequence replaces a lower one."""

    uid: Id
    sequence: int = Field(ge=0)
    ends_at: Instant
    cancelled: bool = False


class ClinicCounts(Model):
    """What a digest tells of the whole clinic."""

    overdue: int = Field(ge=0, description="Open work that is past due.")
    past_limit: int = Field(ge=0, description="Of it, work past its hard limit.")
    ending: int = Field(ge=0, description="Consents, approvals, credentials and dated rules that end soon.")
    findings: int = Field(ge=0, description="Pathways whose records a human has to look at.")


class DigestCounts(Model):
    """What a morning digest says: counts, and nothing of anybody."""

    open: int = Field(ge=0)
    overdue: int = Field(ge=0)
    today: int = Field(ge=0, description="Falls due before the end of the recipient's day.")
    clinic: ClinicCounts | None = None


class MessageRequest(Model):
    """A message that the pathway decided to send. It is sent once in effect, whatever is retried."""

    id: Id
    template: Template
    to_role: Role
    to_id: Id = Field(description="Person in the directory; the address is looked up when it is sent.")
    about: Id = Field(description="What it refers to within the pathway.")
    at: Instant | None = Field(default=None, description="The instant it speaks of, shown in the recipient's zone.")
    until: Instant | None = Field(default=None, description="End of the span it speaks of, if it is a span.")
    expires_at: Instant | None = Field(default=None, description="Not sent any more from then on (pathway time).")
    appointment: Appointment | None = Field(default=None, description="Goes into the recipient's calendar.")
    scope: ReleaseScope | None = Field(default=None, description="What waits there, if a release must cover it.")
    digest: DigestCounts | None = Field(default=None, description="What a digest counts.")
    urgent: bool | None = Field(default=None, description="About urgent work: neither quiet hours nor cap delay it.")

    @property
    def is_pressing(self) -> bool:
        """Whether it goes out at any hour."""
        return bool(self.urgent) or self.template.is_safety


class DeliveryRules(Model):
    """What the pathway says about its messages when it schedules an attempt; true as long as the attempt runs.

    The pathway ends the attempt, and schedules another one, as soon as any of it changes.
    """

    now: Instant = Field(description="Pathway time.")
    scale: float = Field(default=1.0, gt=0, description="Pathway seconds that pass in one real second.")
    quiet: QuietHours | None = Field(default=None, description="For patients who have none of their own.")
    most_per_day: int | None = Field(default=None, description="Messages a patient gets by open channels in one day.")
    open_channels: bool = Field(default=True, description="Whether the patient agreed to e-mail, text and push.")
    zone: Zone | None = Field(default=None, description="The patient's, where the pathway was told it last.")


class MessageBatch(Model):
    """What one activity call delivers."""

    pathway_id: Id
    messages: tuple[MessageRequest, ...]
    rules: DeliveryRules | None = Field(default=None, description="None under a protocol that says nothing about them.")


class Unrecorded(Model):
    """A page that went while PostgreSQL was away: what its row in the outbox is written from."""

    request: MessageRequest
    channel: Channel
    reference: Line = Field(description="What the channel knows it by.")
    counted_at: Instant = Field(description="When it went (pathway time).")
    sent_at: Instant = Field(description="When it went (real time).")


class PageRecords(Model):
    """What one activity call writes into the outbox afterwards."""

    pathway_id: Id
    pages: tuple[Unrecorded, ...]


class DeliveryStatus(StrEnum):
    """What became of a message."""

    SENT = "sent"
    WITHDRAWN = "withdrawn"
    UNDELIVERABLE = "undeliverable"
    HELD = "held"


class Delivery(Model):
    """The end of one message, or how long it rests. A delivery is a fact about post, never an acknowledgement."""

    message_id: Id
    status: DeliveryStatus
    code: Id | None = Field(default=None, description="Why it could not be delivered, or why it rests.")
    channel: Channel | None = Field(default=None, description="Which channel took it.")
    not_before: Instant | None = Field(default=None, description="Until when it rests (pathway time).")
    unrecorded: Unrecorded | None = Field(default=None, description="Given where its row is still to be written.")


def _e164(text: str) -> str:
    # Loaded only where somebody has a number: its tables take a while.
    import phonenumbers

    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise Unacceptable("a phone number is written with its country, such as +13035550100") from None
    if not phonenumbers.is_valid_number(number):
        raise Unacceptable("there can be no such phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


Phone = Annotated[str, StringConstraints(max_length=40), AfterValidator(_e164)]
"""A telephone number, kept in the form of E.164."""

Device = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:_.-]{1,300}$")]
"""What a push service calls somebody's device."""


class Contact(Model):
    """A person of the directory as messages reach them, and how they want to be reached."""

    id: Id
    role: Role
    name: Line
    email: Email
    zone: Zone
    phone: Phone | None = None
    device: Device | None = Field(default=None, description="Where push messages go.")
    language: Language = Language.ENGLISH
    channels: tuple[Channel, ...] = Field(default=(), description="Preferred channels, in order; none means ours.")
    opted_out: tuple[Channel, ...] = Field(default=(), description="Channels by which nothing is wanted.")
    quiet: QuietHours | None = Field(default=None, description="Quiet hours of their own.")
    education: bool = Field(default=False, description="Not read any more: the pathway knows (`choose_education`).")

    def address(self, channel: Channel) -> str | None:
        """Where a channel finds them; None if it cannot. The portal needs no address."""
        match channel:
            case Channel.EMAIL:
                return self.email
            case Channel.SMS:
                return self.phone
            case Channel.PUSH:
                return self.device
            case Channel.PORTAL:
                return self.id
