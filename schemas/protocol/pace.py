"""How many sessions a week may hold before somebody has to say that this is right."""

from pydantic import Field

from schemas.base import Model
from schemas.protocol.quantity import Quantity


class PaceRules(Model):
    """Beside the most sessions that a series allows in a week: when a human confirms or reviews them."""

    confirmed_above_per_week: Quantity = Field(
        description="Sessions in 7 days beyond which the therapist confirms that integration fits between."
    )
    reviewed_from_per_week: Quantity = Field(
        description="Sessions in 7 days that a physician reviews, to stop or go on, where they are still needed late."
    )
    reviewed_after_weeks: Quantity = Field(
        description="Weeks since the first session after which they are; a review counts for as long."
    )
