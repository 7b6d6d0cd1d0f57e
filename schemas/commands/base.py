"""What every command carries."""

from typing import Any, ClassVar, Final

from pydantic import Field

from schemas.actors import Actor, Role
from schemas.base import Id, Instant, Model, Text

BESIDE: Final = frozenset({"command_id", "actor", "reason"})
"""What an event keeps of its command in places of their own."""


class Command(Model):
    """Something a named human asks a pathway to record or decide."""

    verb: ClassVar[str]
    by: ClassVar[frozenset[Role]]
    needs_reason: ClassVar[bool] = False
    may_be_late: ClassVar[bool] = False
    """Whether it tells of something observed, which may be recorded later. A decision counts from now."""
    after_the_end: ClassVar[bool] = False
    """Whether it still makes sense once care has ended and only the safety contact remains."""
    after_leaving: ClassVar[bool] = False
    """Whether somebody who has left the care team may still say it, other than late about what they observed before."""
    example: ClassVar[dict[str, Any]] = {}
    usage: ClassVar[str | None] = None
    """How it is said on the command line, where another command than ``kap do`` is made for it."""

    command_id: Id = Field(description="The sender's own id; sent twice, it is answered with the first answer.")
    actor: Actor
    observed_at: Instant | None = Field(
        default=None, description="When it happened, if earlier than now. Never in the future."
    )
    reason: Text | None = None
    expected_version: int | None = Field(
        default=None, ge=0, description="Refused if the pathway has moved on from this version."
    )

    def content(self) -> dict[str, Any]:
        """What it says beside who, why and its id, without what is as usual: enough to say it again."""
        return self.model_dump(mode="json", exclude=set(BESIDE), exclude_defaults=True)
