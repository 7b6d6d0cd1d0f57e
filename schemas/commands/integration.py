"""Commands of integration."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import STAFF, Role
from schemas.base import Instant, Text
from schemas.commands.base import Command
from schemas.integration import NewPlanItem, PlanOutcome, VisitKind


class SignIntegrationNote(Command):
    """The therapist's signed note of one integration visit. The first one after a session ends the cycle."""

    verb: ClassVar[str] = "sign_integration_note"
    by: ClassVar[frozenset[Role]] = frozenset({Role.THERAPIST})
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "summary": "Worked with the image of the suitcase.",
        "coping_strategies": ["Ten minutes of walking before the first e-mail."],
    }
    held_at: Instant | None = Field(default=None, description="When the visit took place, if earlier than now.")
    summary: Text
    outcomes: tuple[PlanOutcome, ...] = Field(
        default=(),
        max_length=100,
        description="What became of each item of the plan that is open; kap status shows them.",
    )
    new_items: tuple[NewPlanItem, ...] = Field(default=(), max_length=20, description="What the plan gains.")
    coping_strategies: tuple[Text, ...] = Field(
        default=(), max_length=20, description="New items of that kind, in short."
    )
    further: bool = Field(
        default=False, description="Another visit for a session that is integrated already; it opens and ends no cycle."
    )


class RecordNoShow(Command):
    """Record that the patient did not come to a visit, which began at observed_at. It ends no check-in."""

    verb: ClassVar[str] = "record_no_show"
    by: ClassVar[frozenset[Role]] = STAFF
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"visit": "integration"}
    visit: VisitKind
