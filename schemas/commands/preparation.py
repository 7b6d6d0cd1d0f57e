"""Commands of preparation."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import Role
from schemas.base import Text
from schemas.commands.base import Command


class SignPreparationNote(Command):
    """The therapist's signed note that preparation took place, with the roadmap it produced."""

    verb: ClassVar[str] = "sign_preparation_note"
    by: ClassVar[frozenset[Role]] = frozenset({Role.THERAPIST})
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "intentions": ["Meet the fear of being left without turning away."],
        "recent_stressors": ["A move to another town."],
        "goals": ["Sleep through the night."],
    }
    intentions: tuple[Text, ...] = Field(min_length=1, max_length=20)
    recent_stressors: tuple[Text, ...] = Field(default=(), max_length=20)
    goals: tuple[Text, ...] = Field(min_length=1, max_length=20)
