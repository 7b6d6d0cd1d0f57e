"""When somebody asks after the patient, and what happens when nobody is reached."""

from typing import Self

from pydantic import Field, model_validator

from schemas.base import Id, Model
from schemas.measures import Instrument
from schemas.protocol.quantity import Quantity
from schemas.refusals import Unacceptable


class CheckinRule(Model):
    """One check-in after a session: from when, until when, and what is asked."""

    opens_h: Quantity
    due_h: Quantity
    measures: tuple[Instrument, ...] = ()
    side_effects: bool = Field(description="Whether side effects have to be asked for.")
    staff_only: bool = Field(default=False, description="Whether a member of the staff has to speak with the patient.")
    safety: bool = Field(default=False, description="Whether it remains once care has ended.")
    source: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 0 <= self.opens_h.value <= self.due_h.value:
            raise Unacceptable("a check-in opens before it is due")
        return self


class LongTermRule(Model):
    """Check-ins after the last session of a series."""

    days: tuple[Quantity, ...] = Field(min_length=1)
    measures: tuple[Instrument, ...] = ()
    side_effects: bool
    source: str


class MissedRules(Model):
    """What follows, in hours after it was due, while a check-in stays unanswered. Reminders: the ladder of its work."""

    human_call_h: Quantity
    welfare_decision_h: Quantity

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.human_call_h.value >= self.welfare_decision_h.value:
            raise Unacceptable("a human calls before a clinician decides on the patient's welfare")
        return self


class CheckinRules(Model):
    """Every check-in of the protocol."""

    after_session: dict[Id, CheckinRule] = Field(min_length=1)
    long_term: LongTermRule
    missed: MissedRules

    @property
    def asked(self) -> frozenset[Instrument]:
        """Every questionnaire that belongs to a check-in."""
        after_session = [one for rule in self.after_session.values() for one in rule.measures]
        return frozenset((*after_session, *self.long_term.measures))
