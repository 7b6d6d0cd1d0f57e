"""Commands about what the law asks for beside medicine."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import ANYONE, Role
from schemas.base import Id, Instant, State, Zone
from schemas.commands.base import Command


class RecordInPersonVisit(Command):
    """Record that a prescriber examined the patient in person, which may have been before the pathway was opened."""

    verb: ClassVar[str] = "record_in_person_visit"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN, Role.NURSE})
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"examined_by": "dr-sage"}
    examined_by: Id = Field(description="The prescriber who saw the patient.")
    visited_at: Instant | None = Field(default=None, description="When, if not at the time it is told of.")


class RecordWhereabouts(Command):
    """Record that the patient's time zone or state of residence has changed: travel, the way back, or a move."""

    verb: ClassVar[str] = "record_whereabouts"
    by: ClassVar[frozenset[Role]] = ANYONE
    example: ClassVar[dict[str, Any]] = {"zone": "America/Los_Angeles"}
    zone: Zone | None = Field(default=None, description="IANA zone of the patient's clock, if it is another one now.")
    residence: State | None = Field(default=None, description="State of residence, if it is another one now.")


class RecordRemsEnrolment(Command):
    """State that the site is certified and the patient is enrolled in the drug's risk mitigation programme (REMS)."""

    verb: ClassVar[str] = "record_rems_enrolment"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN, Role.NURSE, Role.COORDINATOR})
    example: ClassVar[dict[str, Any]] = {
        "site_certified": True,
        "patient_enrolled": True,
        "reference": "enrolment-1001",
    }
    site_certified: bool
    patient_enrolled: bool
    reference: Id = Field(description="Under which the programme knows the enrolment.")


class FileRemsForm(Command):
    """Record that the monitoring form of a session was filed with the drug's risk mitigation programme."""

    verb: ClassVar[str] = "file_rems_form"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN, Role.NURSE, Role.COORDINATOR})
    after_the_end: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"session_id": "S1", "reference": "form-2001"}
    session_id: Id
    reference: Id = Field(description="Under which the programme knows the form.")
