"""Facts about what the law asks for beside medicine."""

from typing import Literal

from schemas.base import Id, Instant, State, Zone
from schemas.facts.base import Fact


class InPersonVisitRecorded(Fact):
    """A prescriber examined the patient in person."""

    type: Literal["in_person_visit_recorded"] = "in_person_visit_recorded"
    examined_by: Id
    visited_at: Instant


class WhereaboutsRecorded(Fact):
    """The patient's time zone or state of residence has changed; both as they are now."""

    type: Literal["whereabouts_recorded"] = "whereabouts_recorded"
    zone: Zone
    residence: State


class TelemedicineEndNeared(Fact):
    """The permission to treat over video alone ends soon, or has ended, and this patient was never seen in person."""

    type: Literal["telemedicine_end_neared"] = "telemedicine_end_neared"
    ends_at: Instant


class RemsEnrolmentRecorded(Fact):
    """The site is certified, and the patient is enrolled in the drug's risk mitigation programme."""

    type: Literal["rems_enrolment_recorded"] = "rems_enrolment_recorded"
    reference: Id


class RemsFormFiled(Fact):
    """The monitoring form of a session was filed."""

    type: Literal["rems_form_filed"] = "rems_form_filed"
    session_id: Id
    reference: Id
    late: bool
