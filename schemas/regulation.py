"""What is known of a patient that the law asks for beside medicine."""

from pydantic import Field

from schemas.base import Instant, Model


class Regulatory(Model):
    """Visits in person, and what time has warned of."""

    in_person: tuple[Instant, ...] = Field(default=(), description="Visits to a prescriber in person, in order.")
    telemedicine_warned_at: Instant | None = Field(
        default=None, description="When the approaching end of the telemedicine permission was told."
    )

    def last_in_person_at(self, at: Instant | None = None) -> Instant | None:
        """The last visit in person, as of now or of an instant; None in a relationship over video alone."""
        known = self.in_person if at is None else tuple(visit for visit in self.in_person if visit <= at)
        return known[-1] if known else None
