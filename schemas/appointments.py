"""What was last said about an appointment."""

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id, Instant, Model


class Invitation(Model):
    """The newest calendar object that one person was sent for one appointment."""

    about: Id = Field(description="The appointment, as it is known within the pathway.")
    to_role: Role
    to_id: Id
    starts_at: Instant
    sequence: int = Field(default=0, ge=0)
    cancelled: bool = False

    def is_for(self, about: str, to_id: str) -> bool:
        """Whether it is this person's for this appointment."""
        return (self.about, self.to_id) == (about, to_id)
