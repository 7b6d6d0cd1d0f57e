"""Commands of the screening: what is told, measured and decided about the patient's health."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import ANYONE, CLINICIANS, STAFF, Role
from schemas.base import Id, Instant, Line, Model, Text
from schemas.commands.base import Command
from schemas.screening import LabResult, LabTest


class RecordHealthHistory(Command):
    """Record the history: which of the protocol's conditions are present. One that was not asked about is no "no"."""

    verb: ClassVar[str] = "record_health_history"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    example: ClassVar[dict[str, Any]] = {
        "age_years": 41,
        "childbearing_potential": False,
        "conditions": [],
        "every_condition_asked": True,
    }
    age_years: int = Field(ge=0, le=130)
    childbearing_potential: bool
    conditions: tuple[Id, ...] = Field(max_length=50, description="Codes of the conditions that are present.")
    every_condition_asked: bool
    absent: tuple[Id, ...] | None = Field(
        default=None,
        max_length=50,
        description="Codes of the conditions that are absent, from a form with one answer each; then none may be open.",
    )
    stop_bang: int | None = Field(default=None, ge=0, le=8, description="STOP-BANG score for sleep apnoea.")
    substance_use_suspected: bool = Field(
        default=False, description="Whether the clinician suspects a use that was not told of; then a test is due."
    )


class ClearCondition(Command):
    """Decide, with a reason, that a relative contraindication does not stand in the way."""

    verb: ClassVar[str] = "clear_condition"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"condition": "hyperthyroidism"}
    condition: Id
    letter: Line | None = Field(default=None, description="Reference of the specialist's letter, where there is one.")


class RecordMedications(Command):
    """Record everything that the patient takes, by the names that are on the packages; an empty list is an answer."""

    verb: ClassVar[str] = "record_medications"
    by: ClassVar[frozenset[Role]] = ANYONE
    example: ClassVar[dict[str, Any]] = {"names": ["sertraline 50 mg"]}
    names: tuple[Line, ...] = Field(max_length=60)


class AcceptMedication(Command):
    """Decide, with a reason, that a dose may be given with this medication, or after it was stopped."""

    verb: ClassVar[str] = "accept_medication"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"name": "lorazepam", "daily_mg": 1}
    name: Line
    plan: Text | None = Field(
        default=None, description="How the dose is given with it, as for the blood pressure; due for one that blocks."
    )
    daily_mg: float | None = Field(
        default=None, gt=0, le=10_000, description="Milligrams a day; due for one whose daily dose matters."
    )


class StopMedication(Command):
    """Record that a medication was stopped by whoever prescribes it, and when it was taken last."""

    verb: ClassVar[str] = "stop_medication"
    by: ClassVar[frozenset[Role]] = ANYONE
    example: ClassVar[dict[str, Any]] = {"name": "phenelzine", "last_taken_at": "2027-01-04T08:00:00-07:00"}
    name: Line
    last_taken_at: Instant


class LabReport(Model):
    """The result of one test."""

    test: LabTest
    result: LabResult
    collected_at: Instant | None = None


class RecordLabs(Command):
    """Record the results of tests."""

    verb: ClassVar[str] = "record_labs"
    by: ClassVar[frozenset[Role]] = STAFF
    example: ClassVar[dict[str, Any]] = {
        "labs": [
            {"test": "liver_function", "result": "unremarkable"},
            {"test": "kidney_function", "result": "unremarkable"},
            {"test": "urinary_tract_symptoms", "result": "unremarkable"},
        ]
    }
    labs: tuple[LabReport, ...] = Field(min_length=1, max_length=20)


class AcceptLab(Command):
    """Decide, with a reason, that a remarkable result does not stand in the way. A pregnancy always does."""

    verb: ClassVar[str] = "accept_lab"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"test": "liver_function"}
    test: LabTest


class RecordWeight(Command):
    """Record the body weight."""

    verb: ClassVar[str] = "record_weight"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"kg": 71.5}
    kg: float = Field(gt=0, le=500)
