"""Facts that end a pathway, or ask for its end."""

from typing import Literal

from schemas.base import Text
from schemas.commands.ends import Course
from schemas.facts.base import Fact


class PathwayCompleted(Fact):
    """The series was finished and its outcome recorded."""

    type: Literal["pathway_completed"] = "pathway_completed"
    course: Course
    summary: Text
    sessions_given: int


class PathwayDiscontinued(Fact):
    """The pathway was ended early."""

    type: Literal["pathway_discontinued"] = "pathway_discontinued"


class CancellationRequested(Fact):
    """An operator asked the engine to cancel the workflow. Care does not end silently: a human reviews it."""

    type: Literal["cancellation_requested"] = "cancellation_requested"


class CancellationDismissed(Fact):
    """A human decided that care goes on."""

    type: Literal["cancellation_dismissed"] = "cancellation_dismissed"
