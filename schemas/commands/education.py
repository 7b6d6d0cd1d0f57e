"""Commands of what a patient gets to read."""

from typing import Any, ClassVar

from schemas.actors import ANYONE, Role
from schemas.commands.base import Command


class ChooseEducation(Command):
    """Record whether the patient wants something to read now and then, as they said. It changes nothing of the care."""

    verb: ClassVar[str] = "choose_education"
    by: ClassVar[frozenset[Role]] = ANYONE
    example: ClassVar[dict[str, Any]] = {"wanted": True}
    wanted: bool
