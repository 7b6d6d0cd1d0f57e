"""Commands of integration."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import Role
from schemas.base import Instant, Text
from schemas.commands.base import Command


class SignIntegrationNote(Command):
    """The therapist's signed note that an integration visit took place. It ends the cycle."""

    verb: ClassVar[str] = "sign_integration_note"
    by: ClassVar[frozenset[Role]] = frozenset({Role.THERAPIST})
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "summary": "Worked with the image of the suitcase.",
        "coping_strategies": ["Ten minutes of walking before the first e-mail."],
    }
    held_at: Instant | None = Field(default=None, description="When the visit took place, if earlier than now.")
    summary: Text
    coping_strategies: tuple[Text, ...] = Field(default=(), max_length=20)
