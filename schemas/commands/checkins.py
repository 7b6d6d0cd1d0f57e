"""Commands of check-ins after a session."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import ANYONE, CLINICIANS, Role
from schemas.base import Id, Model, Text
from schemas.checkins import CheckinOutcome, SideEffect, WelfareDecision
from schemas.commands.base import Command
from schemas.measures import Answers, Instrument


class Questionnaire(Model):
    """A questionnaire answered during a check-in."""

    instrument: Instrument
    answers: Answers


class RecordCheckin(Command):
    """Record a check-in: what the patient said, or that nobody was reached, which leaves it open."""

    verb: ClassVar[str] = "record_checkin"
    by: ClassVar[frozenset[Role]] = ANYONE
    after_the_end: ClassVar[bool] = True
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "checkin_id": "S1-safety_call",
        "outcome": "reached",
        "side_effects": [{"code": "nausea", "intensity": "mild"}],
    }
    checkin_id: Id
    outcome: CheckinOutcome
    measures: tuple[Questionnaire, ...] = Field(default=(), max_length=10)
    side_effects: tuple[SideEffect, ...] | None = Field(
        default=None, max_length=30, description="Empty where the patient has none; absent where nobody asked."
    )
    note: Text | None = None


class DecideWelfare(Command):
    """A clinician's decision about a patient whom nobody reaches. Only closing ends the check-in."""

    verb: ClassVar[str] = "decide_welfare"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    after_the_end: ClassVar[bool] = True
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"checkin_id": "S1-safety_call", "decision": "keep_trying"}
    checkin_id: Id
    decision: WelfareDecision


class DeclineSafetyContact(Command):
    """Record that a patient who withdrew wants no safety contact either."""

    verb: ClassVar[str] = "decline_safety_contact"
    by: ClassVar[frozenset[Role]] = ANYONE
    after_the_end: ClassVar[bool] = True
    needs_reason: ClassVar[bool] = True
