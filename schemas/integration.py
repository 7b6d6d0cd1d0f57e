"""Integration: what the sessions showed becomes a plan, which is carried from visit to visit."""

from enum import StrEnum

from pydantic import Field

from schemas.base import Id, Instant, Model, Text


class VisitKind(StrEnum):
    """Appointments that a patient may miss."""

    PREPARATION = "preparation"
    SESSION = "session"
    INTEGRATION = "integration"


class PlanKind(StrEnum):
    """What the patient takes along into the days between."""

    COPING_STRATEGY = "coping_strategy"
    BELIEF = "belief"
    HABIT = "habit"


class NewPlanItem(Model):
    """Something that the patient and the therapist agree on."""

    kind: PlanKind
    text: Text


class PlanItem(NewPlanItem):
    """What was agreed on and is still to be asked about."""

    id: Id
    since_cycle: int


class PlanResult(StrEnum):
    """What became of it. What is kept is asked about again at the next visit."""

    KEPT = "kept"
    DONE = "done"
    DROPPED = "dropped"


class PlanOutcome(Model):
    """What became of one item of the plan since the visit before."""

    item_id: Id
    result: PlanResult
    word: Text | None = Field(default=None, description="How it went; needed where it was dropped.")


class Integration(Model):
    """Where integration stands beyond the cycle."""

    plan: tuple[PlanItem, ...] = Field(default=(), description="Items to ask about at the next visit.")
    items_added: int = 0
    cycle: int = Field(default=0, description="The last cycle that is integrated.")
    visits: int = Field(default=0, description="Held for the last session that is integrated.")
    last_visit_at: Instant | None = None
    late: bool = Field(default=False, description="The last session was integrated after its window, or its limit.")
    visits_missed: int = Field(default=0, description="No-shows of every kind.")
