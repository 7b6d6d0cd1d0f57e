"""Commands about how close sessions follow each other."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id
from schemas.commands.base import Command


class ConfirmPace(Command):
    """State, as the therapist, that integration fits between sessions that follow each other so closely."""

    verb: ClassVar[str] = "confirm_pace"
    by: ClassVar[frozenset[Role]] = frozenset({Role.THERAPIST})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"approval_id": "A1"}
    approval_id: Id


class ReviewSpacing(Command):
    """Decide, as the physician, whether sessions that are still as close as in the beginning may go on so."""

    verb: ClassVar[str] = "review_spacing"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"go_on": False}
    go_on: bool = Field(description="Otherwise sessions have to lie further apart.")
