"""What is asked on the day before a session and on the day itself."""

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id, Instant, Model


class Wait(Model):
    """Something that was taken, and until when a dose waits for it."""

    code: Id = Field(description="The class it belongs to.")
    until: Instant


class DayChecklist(Model):
    """One going through the checklist. A later one adds to it; it takes nothing back."""

    at: Instant
    by: Role
    companion_arranged: bool
    new_illness: bool
    waits: tuple[Wait, ...] = ()
