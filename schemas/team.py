"""Who stands in for whom, who has left, and what was verified about those who treat."""

from enum import StrEnum

from pydantic import Field

from schemas.actors import Role, Seat
from schemas.base import Day, Id, Instant, Model, State


class Credential(StrEnum):
    """What a clinician may be asked to hold."""

    LICENCE = "licence"
    PRESCRIBING_REGISTRATION = "prescribing_registration"
    KAP_TRAINING = "kap_training"
    MALPRACTICE_COVER = "malpractice_cover"
    REFERENCES = "references"


class Credentials(Model):
    """What somebody holds, as verified. Each ends with its last day where the patient lives."""

    person_id: Id
    role: Role
    licences: dict[State, Day] = Field(
        default_factory=dict, max_length=60, description="States of licence, each with its last day."
    )
    prescribing_until: Day | None = Field(default=None, description="Last day of the DEA registration.")
    kap_trained: bool = Field(default=False, description="Approved training in ketamine-assisted psychotherapy.")
    kap_training_until: Day | None = Field(default=None, description="Last day of the training, if it has an end.")
    malpractice_until: Day | None = Field(default=None, description="Last day of the malpractice cover.")
    references_checked: bool = False


class Verified(Model):
    """Credentials since somebody verified them, and what time has said about them."""

    credentials: Credentials
    since: Instant
    warned: tuple[Id, ...] = Field(default=(), description="Those whose end was told of before it came.")
    lapsed: tuple[Id, ...] = Field(default=(), description="Those that have ended since.")


class TeamChangeCause(StrEnum):
    """Why a place in the team changes hands."""

    DEPARTURE = "departure"
    LEAVE = "leave"
    PATIENT_WISH = "patient_wish"
    LICENCE = "licence"
    JOINING = "joining"


class Cover(Model):
    """Somebody who stands in for a place, from an instant until another."""

    seat: Seat
    person_id: Id
    starts_at: Instant
    ends_at: Instant
    began: bool = False


class Handover(Model):
    """The physician or the therapist changed in the course: what the next dose waits for since."""

    since: Instant
    needs_preparation: bool = Field(description="The therapist changed, and preparation belongs to the treatment.")
    prepared_at: Instant | None = Field(default=None, description="When the new therapist prepared the patient.")
    continued_at: Instant | None = Field(default=None, description="When a physician decided that the series goes on.")


class Candidate(Model):
    """Somebody who may be asked to be the therapist."""

    person_id: Id
    practice_id: Id | None = Field(default=None, description="Their own practice, if that is not the clinic.")


class TherapistOffer(Model):
    """The therapist's place as it is offered to one candidate, and who is asked after them."""

    id: Id
    candidate: Candidate
    expires_at: Instant
    others: tuple[Candidate, ...] = Field(default=(), description="Who is asked next, in order.")


class Staffing(Model):
    """What is known of the care team beside who has a place in it."""

    verified: tuple[Verified, ...] = Field(default=(), description="As recorded, oldest first.")
    covers: tuple[Cover, ...] = Field(default=(), description="By start; never two at once for a place.")
    departed: dict[Id, Instant] = Field(default_factory=dict, description="Who has left, and when.")
    handover: Handover | None = None
    to_be_found: bool = Field(default=False, description="The referral asks for a therapist to be found.")
    own_therapist_id: Id | None = Field(default=None, description="The patient's own, as the referral says.")
    offer: TherapistOffer | None = Field(default=None, description="The one that stands; never two at once.")
    offers_made: int = Field(default=0, ge=0)
    candidates_exhausted: bool = Field(default=False, description="Nobody of the last list accepted.")
