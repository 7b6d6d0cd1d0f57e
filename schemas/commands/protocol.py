"""The command that moves a pathway to another version of the protocol."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import Role
from schemas.commands.base import Command
from schemas.protocol import Protocol


class MoveProtocol(Command):
    """Have the pathway go on under another version of the protocol, whose content is sent with it.

    ``kap protocol move`` reads it from a file, and says beforehand what it would change for the patient.
    """

    verb: ClassVar[str] = "move_protocol"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    usage: ClassVar[str | None] = (
        'kap protocol move p-3f9c2a clinic.yaml --as physician:dr-sage --reason "Discussed with the patient."'
    )
    protocol: Protocol = Field(description="The version to go on under, whole: the pathway keeps it.")

    def content(self) -> dict[str, Any]:
        """Without the protocol, which the fact keeps."""
        said = super().content()
        del said["protocol"]
        return said
