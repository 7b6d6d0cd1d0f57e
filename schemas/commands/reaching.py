"""Commands about patients whom messages do not reach."""

from typing import Any, ClassVar

from schemas.actors import STAFF, Role
from schemas.commands.base import Command


class RecordPatientContact(Command):
    """Record that somebody tried to speak with a patient whom messages do not reach. The reason says how.

    Only a patient who was reached ends the work; a corrected address alone does not.
    """

    verb: ClassVar[str] = "record_patient_contact"
    by: ClassVar[frozenset[Role]] = STAFF
    after_the_end: ClassVar[bool] = True
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"reached": True}
    reached: bool
