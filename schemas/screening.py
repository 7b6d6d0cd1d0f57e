"""What is known of the patient's health: history, clearances, medications, laboratory tests, weight."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from schemas.base import Id, Instant, Line, Model


class MedicationAction(StrEnum):
    """What a medication means for a dose, from the strictest to the mildest."""

    BLOCK = "block"
    REVIEW = "review"
    HOLD = "hold"
    FLAG = "flag"
    ALLOW = "allow"


class LabTest(StrEnum):
    """Tests that the protocol may ask for."""

    PREGNANCY = "pregnancy"
    LIVER_FUNCTION = "liver_function"
    KIDNEY_FUNCTION = "kidney_function"
    ECG = "ecg"
    URINE_DRUG_SCREEN = "urine_drug_screen"
    URINARY_TRACT_SYMPTOMS = "urinary_tract_symptoms"


class LabResult(StrEnum):
    """What a test showed. ``unremarkable`` is negative, or within the reference range."""

    UNREMARKABLE = "unremarkable"
    REMARKABLE = "remarkable"


class Lab(Model):
    """One test."""

    test: LabTest
    result: LabResult
    collected_at: Instant
    sessions_before: int = Field(default=0, description="Sessions with drug when it was recorded.")
    accepted_by: Id | None = Field(default=None, description="Physician who decided that it does not stand in the way.")


class Weight(Model):
    """Body weight."""

    kg: float = Field(gt=0, le=500)
    measured_at: Instant


class HealthHistory(Model):
    """The answers to everything that the protocol asks about."""

    recorded_at: Instant
    age_years: int = Field(ge=0, le=130)
    childbearing_potential: bool
    conditions: tuple[Id, ...] = Field(description="Those that are present.")
    stop_bang: int | None = Field(default=None, ge=0, le=8, description="Score for sleep apnoea, where it was asked.")
    substance_use_suspected: bool = Field(default=False, description="Then a urine drug screen is asked for.")
    retracted: tuple[Id, ...] | None = Field(
        default=None, description="Not told of any more, but a physician has not decided about them yet."
    )


class Clearance(Model):
    """A physician's decision that a relative contraindication does not stand in the way."""

    condition: Id
    cleared_by: Id
    cleared_at: Instant


class Medication(Model):
    """One entry of a medication list, and what it was recognised as."""

    name: Line = Field(description="As it was told.")
    ingredients: tuple[Line, ...] = ()
    classes: tuple[Id, ...] = ()
    action: MedicationAction
    recognised: bool = True
    suggestion: Line | None = Field(default=None, description="An ingredient that is spelled much like it.")
    strength: Line | None = Field(
        default=None, description="What was told beside the name, where the protocol looks at how much is taken."
    )

    @property
    def key(self) -> str:
        """What makes two entries the same medication, however they were told."""
        known = ",".join(self.ingredients)
        return known if self.recognised else f"{known}?{self.name.casefold()}"

    @property
    def as_taken(self) -> str:
        """The same with how much is taken, where that matters: another strength is decided anew."""
        return self.key if self.strength is None else f"{self.key} {self.strength}"


class MedicationList(Model):
    """Everything that the patient takes, as of the last time somebody said so."""

    version: int = 0
    recorded_at: Instant | None = None
    entries: tuple[Medication, ...] = ()
    retracted: tuple[Medication, ...] = Field(
        default=(), description="Not told of any more, but a physician has not decided about them yet."
    )

    @property
    def digest(self) -> str:
        """A hash over everything that matters for a dose; empty while no list was recorded."""
        if self.recorded_at is None:
            return ""
        telling = sorted({entry.as_taken for entry in self.entries if entry.action is not MedicationAction.ALLOW})
        return hashlib.sha256("\x1f".join(telling).encode()).hexdigest()[:32]


class MedicationDecision(Model):
    """A physician's decision that a dose may be given although the patient takes, or took, a medication."""

    key: str
    accepted_by: Id
    accepted_at: Instant
    above_flag: bool = Field(default=False, description="Taken in a daily dose that is looked at twice.")


class Washout(Model):
    """A medication that was stopped, and has to leave the body before anybody decides anew."""

    key: str
    last_taken_at: Instant
    over_at: Instant
    over: bool = Field(default=False, description="The time has passed. That clears nothing: a physician decides.")


class Screening(Model):
    """All of it."""

    history: HealthHistory | None = None
    clearances: tuple[Clearance, ...] = ()
    medications: MedicationList = MedicationList()
    decisions: tuple[MedicationDecision, ...] = ()
    washouts: tuple[Washout, ...] = ()
    labs: tuple[Lab, ...] = Field(default=(), description="The newest of each test, and the one before it.")
    lapsed: tuple[Id, ...] = Field(default=(), description="Tests, or the weight, that time has made too old.")
    weight: Weight | None = None
    settled_at: Instant | None = Field(default=None, description="When the last thing in the way of a dose was lifted.")

    def latest(self, test: LabTest, at: datetime | None = None) -> Lab | None:
        """The newest result of a test, or that of an instant; of two of one instant the one told last."""
        known = (lab for lab in reversed(self.labs) if lab.test is test and (at is None or lab.collected_at <= at))
        return max(known, key=lambda lab: lab.collected_at, default=None)
