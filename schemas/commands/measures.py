"""Commands of questionnaires and of suicide risk."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import ANYONE, CLINICIANS, Role
from schemas.commands.base import Command
from schemas.measures import Answers, Instrument


class RecordMeasure(Command):
    """Record the answers to a questionnaire; the score and what it means follow from the protocol."""

    verb: ClassVar[str] = "record_measure"
    by: ClassVar[frozenset[Role]] = ANYONE
    after_the_end: ClassVar[bool] = True
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "instrument": "phq9",
        "answers": {"q1": 2, "q2": 2, "q3": 1, "q4": 2, "q5": 1, "q6": 2, "q7": 1, "q8": 1, "q9": 0},
    }
    instrument: Instrument
    answers: Answers = Field(description="Answer by item, as q1; yes is 1 and no is 0; null is missing.")


class RecordRiskContact(Command):
    """Record that somebody tried to speak with a patient whose risk is moderate or high."""

    verb: ClassVar[str] = "record_risk_contact"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    after_the_end: ClassVar[bool] = True
    may_be_late: ClassVar[bool] = True
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"reached": True}
    reached: bool


class ClearRisk(Command):
    """A clinician's judgement that dosing may go on in spite of a sign of suicide risk. It takes two of them."""

    verb: ClassVar[str] = "clear_risk"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    needs_reason: ClassVar[bool] = True
