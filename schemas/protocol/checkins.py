"""When somebody asks after the patient, and what happens when nobody is reached."""

from typing import Self

from pydantic import Field, model_validator

from schemas.base import Id, Model
from schemas.checkins import no_show_kind
from schemas.integration import VisitKind
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
    after_no_show: dict[VisitKind, CheckinRule] = Field(
        default_factory=dict, description="A human asks after whoever missed such a visit, in hours after it."
    )

    def rule(self, kind: str) -> CheckinRule | None:
        """The rule of a kind of check-in; None for the long-term ones."""
        return {**self.after_session, **self._after_no_show}.get(kind)

    @property
    def safety_kinds(self) -> frozenset[str]:
        """Kinds that remain once care has ended."""
        rules = {**self.after_session, **self._after_no_show}
        return frozenset(kind for kind, rule in rules.items() if rule.safety)

    @property
    def _after_no_show(self) -> dict[str, CheckinRule]:
        return {no_show_kind(visit): rule for visit, rule in self.after_no_show.items()}

    @property
    def asked(self) -> frozenset[Instrument]:
        """Every questionnaire that belongs to a check-in."""
        rules = (*self.after_session.values(), *self.after_no_show.values())
        return frozenset((*(one for rule in rules for one in rule.measures), *self.long_term.measures))
