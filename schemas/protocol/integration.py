"""When the integration visit takes place."""

from typing import Self

from pydantic import Field, model_validator

from schemas.base import Model
from schemas.protocol.quantity import Quantity
from schemas.refusals import Unacceptable


class IntegrationRules(Model):
    """When the integration visit takes place."""

    window_opens_h: Quantity
    window_closes_h: Quantity
    hard_limit_days: Quantity
    min_hours_before_next_dose: Quantity
    recommended_visits: Quantity | None = None
    release_hours_before_session: Quantity | None = Field(
        default=None,
        description="Before the next session, if that was booked ahead: still not integrated, its time is given back.",
    )
    plan_followed_up: bool = Field(
        default=False, description="Whether each visit says what became of the plan of the visits before."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.window_opens_h.value < self.window_closes_h.value <= self.hard_limit_days.value * 24:
            raise Unacceptable("the integration window must open before it closes and close before the hard limit")
        return self
