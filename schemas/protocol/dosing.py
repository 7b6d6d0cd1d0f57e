"""Series, approvals and limits of a route of administration."""

from pydantic import Field

from schemas.base import Model
from schemas.protocol.quantity import Quantity
from schemas.treatment import Setting


class Series(Model):
    """How often the cycle of preparation, session and integration repeats."""

    sessions: Quantity
    min_hours_between_doses: Quantity


class ApprovalTerms(Model):
    """The most that one dosing approval may grant."""

    sessions: Quantity
    valid_days: Quantity


class Approvals(Model):
    """Terms of the first approval and of later ones."""

    first: ApprovalTerms
    later: ApprovalTerms


class RouteLimits(Model):
    """Limits of one route of administration."""

    settings: tuple[Setting, ...]
    max_session_mg: Quantity
    observation_min: Quantity
    vitals_at_min: tuple[int, ...] = Field(description="Minutes after the last dose at which vitals are due.")
    source: str
