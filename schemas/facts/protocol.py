"""The fact that a pathway goes on under another version of the protocol."""

from typing import Literal

from pydantic import Field

from schemas.base import Id
from schemas.facts.base import Fact
from schemas.protocol import Protocol


class ProtocolMoved(Fact):
    """A physician moved the pathway to another version of the protocol.

    Both contents are kept as they were written: a later release that knows more of a protocol would write them in other
    words, and the hash of this event would not be what it was.
    """

    type: Literal["protocol_moved"] = "protocol_moved"
    before: Id
    after: Id
    content_before: str = Field(description="The version that was in force, as JSON.")
    content_after: str = Field(description="The version that is in force from now on, as JSON.")

    def protocol_before(self) -> Protocol:
        """The version that was in force."""
        return Protocol.model_validate_json(self.content_before)

    def protocol_after(self) -> Protocol:
        """The version that is in force from then on."""
        return Protocol.model_validate_json(self.content_after)
