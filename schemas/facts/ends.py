"""Facts that end a pathway, or ask for its end."""

from typing import Literal

from pydantic import Field

from schemas.base import Instant, Line, Text
from schemas.commands.ends import Course, DiscontinuationCause, SeriesKind
from schemas.facts.base import Fact


class PathwayCompleted(Fact):
    """The series was finished and its outcome recorded."""

    type: Literal["pathway_completed"] = "pathway_completed"
    course: Course
    summary: Text
    sessions_given: int
    checkins_ended: int | None = Field(
        default=None, description="Long-term check-ins that will not be asked any more; none of them is for safety."
    )


class SeriesExtended(Fact):
    """Further sessions were planned."""

    type: Literal["series_extended"] = "series_extended"
    kind: SeriesKind
    sessions: int
    every_days: int | None


class PathwayDiscontinued(Fact):
    """The pathway was ended early."""

    type: Literal["pathway_discontinued"] = "pathway_discontinued"
    cause: DiscontinuationCause | None = None


class CareTransferred(Fact):
    """Another practice took over."""

    type: Literal["care_transferred"] = "care_transferred"
    receiver: Line
    summary: Text


class DeathRecorded(Fact):
    """The patient died."""

    type: Literal["death_recorded"] = "death_recorded"
    died_at: Instant | None


class SafetyContactEnded(Fact):
    """After the end of care nobody has to ask after the patient any more: it was done, or declined."""

    type: Literal["safety_contact_ended"] = "safety_contact_ended"


class CancellationRequested(Fact):
    """An operator asked the engine to cancel the workflow. Care does not end silently: a human reviews it."""

    type: Literal["cancellation_requested"] = "cancellation_requested"


class CancellationDismissed(Fact):
    """A human decided that care goes on."""

    type: Literal["cancellation_dismissed"] = "cancellation_dismissed"
