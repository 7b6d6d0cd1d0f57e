"""What a provider reports back: what became of a message, and what its recipient replied."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.base import Model
from schemas.messages import Phone


class ReportType(StrEnum):
    """Kinds of reports."""

    DELIVERED = "message.delivered"
    BOUNCED = "message.bounced"
    FAILED = "message.failed"
    REPLIED = "message.replied"


Reference = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,120}$")]
"""What the provider knows a message by; of e-mail the Message-ID."""


class Report(Model):
    """One report, as the provider signs it."""

    type: ReportType
    reference: Reference | None = Field(default=None, description="Of the message that it is about.")
    sender: Phone | None = Field(default=None, description="Of a reply: the number that it came from.")
    text: str | None = Field(default=None, max_length=2000, description="Of a reply. It is understood, never kept.")


class Reply(StrEnum):
    """What a reply can mean."""

    STOP = "stop"
    START = "start"
    CONFIRM = "confirm"


KEYWORDS: dict[str, Reply] = {
    **dict.fromkeys(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "alto", "parar"), Reply.STOP),
    **dict.fromkeys(("start", "unstop"), Reply.START),
    **dict.fromkeys(("confirm", "confirmar"), Reply.CONFIRM),
}
"""The words that carriers know (CTIA), and their Spanish ones."""


def understood(text: str) -> Reply | None:
    """What a reply means; None where nobody can tell, which changes nothing."""
    return KEYWORDS.get(text.strip().strip(".!\"'").lower())


class Outcome(StrEnum):
    """What a report led to.

    A CONFIRM to an appointment that was moved, called off or is over leads to ``not_confirmed``; one that the pathway
    could not be told yet is ``kept``.
    """

    NOTED = "noted"
    NEXT_CHANNEL = "next_channel"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    KEPT = "kept"
    NOT_UNDERSTOOD = "not_understood"
    UNKNOWN = "unknown"
