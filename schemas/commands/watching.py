"""Commands while a patient is watched: the end of an infusion, the sitter's looks, and contact that is lost."""

from typing import Any, ClassVar

from schemas.actors import CLINICIANS, Role
from schemas.commands.base import Command


class EndInfusion(Command):
    """Record that the infusion has ended. The observation time counts from here."""

    verb: ClassVar[str] = "end_infusion"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    may_be_late: ClassVar[bool] = True


class RecordSitterCheck(Command):
    """Record what the sitter at home sees when looking at the patient."""

    verb: ClassVar[str] = "record_sitter_check"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"responsive": True, "breathing_calmly": True}
    responsive: bool
    breathing_calmly: bool


class ReportContactLost(Command):
    """Report that the patient at home can neither be seen nor heard any more. The sitter is called at once."""

    verb: ClassVar[str] = "report_contact_lost"
    by: ClassVar[frozenset[Role]] = CLINICIANS


class RecordSitterContact(Command):
    """Record whether the sitter was reached after contact was lost. Not reached, it is an emergency."""

    verb: ClassVar[str] = "record_sitter_contact"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    example: ClassVar[dict[str, Any]] = {"reached": True}
    reached: bool
