"""The fact of the day before a session and of the day itself."""

from typing import Literal

from schemas.base import Id, Instant
from schemas.day_of import DayChecklist
from schemas.facts.base import Fact


class DayChecklistRecorded(Fact):
    """Somebody went through the checklist. New medicines are a fact of their own."""

    type: Literal["day_checklist_recorded"] = "day_checklist_recorded"
    session_id: Id
    checklist: DayChecklist
    last_solids_at: Instant | None = None
    last_clear_liquids_at: Instant | None = None
