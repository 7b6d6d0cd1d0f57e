"""Who acts on a pathway."""

from enum import StrEnum

from pydantic import Field

from schemas.base import Id, Model


class Role(StrEnum):
    """The part a human plays in one patient's care."""

    PATIENT = "patient"
    PHYSICIAN = "physician"
    THERAPIST = "therapist"
    NURSE = "nurse"
    COORDINATOR = "coordinator"


CLINICIANS = frozenset({Role.PHYSICIAN, Role.THERAPIST, Role.NURSE})
"""Roles that hold a clinical licence."""

STAFF = CLINICIANS | {Role.COORDINATOR}
"""Everyone who works for the care team."""

ANYONE = frozenset(Role)
"""Every role, the patient included."""


class Actor(Model):
    """A named human acting in a role. The orchestrator itself is never an actor: its events carry none."""

    id: Id
    role: Role


class Seat(StrEnum):
    """A place in the care team."""

    PHYSICIAN = "physician"
    THERAPIST = "therapist"
    COORDINATOR = "coordinator"
    BACKUP_PHYSICIAN = "backup_physician"
    ON_CALL = "on_call"
    SITTER = "sitter"


class CareTeam(Model):
    """The people who carry one pathway; identifiers of the clinic's directory."""

    physician_id: Id
    therapist_id: Id | None = Field(default=None, description="Needed wherever psychotherapy belongs to the treatment.")
    coordinator_id: Id
    therapist_practice_id: Id | None = Field(
        default=None, description="The therapist's own practice, if that is not the clinic: then an external therapist."
    )
    backup_physician_id: Id | None = Field(default=None, description="Told, too, when the physician's work is late.")
    on_call_id: Id | None = Field(default=None, description="Takes emergencies and signs of suicide risk first.")
    sitter_id: Id | None = Field(default=None, description="Who stays with the patient at home; attested each time.")

    def seated(self, seat: Seat) -> str | None:
        """The person in a place; None while it is empty."""
        person: str | None = getattr(self, f"{seat.value}_id")
        return person

    @property
    def people(self) -> frozenset[str]:
        """Everybody who has a place."""
        return frozenset(person for seat in Seat if (person := self.seated(seat)) is not None)
