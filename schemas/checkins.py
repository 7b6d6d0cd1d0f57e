"""Check-ins after a session: who asks how the patient is, and when."""

from enum import StrEnum

from pydantic import Field

from schemas.base import Id, Instant, Model
from schemas.integration import VisitKind


class SideEffectCode(StrEnum):
    """Side effects that a patient is asked about."""

    NAUSEA = "nausea"
    VOMITING = "vomiting"
    DIZZINESS = "dizziness"
    HEADACHE = "headache"
    FATIGUE = "fatigue"
    BLURRED_VISION = "blurred_vision"
    ANXIETY = "anxiety"
    LOW_MOOD = "low_mood"
    AGITATION = "agitation"
    DISSOCIATION = "dissociation"
    CONFUSION = "confusion"
    SLEEP_DISTURBANCE = "sleep_disturbance"
    URINARY_SYMPTOMS = "urinary_symptoms"
    CRAVING = "craving"
    OTHER = "other"


class Intensity(StrEnum):
    """How much a side effect is felt."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class SideEffect(Model):
    """A side effect and how much it is felt."""

    code: SideEffectCode
    intensity: Intensity


class CheckinOutcome(StrEnum):
    """Whether the patient was spoken to, or answered."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"


class WelfareDecision(StrEnum):
    """What a clinician decides about a patient who does not answer."""

    KEEP_TRYING = "keep_trying"
    REQUEST_WELFARE_CHECK = "request_welfare_check"
    CLOSE = "close"


_NO_SHOW = "missed_"


def no_show_kind(visit: VisitKind) -> str:
    """The kind of check-in that asks after whoever missed a visit."""
    return f"{_NO_SHOW}{visit.value}"


def is_after_no_show(kind: str) -> bool:
    """Whether a kind of check-in asks after whoever missed a visit."""
    return kind.startswith(_NO_SHOW)


class PlannedCheckin(Model):
    """A check-in that lies ahead."""

    id: Id
    kind: Id
    opens_at: Instant
    due_at: Instant


class OpenCheckin(Model):
    """A check-in that is owed. Time makes it more urgent and never closes it."""

    id: Id
    kind: Id
    opens_at: Instant
    due_at: Instant
    attempts: int = Field(default=0, description="How often the patient was tried and not reached.")
    call_owed: bool = False
    called: bool = Field(default=False, description="A human tried after the reminders were not answered.")
    welfare_at: Instant = Field(description="When a clinician has to decide, if nobody has reached the patient.")
    welfare_owed: bool = False


class Checkins(Model):
    """The check-ins of a pathway."""

    planned: tuple[PlannedCheckin, ...] = ()
    open: tuple[OpenCheckin, ...] = ()
    declined_at: Instant | None = Field(default=None, description="The patient wants no safety contact any more.")
