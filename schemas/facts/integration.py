"""Facts of integration."""

from typing import Literal

from schemas.base import Instant, Text
from schemas.facts.base import Fact


class IntegrationNoteSigned(Fact):
    """A therapist signed that the integration visit of a cycle took place; the cycle is complete."""

    type: Literal["integration_note_signed"] = "integration_note_signed"
    cycle: int
    held_at: Instant
    summary: Text
    coping_strategies: tuple[Text, ...]
    late: bool


class IntegrationBecameOverdue(Fact):
    """The integration window closed without a signed note."""

    type: Literal["integration_became_overdue"] = "integration_became_overdue"
    cycle: int
