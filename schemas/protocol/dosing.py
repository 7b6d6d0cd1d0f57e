"""Series, approvals and limits of a route of administration."""

from typing import Annotated

from pydantic import Field

from schemas.base import Model
from schemas.protocol.quantity import Quantity, Unit
from schemas.treatment import Setting


class LaterSpacing(Model):
    """How close sessions may be once a series has gone on for a while."""

    after_weeks: Quantity = Field(description="Weeks since the first session.")
    max_sessions_per_week: Quantity


class Series(Model):
    """How often the cycle of preparation, session and integration repeats."""

    sessions: Quantity
    min_hours_between_doses: Quantity
    max_sessions_per_week: Quantity | None = Field(default=None, description="Most sessions with drug in 7 days.")
    later: tuple[LaterSpacing, ...] = Field(default=(), description="Fewer of them later on, in the order of time.")


class ApprovalTerms(Model):
    """The most that one dosing approval may grant."""

    sessions: Quantity
    valid_days: Quantity


class Approvals(Model):
    """Terms of the first approval and of later ones."""

    first: ApprovalTerms
    later: ApprovalTerms
    absolute_max_days: Quantity | None = Field(default=None, description="Days that no approval may exceed, by law.")
    reevaluate_after_days: Quantity | None = Field(
        default=None, description="Days since the last session after which a physician sees the patient anew."
    )
    weight_change_percent: Quantity | None = Field(
        default=None, description="Change of weight beyond which a dose by weight is approved anew."
    )
    acknowledged_by_h: Quantity | None = Field(
        default=None, description="Hours within which therapist and patient acknowledge a dose plan."
    )


class RouteLimits(Model):
    """Limits of one route of administration."""

    settings: tuple[Setting, ...]
    max_session_mg: Quantity
    max_mg_per_kg: Quantity | None = Field(default=None, description="Most milligrams per kilogram in one session.")
    least_session_mg: Quantity | None = Field(
        default=None, description="Below it a session's dose is unusual: it needs a reason, and warns."
    )
    least_mg_per_kg: Quantity | None = Field(default=None, description="The same by weight.")
    soft_max_mg_per_kg: Quantity | None = Field(
        default=None, description="Above it nobody approves alone, however small the step."
    )
    first_dose_mg: Quantity | None = Field(default=None, description="The only first dose of a series.")
    single_doses_mg: tuple[Quantity, ...] | None = Field(default=None, description="The only doses; None: any.")
    booster: bool = Field(default=True, description="Whether a second dose may follow in a session.")
    start_mg: Quantity | None = Field(default=None, description="Where the first approval starts from.")
    start_mg_per_kg: Quantity | None = Field(default=None, description="The same by weight.")
    step_mg: Quantity | None = Field(default=None, description="Most that one physician alone may add.")
    step_mg_per_kg: Quantity | None = Field(default=None, description="The same by weight.")
    step_percent: Quantity | None = Field(default=None, description="The same in percent of the approval before.")
    observation_min: Quantity
    vitals_at_min: Annotated[tuple[int, ...], Unit("min")] = Field(
        description="Minutes after the last dose at which vitals are due."
    )
    infusion_min: Quantity | None = Field(
        default=None, description="Planned minutes of an infusion; then the observation counts from its end."
    )
    planned_min: Annotated[tuple[int, int] | None, Unit("min")] = Field(
        default=None, description="Least and most minutes that a session is planned for; information, not a limit."
    )
    vitals_at_min_in: Annotated[dict[Setting, tuple[int, ...]], Unit("min")] = Field(
        default_factory=dict, description="The same in a setting that has minutes of its own."
    )
    vitals_every_min: Quantity | None = Field(
        default=None, description="After the last of them: most minutes between two readings, until the discharge."
    )
    source: str


class BoosterRules(Model):
    """When the second dose of a session may be given, in minutes after the first."""

    opens_min: Quantity
    closes_min: Quantity
