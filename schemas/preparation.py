"""Preparation: what is talked about before a session, and the roadmap that it leads to."""

from enum import StrEnum

from pydantic import Field

from schemas.base import Instant, Model, Text


class PreparationKind(StrEnum):
    """A whole preparation, or the short one before a later session."""

    FULL = "full"
    BRIEF = "brief"


class PreparationItem(StrEnum):
    """What is talked about with the patient."""

    INTENTION = "intention"
    WHAT_TO_EXPECT = "what_to_expect"
    SAFETY_AND_EXIT_PLAN = "safety_and_exit_plan"
    MEDICATION_HOLDS = "medication_holds"
    SITTER_BRIEF = "sitter_brief"
    TOUCH_AND_RECORDING = "touch_and_recording"
    EMERGENCY_PLAN = "emergency_plan"
    INTEGRATION_DATES = "integration_dates"
    DOSE_PLAN = "dose_plan"


class PreparationVisit(Model):
    """A visit of this cycle for which a note was signed."""

    kind: PreparationKind
    held_at: Instant
    minutes: float | None
    checklist: tuple[PreparationItem, ...]
    completed: bool = Field(description="Whether the patient was prepared with it.")


class Roadmap(Model):
    """What the patient wants from the sessions. It is carried from cycle to cycle, and amended."""

    version: int = Field(ge=1, description="Counts its changes.")
    cycle: int = Field(description="The cycle in which it was last changed.")
    intentions: tuple[Text, ...] = ()
    recent_stressors: tuple[Text, ...] = Field(default=(), description="As told at the last visit; never carried on.")
    goals: tuple[Text, ...] = ()
