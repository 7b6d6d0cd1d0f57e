"""Commands of preparation."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import Role
from schemas.base import Instant, Text
from schemas.commands.base import Command
from schemas.preparation import PreparationItem, PreparationKind


class SignPreparationNote(Command):
    """The therapist's signed note of one preparation visit, with the roadmap it produced."""

    verb: ClassVar[str] = "sign_preparation_note"
    by: ClassVar[frozenset[Role]] = frozenset({Role.THERAPIST})
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "intentions": ["Meet the fear of being left without turning away."],
        "recent_stressors": ["A move to another town."],
        "goals": ["Sleep through the night."],
        "minutes": 60,
        "checklist": [item.value for item in PreparationItem],
    }
    kind: PreparationKind | None = Field(
        default=None, description="Full before the first session, brief before a later one, unless it is given."
    )
    held_at: Instant | None = Field(default=None, description="When the visit took place, if earlier than now.")
    minutes: float | None = Field(default=None, gt=0, le=600)
    checklist: tuple[PreparationItem, ...] = Field(default=(), max_length=20, description="What was talked about.")
    completes: bool = Field(
        default=True, description="Whether the patient is prepared with it; false where another visit is to follow."
    )
    intentions: tuple[Text, ...] = Field(
        default=(), max_length=20, description="Those of the roadmap go on where none are given."
    )
    recent_stressors: tuple[Text, ...] = Field(default=(), max_length=20)
    goals: tuple[Text, ...] = Field(
        default=(), max_length=20, description="Those of the roadmap go on where none are given."
    )
