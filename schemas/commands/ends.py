"""Commands that end a pathway."""

from enum import StrEnum
from typing import Any, ClassVar

from schemas.actors import ANYONE, Role
from schemas.base import Text
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


class DiscontinuePathway(Command):
    """End the pathway early: the patient's wish or a clinical decision. Never while drug may still act."""

    verb: ClassVar[str] = "discontinue_pathway"
    by: ClassVar[frozenset[Role]] = ANYONE
    needs_reason: ClassVar[bool] = True


class DismissCancellation(Command):
    """Decide that care goes on although an operator asked the engine to cancel the workflow."""

    verb: ClassVar[str] = "dismiss_cancellation"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR, Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
