"""Facts of what a patient gets to read."""

from typing import Literal

from schemas.base import Id
from schemas.facts.base import Fact


class EducationChosen(Fact):
    """The patient wants something to read, or does not want it any more."""

    type: Literal["education_chosen"] = "education_chosen"
    wanted: bool


class EducationDue(Fact):
    """The day of a topic came; the patient is told that it waits."""

    type: Literal["education_due"] = "education_due"
    topic: Id
