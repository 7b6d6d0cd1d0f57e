"""Facts of integration."""

from typing import Literal

from schemas.base import Id, Instant, Text
from schemas.facts.base import Fact
from schemas.integration import PlanItem, PlanOutcome, VisitKind


class IntegrationNoteSigned(Fact):
    """A therapist signed that an integration visit of a cycle took place; with the first one the cycle is complete."""

    type: Literal["integration_note_signed"] = "integration_note_signed"
    cycle: int
    held_at: Instant
    summary: Text
    coping_strategies: tuple[Text, ...]
    late: bool
    outcomes: tuple[PlanOutcome, ...] | None = None
    added: tuple[PlanItem, ...] | None = None
    visit: int | None = None
    """Counts the visits for one session; each further one leaves the cycle as it is."""


class IntegrationBecameOverdue(Fact):
    """The integration window closed without a signed note."""

    type: Literal["integration_became_overdue"] = "integration_became_overdue"
    cycle: int


class IntegrationDeviated(Fact):
    """The hard limit passed without a signed note. The visit stays owed, and the deviation on the record."""

    type: Literal["integration_deviated"] = "integration_deviated"
    cycle: int
    hard_limit: Instant


class VisitMissed(Fact):
    """The patient did not come to a visit. No check-in ends by it."""

    type: Literal["visit_missed"] = "visit_missed"
    visit: VisitKind
    cycle: int
    checkin_id: Id | None = None
    """The check-in that asks after the patient because of it, where one is opened."""
