"""Facts of preparation."""

from typing import Literal

from schemas.base import Text
from schemas.facts.base import Fact


class PreparationNoteSigned(Fact):
    """A therapist signed that preparation for a cycle took place."""

    type: Literal["preparation_note_signed"] = "preparation_note_signed"
    cycle: int
    intentions: tuple[Text, ...]
    recent_stressors: tuple[Text, ...]
    goals: tuple[Text, ...]
