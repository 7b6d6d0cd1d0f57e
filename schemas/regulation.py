"""What is known of a patient that the law asks for beside medicine."""

from pydantic import Field

from schemas.base import Id, Instant, Model


class RemsForm(Model):
    """A monitoring form that is owed for a session in which drug was given."""

    session_id: Id
    due_at: Instant


class Regulatory(Model):
    """Visits in person, what time has warned of, and what a risk evaluation and mitigation strategy asks for."""

    in_person: tuple[Instant, ...] = Field(default=(), description="Visits to a prescriber in person, in order.")
    telemedicine_warned_at: Instant | None = Field(
        default=None, description="When the approaching end of the telemedicine permission was told."
    )

    rems_enrolled_at: Instant | None = Field(default=None, description="From then on patient and site may go on.")
    rems_forms: tuple[RemsForm, ...] = Field(default=(), description="Forms that are owed, oldest first.")

    def last_in_person_at(self, at: Instant | None = None) -> Instant | None:
        """The last visit in person, as of now or of an instant; None in a relationship over video alone."""
        known = self.in_person if at is None else tuple(visit for visit in self.in_person if visit <= at)
        return known[-1] if known else None
