"""Facts about what the law asks for beside medicine."""

from typing import Literal

from schemas.base import Id, Instant
from schemas.facts.base import Fact


class InPersonVisitRecorded(Fact):
    """A prescriber examined the patient in person."""

    type: Literal["in_person_visit_recorded"] = "in_person_visit_recorded"
    examined_by: Id
    visited_at: Instant


class TelemedicineEndNeared(Fact):
    """The permission to treat over video alone ends soon, or has ended, and this patient was never seen in person."""

    type: Literal["telemedicine_end_neared"] = "telemedicine_end_neared"
    ends_at: Instant
