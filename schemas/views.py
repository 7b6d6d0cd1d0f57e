"""What the read model answers: where pathways stand and what humans owe. In clear: nothing about a person."""

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id, Instant, Model
from schemas.pathway import Phase
from schemas.records import PathwayView
from schemas.work import WorkKind


class PathwayRow(PathwayView):
    """One episode of care as the journal last told it."""

    pathway_id: Id
    episode: Id
    version: int = Field(description="Number of the last event it takes in.")
    updated_at: Instant = Field(description="When the row was written: real time, also for a simulated clock.")


class WorkRow(Model):
    """One open piece of work."""

    pathway_id: Id
    episode: Id
    item_id: Id
    kind: WorkKind
    subject: Id
    owner_role: Role
    owner_id: Id | None
    opened_at: Instant
    due_at: Instant
    hard_limit: Instant | None
    next_deadline: Instant
    steps: int
    phase: Phase = Field(description="Where the pathway stands.")
    overdue: bool
