"""Invented people: the actors of a pathway, its care team, and the patient it is about."""

from datetime import date
from typing import Final

from schemas.actors import Actor, CareTeam, Role
from schemas.protocol import Protocol
from schemas.referral import Enrolment, Person, Referral, ReferralSource
from schemas.treatment import Setting, TreatmentRoute
from tests.support.protocols import packaged

PATHWAY_ID: Final = "p-1"

ACTORS: Final = {
    Role.PATIENT: Actor(id=PATHWAY_ID, role=Role.PATIENT),
    Role.PHYSICIAN: Actor(id="dr-sage", role=Role.PHYSICIAN),
    Role.THERAPIST: Actor(id="th-fern", role=Role.THERAPIST),
    Role.NURSE: Actor(id="nu-reed", role=Role.NURSE),
    Role.COORDINATOR: Actor(id="co-moss", role=Role.COORDINATOR),
}
"""One person in each role."""

TEAM: Final = CareTeam(physician_id="dr-sage", therapist_id="th-fern", coordinator_id="co-moss")

ZONE: Final = "America/Denver"

RESIDENCE: Final = "CO"
"""Where the patient lives."""


def unlike(number: str) -> str:
    """A name that is like no other number's, however freely names are compared."""
    return "".join("bcdf"[ord(sign) // 4 % 4] + "gjkl"[ord(sign) % 4] for sign in number).capitalize()


def a_person(zone: str = ZONE) -> Person:
    """The patient, in full."""
    return Person(
        given_name="Wren",
        family_name="Fable",
        birth_date=date(1988, 2, 29),
        email="wren.fable@example.org",
        zone=zone,
        residence=RESIDENCE,
    )


def a_referral(number: str = "r-1", *, setting: Setting = Setting.CLINIC) -> Referral:
    """A referral of that patient by herself."""
    return Referral(
        referral_id=number,
        sender="clinic-web",
        source=ReferralSource.SELF,
        patient=a_person(),
        setting=setting,
        concern="Low for two years, and nothing helped for long.",
        goals=("Sleep through the night.",),
    )


def an_enrolment(
    protocol: Protocol | None = None,
    *,
    treatment: TreatmentRoute = TreatmentRoute.KAP,
    setting: Setting = Setting.CLINIC,
    zone: str = ZONE,
    residence: str = RESIDENCE,
) -> Enrolment:
    """What a pathway of that patient starts from; under the packaged protocol unless another one is given."""
    return Enrolment(
        referral_id="r-1",
        source=ReferralSource.SELF,
        treatment=treatment,
        setting=setting,
        zone=zone,
        residence=residence,
        concern="Low for two years, and nothing helped for long.",
        goals=("Sleep through the night.",),
        protocol=protocol or packaged(),
    )
