"""Commands of the care team's thread: said, corrected, and read by whoever it is for."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import STAFF, Role
from schemas.base import Id, Text
from schemas.commands.base import Command
from schemas.consents import ReleaseScope
from schemas.work import Priority


class PostMessage(Command):
    """Tell others of the care team something, across practices. They get a notice; the words wait in the thread.

    A therapist of another practice is told what the patient's release covers, and nothing else.
    """

    verb: ClassVar[str] = "post_message"
    by: ClassVar[frozenset[Role]] = STAFF
    after_the_end: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "to": ["therapist"],
        "scope": "safety",
        "text": "Please ask about sleep before the next session.",
        "must_acknowledge": True,
    }
    to: tuple[Role, ...] = Field(min_length=1, max_length=3, description="Physician, therapist, coordinator.")
    scope: ReleaseScope = Field(description="What it tells of, for the release to another practice.")
    text: Text
    priority: Priority = Field(default=Priority.ROUTINE, description="How soon it has to be read.")
    must_acknowledge: bool = Field(default=False, description="Whether each has to say that they have read it.")
    reply_to: Id | None = Field(default=None, description="The message that it answers.")


class ReviseMessage(Command):
    """Put a new version in the place of one's own message. What was read before has to be read anew."""

    verb: ClassVar[str] = "revise_message"
    by: ClassVar[frozenset[Role]] = STAFF
    after_the_end: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"message_id": "C1", "text": "Please ask about sleep and appetite."}
    message_id: Id
    text: Text


class AcknowledgeMessage(Command):
    """Say that one has read a message, in the version that stands. That a notice arrived says nothing of the kind."""

    verb: ClassVar[str] = "acknowledge_message"
    by: ClassVar[frozenset[Role]] = STAFF
    after_the_end: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"message_id": "C1", "version": 1}
    message_id: Id
    version: int = Field(ge=1, description="The version that was read.")
