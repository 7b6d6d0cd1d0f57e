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


class CareTeam(Model):
    """The people who carry one pathway; identifiers of the clinic's directory."""

    physician_id: Id
    therapist_id: Id | None = Field(default=None, description="Needed wherever psychotherapy belongs to the treatment.")
    coordinator_id: Id

    def member(self, role: Role) -> str | None:
        """The person of the team in ``role``; None for a role that is not assigned by name."""
        match role:
            case Role.PHYSICIAN:
                return self.physician_id
            case Role.THERAPIST:
                return self.therapist_id
            case Role.COORDINATOR:
                return self.coordinator_id
            case _:
                return None
