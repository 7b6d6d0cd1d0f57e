"""What may follow a series."""

from typing import Self

from pydantic import Field, model_validator

from schemas.base import Model
from schemas.protocol.quantity import Quantity
from schemas.refusals import Unacceptable


class FollowUpRules(Model):
    """Further sessions and maintenance."""

    further_sessions: Quantity = Field(
        description="Most sessions beyond the series, and most of a round of maintenance."
    )
    maintenance_min_days: Quantity = Field(description="Least days between two maintenance sessions.")
    maintenance_max_days: Quantity = Field(description="Most days between two maintenance sessions.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.maintenance_min_days.value > self.maintenance_max_days.value:
            raise Unacceptable("the least interval of maintenance must not exceed the most")
        return self
