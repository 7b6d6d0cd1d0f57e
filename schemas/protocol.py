"""The clinical protocol as data: every number with its unit, its source and where it comes from.

The files are in ``schemas/protocols``. A pathway pins the content it enrolled under, so that neither a replay nor a
decision ever depends on a file that somebody edits later.
"""

from datetime import time
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from schemas.actors import Role
from schemas.base import Id, Line, Model, ShortId
from schemas.messages import Template
from schemas.refusals import Unacceptable
from schemas.treatment import DrugRoute, Setting
from schemas.work import WorkKind


class Provenance(StrEnum):
    """How well a number is founded."""

    SOURCED = "sourced"
    GENERAL_KNOWLEDGE = "general_knowledge"
    DESIGN_DEFAULT = "design_default"


class Quantity(Model):
    """A clinical number that somebody can be asked about."""

    value: float
    unit: Line
    provenance: Provenance
    source: str = ""
    conflict: str = Field(default="", description="What another source says instead, where one does.")

    @model_validator(mode="after")
    def _sourced_numbers_name_their_source(self) -> Self:
        if self.provenance is Provenance.SOURCED and not self.source:
            raise Unacceptable("a sourced number names its source")
        return self


class Series(Model):
    """How often the cycle of preparation, session and integration repeats."""

    sessions: Quantity
    min_hours_between_doses: Quantity


class ApprovalTerms(Model):
    """The most that one dosing approval may grant."""

    sessions: Quantity
    valid_days: Quantity


class Approvals(Model):
    """Terms of the first approval and of later ones."""

    first: ApprovalTerms
    later: ApprovalTerms


class RouteLimits(Model):
    """Limits of one route of administration."""

    settings: tuple[Setting, ...]
    max_session_mg: Quantity
    observation_min: Quantity
    vitals_at_min: tuple[int, ...] = Field(description="Minutes after the last dose at which vitals are due.")
    source: str


class BloodPressure(Model):
    """A pair of limits in mmHg."""

    systolic: Quantity
    diastolic: Quantity


class PredoseLimits(Model):
    """Blood pressure bands before a dose in one setting. Up to ``go`` is in range; above ``hold_above`` is held."""

    go: BloodPressure
    hold_above: BloodPressure


class VitalsRules(Model):
    """What must be measured before a dose, and what it must be."""

    predose: dict[Setting, PredoseLimits]
    immediate_hold: BloodPressure = Field(description="A single reading at or above either value holds at once.")
    max_repeats: Quantity
    valid_min: Quantity = Field(description="Age in minutes up to which a reading counts as recent.")
    heart_rate_min: Quantity
    heart_rate_max: Quantity
    spo2_min: Quantity


class SessionRules(Model):
    """Rules around a dosing session."""

    checkin_opens_min: Quantity
    reminder_local_time: time = Field(description="Wall-clock time, on the day before, in the patient's zone.")
    reminder_source: str


class IntegrationRules(Model):
    """When the integration visit takes place."""

    window_opens_h: Quantity
    window_closes_h: Quantity
    hard_limit_days: Quantity
    min_hours_before_next_dose: Quantity

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.window_opens_h.value < self.window_closes_h.value <= self.hard_limit_days.value * 24:
            raise Unacceptable("the integration window must open before it closes and close before the hard limit")
        return self


class Ladder(Model):
    """When an unfinished work item is raised again, in hours after it was due. It is never closed by time."""

    steps_h: tuple[float, ...] = Field(min_length=1)
    repeat_every_h: float = Field(gt=0)
    source: str


class WorkRule(Model):
    """Who owes a kind of work, and by when."""

    owner: Role
    due_h: float = Field(gt=0, description="Hours from opening until due, unless the facts give an instant.")
    escalates_to: Role
    announced_by: Template | None = None
    announced_to: tuple[Role, ...] = ()
    overdue_by: Template = Template.WORK_OVERDUE
    source: str


class Signature(Model):
    """The medical director's sign-off of a version."""

    signed_by: Line
    signed_on: Line


class Protocol(Model):
    """One version of the clinical protocol."""

    id: ShortId
    version: ShortId
    title: Line
    signature: Signature | None = None
    future_tolerance_s: Quantity
    consent_kinds: tuple[Id, ...] = Field(min_length=1, description="Consents that must be active before a dose.")
    consent_version: Id
    series: Series
    approval: Approvals
    routes: dict[DrugRoute, RouteLimits]
    vitals: VitalsRules
    session: SessionRules
    integration: IntegrationRules
    work: dict[WorkKind, WorkRule]
    ladder: Ladder

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [kind.value for kind in WorkKind if kind not in self.work]
        if missing:
            raise Unacceptable(f"no owner and due time for work of kind {', '.join(missing)}")
        if any(setting not in self.vitals.predose for setting in Setting):
            raise Unacceptable("blood pressure limits are missing for a setting")
        return self

    @property
    def name(self) -> str:
        """Identifier and version in one readable word."""
        return f"{self.id}:{self.version}"
