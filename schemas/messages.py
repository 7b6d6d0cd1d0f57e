"""Messages: a template and references. Who receives them, and how, is decided at the moment of sending."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.actors import Role
from schemas.base import Id, Instant, Line, Model, Zone

Email = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$", max_length=254)]
"""An e-mail address; the mail server has the last word on whether it exists."""


class Template(StrEnum):
    """The allow-listed templates. None of them carries drug, diagnosis, score or a telling name."""

    APPROVAL_REQUESTED = "approval_requested"
    SESSION_REMINDER = "session_reminder"
    INTEGRATION_DUE = "integration_due"
    INTEGRATION_OVERDUE = "integration_overdue"
    CHECKIN_DUE = "checkin_due"
    ON_HOLD = "on_hold"
    WORK_OVERDUE = "work_overdue"


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


class MessageBatch(Model):
    """What one activity call delivers."""

    pathway_id: Id
    messages: tuple[MessageRequest, ...]


class DeliveryStatus(StrEnum):
    """What became of a message."""

    SENT = "sent"
    WITHDRAWN = "withdrawn"
    UNDELIVERABLE = "undeliverable"


class Delivery(Model):
    """The end of one message. A delivery is a fact about post, never an acknowledgement."""

    message_id: Id
    status: DeliveryStatus
    code: Id | None = Field(default=None, description="Why it could not be delivered.")


class Contact(Model):
    """A person of the directory as messages reach them."""

    id: Id
    role: Role
    name: Line
    email: Email
    zone: Zone
