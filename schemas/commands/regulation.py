"""Commands about what the law asks for beside medicine."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id, Instant
from schemas.commands.base import Command


class RecordInPersonVisit(Command):
    """Record that a prescriber examined the patient in person, which may have been before the pathway was opened."""

    verb: ClassVar[str] = "record_in_person_visit"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN, Role.NURSE})
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"examined_by": "dr-sage"}
    examined_by: Id = Field(description="The prescriber who saw the patient.")
    visited_at: Instant | None = Field(default=None, description="When, if not at the time it is told of.")
