"""Who takes part, as the engines know them: actors, contacts, the care team, the enrolment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from clients.scenarios.reading import PATIENT, Script
from schemas.actors import Actor, CareTeam, Role
from schemas.clock import Clock
from schemas.messages import Contact
from schemas.referral import Comparison, Enrolment, RepeatedReferral
from schemas.team import Credentials


def pathway_id_of(script: Script) -> str:
    """The same for the same scenario, so that every engine records the same."""
    content = f"{script.file}\x1f{script.scenario.scenario}".encode()
    return f"p-{hashlib.sha256(content).hexdigest()[:20]}"


def zone_of(script: Script, person: str) -> str:
    """Where somebody is."""
    if person in (PATIENT, pathway_id_of(script)):
        return script.scenario.referral.zone or script.scenario.zone
    return script.people[person].zone or script.scenario.zone


def actor_of(script: Script, name: str) -> Actor:
    """The actor that a scenario calls by name or by role."""
    if name == PATIENT:
        return Actor(id=pathway_id_of(script), role=Role.PATIENT)
    member = script.people.get(name)
    return in_role(script, Role(name)) if member is None else Actor(id=name, role=member.role)


def in_role(script: Script, role: Role) -> Actor:
    """The first one in a role."""
    if role is Role.PATIENT:
        return actor_of(script, PATIENT)
    return Actor(id=next(name for name, member in script.people.items() if member.role is role), role=role)


def matches_person(name: str, person: str | None, role: Role | None) -> bool:
    """Whether somebody is meant by a name or a role."""
    if name in (PATIENT, Role.PATIENT):
        return role is Role.PATIENT
    return name in (person, role)


def contacts_of(script: Script) -> list[Contact]:
    """How everybody is reached."""
    people: Mapping[str, Role] = {name: member.role for name, member in script.people.items()}
    people = {**people, pathway_id_of(script): Role.PATIENT}
    return [
        Contact(
            id=name, role=role, name=f"Fable {role}", email=f"{name}@example.org".lower(), zone=zone_of(script, name)
        )
        for name, role in people.items()
    ]


def team_of(script: Script) -> CareTeam:
    """The first one of each role, and whoever has a place of their own."""
    seats = {f"{member.seat.value}_id": name for name, member in script.people.items() if member.seat is not None}
    first = {
        "physician_id": in_role(script, Role.PHYSICIAN).id,
        "therapist_id": in_role(script, Role.THERAPIST).id,
        "coordinator_id": in_role(script, Role.COORDINATOR).id,
    }
    return CareTeam.model_validate({**first, **seats})


def credentials_of(script: Script) -> list[Credentials]:
    """What is on file about those whose licences the scenario tells."""
    return [
        Credentials(
            person_id=name,
            role=member.role,
            licences=member.licences,
            prescribing_until=max(member.licences.values()) if member.role is Role.PHYSICIAN else None,
            kap_trained=True,
            malpractice_until=max(member.licences.values()),
            references_checked=True,
        )
        for name, member in script.people.items()
        if member.licences
    ]


def enrolment_of(script: Script, clock: Clock) -> Enrolment:
    """What the pathway starts from."""
    referral = script.scenario.referral
    given: dict[str, Any] = {name: getattr(referral, name) for name in type(referral).model_fields}
    given["zone"] = zone_of(script, PATIENT)
    given["comparison"] = Comparison(matches=given.pop("matches"))
    return Enrolment(referral_id="scenario", protocol=script.protocol, clock=clock, **given)


def repeated(script: Script) -> RepeatedReferral:
    """The same referral once more, under another number."""
    referral = script.scenario.referral
    return RepeatedReferral(
        referral_id="scenario-again", source=referral.source, concern=referral.concern, goals=referral.goals
    )
