"""Commands about what goes wrong."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import ANYONE, CLINICIANS, Role
from schemas.base import Id
from schemas.commands.base import Command
from schemas.monitoring import AdverseEventKind


class DeclareEmergency(Command):
    """Declare an emergency. Whoever is on site calls the local emergency number first."""

    verb: ClassVar[str] = "declare_emergency"
    by: ClassVar[frozenset[Role]] = ANYONE
    needs_reason: ClassVar[bool] = True
    after_the_end: ClassVar[bool] = True
    after_leaving: ClassVar[bool] = True
    may_be_late: ClassVar[bool] = True


class AcknowledgeEmergency(Command):
    """State, by name, that one has taken the emergency on. It ends the paging, not the emergency."""

    verb: ClassVar[str] = "acknowledge_emergency"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    after_the_end: ClassVar[bool] = True


class CloseEmergency(Command):
    """Close an emergency, with what became of it. An incident review follows."""

    verb: ClassVar[str] = "close_emergency"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    after_the_end: ClassVar[bool] = True


class ReviewIncident(Command):
    """Record the outcome of an incident review."""

    verb: ClassVar[str] = "review_incident"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    after_the_end: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"incident_id": "I1"}
    incident_id: Id


class ReviewVitalsAlarm(Command):
    """The physician has looked at the vital signs of one alarm, and says what follows."""

    verb: ClassVar[str] = "review_vitals_alarm"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    after_the_end: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"alarm_id": "V1"}
    alarm_id: Id = Field(description="As the open work names it; a later alarm is another one.")


class RecordAdverseEvent(Command):
    """Record an adverse event with its grade."""

    verb: ClassVar[str] = "record_adverse_event"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    may_be_late: ClassVar[bool] = True
    after_the_end: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"kind": "nausea", "grade": 1}
    kind: AdverseEventKind
    grade: int = Field(ge=1, le=5, description="1 mild, 2 moderate, 3 severe, 4 life-threatening, 5 death (CTCAE v5).")
    symptomatic: bool = Field(default=True, description="For a rise in blood pressure: whether there were symptoms.")
    resolved_after_min: float | None = Field(default=None, ge=0, description="Minutes until it was over, if it is.")


class ReviewAdverseEvent(Command):
    """The physician's review of an adverse event, before the next dose."""

    verb: ClassVar[str] = "review_adverse_event"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    after_the_end: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"event_id": "E1"}
    event_id: Id


class DecideMedwatch(Command):
    """Decide, with a reason, whether a grave adverse event is reported to the FDA's MedWatch."""

    verb: ClassVar[str] = "decide_medwatch"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    after_the_end: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"event_id": "E1", "report": True}
    event_id: Id
    report: bool
