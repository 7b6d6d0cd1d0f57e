"""How close sessions follow each other, and who said that this is right."""

from pydantic import Field

from schemas.base import Id, Instant, Model


class SpacingReview(Model):
    """A physician's decision on sessions that are still as close as in the beginning."""

    at: Instant
    go_on: bool


class Pace(Model):
    """The beginning of the series, and what was said about its pace."""

    first_session_at: Instant | None = None
    confirmed: dict[Id, Instant] = Field(
        default_factory=dict, description="Approvals under which the therapist found the pace fitting, and since when."
    )
    reviews: tuple[SpacingReview, ...] = Field(default=(), description="Oldest first.")
