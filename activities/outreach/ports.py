"""What every channel is to the delivery: something that carries a parcel, refuses it, or is away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from activities.database import Connection
from activities.outreach.texts import Text
from schemas.messages import Contact, MessageRequest


@dataclass(frozen=True)
class Parcel:
    """One message, ready for any channel."""

    pathway_id: str
    request: MessageRequest
    recipient: Contact
    text: Text
    connection: Connection | None = None
    """In whose transaction what became of it is kept; what is written by it is written exactly once."""


class Carrier(Protocol):
    """One channel."""

    async def carry(self, parcel: Parcel) -> str:
        """Hand a parcel over; returns its reference, the same for the same message. Returning means it was taken.

        Raises:
            ChannelRefused: It will not be taken, now or later.
            ChannelUnavailable: It was not taken this time, or nobody knows whether it was.
        """


class ChannelRefused(Exception):
    """This channel does not take this message for good; another one may."""

    def __init__(self, code: str, detail: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class ChannelUnavailable(Exception):
    """The message was not taken now. It may be later.

    Attributes:
        code: For the retry, and for the outbox.
        detail: For logs; says nothing of the recipient.
        reached: Whether the other side could be talked to at all. If not, there is no point in trying the next message.
        in_doubt: Whether it may have been taken all the same; then only the same channel can tell.
        retry_after: Seconds that the other side asked us to wait.
    """

    def __init__(
        self, code: str, detail: str, *, reached: bool, in_doubt: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.reached = reached
        self.in_doubt = in_doubt
        self.retry_after = retry_after
