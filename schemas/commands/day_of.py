"""The command of the day before a session and of the day itself."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import CLINICIANS, Role
from schemas.base import Instant, Line, Model
from schemas.commands.base import Command


class Taken(Model):
    """Something taken once or now and then, such as alcohol, and when last."""

    name: Line
    taken_at: Instant


class RecordDayChecklist(Command):
    """Go through the checklist of a session, from the day before on. A new illness stands until a physician's does."""

    verb: ClassVar[str] = "record_day_checklist"
    by: ClassVar[frozenset[Role]] = CLINICIANS | {Role.PATIENT}
    example: ClassVar[dict[str, Any]] = {"new_medicines": [], "companion_arranged": True, "new_illness": False}
    new_medicines: tuple[Line, ...] = Field(
        max_length=20, description="New medicines, and known ones in another dose; none is an answer, too."
    )
    companion_arranged: bool = Field(description="Who takes the patient home; at home, who stays with the patient.")
    new_illness: bool
    taken: tuple[Taken, ...] = Field(default=(), max_length=20, description="Alcohol, cannabis and the like, of late.")
    solids_h_ago: float | None = Field(default=None, ge=0, le=240, description="Hours since the last food, if known.")
    clear_liquids_h_ago: float | None = Field(default=None, ge=0, le=240, description="Hours since the last drink.")
