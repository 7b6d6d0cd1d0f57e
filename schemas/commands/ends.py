"""Commands that end a pathway."""

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import ANYONE, Role
from schemas.base import Instant, Line, Text
from schemas.commands.base import Command


class Course(StrEnum):
    """How the course of treatment turned out, in the physician's judgement."""

    REMISSION = "remission"
    RESPONSE = "response"
    NO_RESPONSE = "no_response"
    WORSENED = "worsened"


class CompletePathway(Command):
    """Close a finished series with its outcome."""

    verb: ClassVar[str] = "complete_pathway"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    example: ClassVar[dict[str, Any]] = {"course": "response", "summary": "Sleeps again; keeps seeing the therapist."}
    course: Course
    summary: Text


class DiscontinuationCause(StrEnum):
    """Why a pathway ends early."""

    PATIENT_WISH = "patient_wish"
    CLINICAL = "clinical"
    LOST_TO_FOLLOW_UP = "lost_to_follow_up"
    OTHER = "other"


class SeriesKind(StrEnum):
    """What further sessions are for."""

    FURTHER = "further"
    MAINTENANCE = "maintenance"


class ExtendSeries(Command):
    """Plan further sessions, or maintenance at longer intervals. Each still needs its approval and its preparation."""

    verb: ClassVar[str] = "extend_series"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"kind": "further", "sessions": 2}
    kind: SeriesKind
    sessions: int = Field(ge=1)
    every_days: int | None = Field(default=None, ge=1, description="Days between maintenance sessions.")


class TransferCare(Command):
    """Hand the patient over to another practice; the pathway here ends."""

    verb: ClassVar[str] = "transfer_care"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "receiver": "Practice at the harbour",
        "summary": "Two sessions held; all that is open was handed over.",
        "receiver_confirmed": True,
    }
    receiver: Line
    summary: Text
    receiver_confirmed: bool = Field(description="Whether somebody there has taken over.")


class RecordDeath(Command):
    """Record that the patient died. Everything planned ends at once, at any time."""

    verb: ClassVar[str] = "record_death"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN, Role.COORDINATOR})
    needs_reason: ClassVar[bool] = True
    after_the_end: ClassVar[bool] = True
    died_at: Instant | None = None


class DiscontinuePathway(Command):
    """End the pathway early: the patient's wish or a clinical decision. Never while drug may still act."""

    verb: ClassVar[str] = "discontinue_pathway"
    by: ClassVar[frozenset[Role]] = ANYONE
    needs_reason: ClassVar[bool] = True
    cause: DiscontinuationCause = DiscontinuationCause.OTHER


class DismissCancellation(Command):
    """Decide that care goes on although an operator asked the engine to cancel the workflow."""

    verb: ClassVar[str] = "dismiss_cancellation"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR, Role.PHYSICIAN})
    after_the_end: ClassVar[bool] = True
    needs_reason: ClassVar[bool] = True
