"""Facts of preparation."""

from typing import Literal

from schemas.base import Instant, Text
from schemas.facts.base import Fact
from schemas.preparation import PreparationItem, PreparationKind


class PreparationNoteSigned(Fact):
    """A therapist signed that a preparation visit of a cycle took place. The roadmap is as it stands after it."""

    type: Literal["preparation_note_signed"] = "preparation_note_signed"
    cycle: int
    intentions: tuple[Text, ...]
    recent_stressors: tuple[Text, ...]
    goals: tuple[Text, ...]
    kind: PreparationKind | None = None
    held_at: Instant | None = None
    minutes: float | None = None
    checklist: tuple[PreparationItem, ...] | None = None
    completes: bool | None = None
    """False where another visit is to follow; the patient is prepared otherwise."""
