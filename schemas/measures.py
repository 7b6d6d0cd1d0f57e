"""Questionnaires: what was answered, and what the answers amount to."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.actors import Role
from schemas.base import Id, Instant, Model


class Instrument(StrEnum):
    """Questionnaires that can be recorded."""

    PHQ9 = "phq9"
    PHQ9_ITEM9 = "phq9_item9"
    GAD7 = "gad7"
    PCL5 = "pcl5"
    CSSRS = "cssrs"
    CSSRS_SINCE_LAST_CONTACT = "cssrs_since_last_contact"


Item = Annotated[str, StringConstraints(pattern=r"^q[1-9][0-9]?(_past_3_months)?$")]
"""An item by its number, as in ``q9``; ``q6_past_3_months`` is the C-SSRS question about recent behaviour."""

Answers = dict[Item, int | None]
"""One answer for each item: the chosen number, or 1 for yes and 0 for no. None, or no entry, is a missing answer."""


class RiskLevel(StrEnum):
    """Suicide risk as the screener grades it."""

    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class NotAResponse(StrEnum):
    """Why an administration says nothing about how the treatment works."""

    NOT_AN_OUTCOME = "not_an_outcome"
    UNSCORABLE = "unscorable"
    TOO_SOON_AFTER_DOSE = "too_soon_after_dose"
    TOO_SOON_AFTER_LAST = "too_soon_after_last"


class Change(Model):
    """How a score compares with those before it. None where the protocol has no number for it, or no baseline is."""

    from_baseline: int | None = None
    response: bool | None = None
    remission: bool | None = None
    reliable_change: bool | None = Field(default=None, description="Improved or worsened beyond measurement error.")
    deteriorated: bool | None = None
    relapse: bool | None = None


class Score(Model):
    """The scored result of one administration."""

    instrument: Instrument
    taken_at: Instant
    recall_days: float | None = Field(default=None, description="Days it asks about; since the last contact, if None.")
    raw: int = Field(default=0, description="Sum of the answers that are there.")
    total: int | None = Field(default=None, description="Total, prorated where few answers are missing.")
    missing: tuple[Item, ...] = Field(default=(), description="Answers that the rules of the questionnaire still need.")
    band: Id | None = None
    safety_item: int | None = Field(default=None, description="The answer to the item about suicidal thoughts.")
    above_cut: bool | None = None
    clusters_met: bool | None = Field(
        default=None, description="Whether the pattern of a provisional diagnosis is met."
    )
    level: RiskLevel | None = Field(default=None, description="Triage of a suicide risk screener.")
    valid_as_response: bool = False
    not_valid_because: NotAResponse | None = None
    change: Change | None = None

    @property
    def usable(self) -> bool:
        """Whether it can be relied on: a total, or a finished screener."""
        return self.total is not None if self.level is None else not self.missing


class Administration(Model):
    """What is kept of an administration to compare later ones with."""

    instrument: Instrument
    taken_at: Instant
    usable: bool
    valid_as_response: bool
    total: int | None = None
    safety_item: int | None = None
    level: RiskLevel | None = None
    before_treatment: bool = Field(default=False, description="Taken before the first dose: a baseline.")


class RiskCode(StrEnum):
    """Why suicide risk is in question."""

    ITEM9_POSITIVE = "item9_positive"
    CSSRS_UNFINISHED = "cssrs_unfinished"
    CSSRS_MODERATE = "cssrs_moderate"
    CSSRS_HIGH = "cssrs_high"
    UNASSESSED = "unassessed"


class RiskSignal(Model):
    """One reason to stop dosing until the risk is judged."""

    code: RiskCode
    since: Instant
    contacted: bool = Field(default=False, description="A human reached the patient about it.")


class Clearing(Model):
    """One clinician's judgement that dosing may go on."""

    role: Role
    actor_id: Id
    at: Instant


class Span(Model):
    """A time during which the risk was in question."""

    since: Instant
    until: Instant


class Risk(Model):
    """Suicide risk as dosing depends on it."""

    signals: tuple[RiskSignal, ...] = Field(default=(), description="Signals that are not cleared.")
    clearings: tuple[Clearing, ...] = Field(default=(), description="Who has cleared all of them so far.")
    assessed_at: Instant | None = Field(default=None, description="When the last finished screener was taken.")
    level: RiskLevel | None = Field(default=None, description="What that screener said.")
    past: tuple[Span, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether dosing waits for clinicians to clear the risk."""
        return bool(self.signals)
