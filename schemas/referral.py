"""A referral as it arrives, and what enrolment keeps of it."""

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import Field

from schemas.base import Id, Instant, Line, Model, ShortId, State, Text, Zone
from schemas.clock import Clock
from schemas.messages import Email
from schemas.protocol import Protocol
from schemas.treatment import Setting, TreatmentRoute


class ReferralSource(StrEnum):
    """Who asks for treatment."""

    SELF = "self"
    THERAPIST = "therapist"
    PHYSICIAN = "physician"


class TherapistWish(StrEnum):
    """Whose work the therapy is to be."""

    OWN = "own"
    TO_BE_FOUND = "to_be_found"


class Person(Model):
    """The person to be treated. Leaves the referral only for the directory, encrypted."""

    given_name: Line
    family_name: Line
    birth_date: date
    email: Email
    zone: Zone
    residence: State
    namesake: ShortId | None = Field(
        default=None,
        description="Tells apart two people of the same names and birth date.",
    )


class MatchBasis(StrEnum):
    """What two people have in common."""

    NAMES = "names"
    BIRTH_DATE_AND_FAMILY_NAME = "birth_date_and_family_name"
    BIRTH_DATE_AND_GIVEN_NAME = "birth_date_and_given_name"
    EMAIL_AND_GIVEN_NAME = "email_and_given_name"
    EMAIL_AND_BIRTH_DATE = "email_and_birth_date"


class Match(Model):
    """Another pathway that may be about the same person, or about a twin. A machine never says which."""

    pathway_id: Id
    basis: tuple[MatchBasis, ...] = Field(min_length=1)
    open: bool = Field(description="Whether that pathway was open when the two were compared.")


class Comparison(Model):
    """Everybody who may be the same person, as the directory knows it."""

    matches: tuple[Match, ...] = ()


class MergeOutcome(StrEnum):
    """What a human found out about a probable match."""

    OTHER_PERSON = "other_person"
    SAME_PERSON_CONTINUE_THERE = "same_person_continue_there"
    SAME_PERSON_CONTINUE_HERE = "same_person_continue_here"


class Identity(Model):
    """What is settled about who the person is. Unsettled, the pathway does not advance."""

    pending: bool = Field(default=False, description="The directory was away, so nobody has been compared yet.")
    undecided: tuple[Match, ...] = ()
    repeated: int = Field(default=0, description="Further referrals of the same person that nobody has read yet.")

    @property
    def is_settled(self) -> bool:
        """Whether nobody else may be the same person."""
        return not self.pending and not self.undecided


class RepeatedReferral(Model):
    """Another referral of a person whose pathway is open. It opens nothing, and what it says is not lost."""

    referral_id: Id
    source: ReferralSource
    concern: Text
    goals: tuple[Text, ...] = ()


class Referral(Model):
    """A request to treat somebody with ketamine-assisted psychotherapy."""

    referral_id: Id = Field(description="The sender's own number; the same number sent twice is one referral.")
    sender: Id = Field(description="Organisation or system that sends it.")
    source: ReferralSource
    referred_at: Instant | None = None
    patient: Person
    treatment: TreatmentRoute = Field(default=TreatmentRoute.KAP, description="The treatment asked for.")
    setting: Setting = Field(description="Where the patient wishes to be treated.")
    concern: Text = Field(description="What the patient seeks help for.")
    goals: tuple[Text, ...] = ()
    indications: tuple[Id, ...] = Field(default=(), max_length=10, description="Codes of the protocol's list.")
    therapist: TherapistWish | None = Field(default=None, description="Own therapist, or one to be found.")
    therapist_id: Id | None = Field(default=None, description="The patient's own therapist, if already known here.")
    clock: Clock = Field(default=Clock(), description="Simulated time; refused unless the workers allow it.")


class Enrolment(Model):
    """What a pathway starts from. It names nobody: the person stays in the directory under the pathway's id."""

    referral_id: Id
    source: ReferralSource
    treatment: TreatmentRoute = TreatmentRoute.KAP
    setting: Setting
    zone: Zone
    residence: State
    concern: Text
    goals: tuple[Text, ...] = ()
    indications: tuple[Id, ...] = ()
    therapist: TherapistWish | None = None
    therapist_id: Id | None = None
    comparison: Comparison | None = Field(
        default=Comparison(), description="None while the directory is away: then the comparison follows."
    )
    protocol: Protocol
    clock: Clock = Clock()


class Admission(Model):
    """What the intake learns before it can open a pathway."""

    pathway_id: Id = Field(description="Opaque id of the person: a keyed hash, which needs no database.")
    protocol: Protocol


class IntakeStatus(StrEnum):
    """What became of a referral."""

    OPENED = "opened"
    ALREADY_OPEN = "already_open"


class Acknowledgement(Model):
    """What a sender is told: the same for every referral that could be read, whoever it is about."""

    referral_id: Id
    received: Literal[True] = True


class IntakeReceipt(Model):
    """The answer to a referral within the care team. It says whether the person is known here: it stays inside."""

    pathway_id: Id
    status: IntakeStatus
