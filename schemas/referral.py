"""A referral as it arrives, and what enrolment keeps of it."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from schemas.base import Id, Instant, Line, Model, State, Text, Zone
from schemas.clock import Clock
from schemas.messages import Email
from schemas.protocol import Protocol
from schemas.treatment import Setting, TreatmentRoute


class ReferralSource(StrEnum):
    """Who asks for treatment."""

    SELF = "self"
    THERAPIST = "therapist"
    PHYSICIAN = "physician"


class Person(Model):
    """The person to be treated. Leaves the referral only for the directory, encrypted."""

    given_name: Line
    family_name: Line
    birth_date: date
    email: Email
    zone: Zone
    residence: State


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
    therapist_id: Id | None = None
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


class IntakeReceipt(Model):
    """The answer to a referral."""

    pathway_id: Id
    status: IntakeStatus
