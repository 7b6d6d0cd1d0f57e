"""Checks of who treats: the team is whole, its changes are settled, and who prescribes and who treats may act there."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.team import Credential
from workflows.rules.credentials import lacking, place_of_dose, prescribers, therapist
from workflows.rules.gate.check import GateCheck, Intended, check


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """A therapist where one belongs to the treatment, a settled handover, and valid credentials at ``at``."""
    del intended
    if state.has_psychotherapy:
        yield check(
            "therapist_assigned",
            therapist(state),
            "therapist_missing",
            "The care team has no therapist.",
            Role.COORDINATOR,
        )
    yield from _handover(state, at)
    if state.protocol.care_team is not None:
        yield from _prescriber(state, at)
        yield from _therapist(state, at)


def _handover(state: Pathway, at: datetime) -> Iterator[GateCheck]:
    """After a change of physician or therapist: prepared by the new one, and continued by a physician."""
    handover = state.staffing.handover
    if handover is None:
        return
    if handover.needs_preparation:
        prepared = handover.prepared_at is not None and handover.prepared_at <= at
        yield check(
            "prepared_by_new_therapist",
            prepared,
            "new_preparation_missing",
            "The therapist changed, and the new one has not prepared the patient.",
            Role.THERAPIST,
            since=handover.since,
        )
    continued = handover.continued_at is not None and handover.continued_at <= at
    yield check(
        "series_continued",
        continued,
        "series_not_continued",
        "The care team changed, and no physician has decided that the series goes on.",
        Role.PHYSICIAN,
        since=handover.since,
    )


def _prescriber(state: Pathway, at: datetime) -> Iterator[GateCheck]:
    approval, where = state.approval, place_of_dose(state)
    if approval is None:
        return
    lacks = {one for who in prescribers(approval) for one in lacking(state, who, where, at)}
    yield check(
        "prescriber_licensed",
        Credential.LICENCE not in lacks,
        "prescriber_not_licensed",
        "No licence of the prescriber in the state of the dose is verified and valid.",
        Role.COORDINATOR,
        Role.PHYSICIAN,
        state=where,
    )
    yield check(
        "prescriber_qualified",
        not lacks - {Credential.LICENCE},
        "prescriber_not_qualified",
        "Something else that a prescriber has to hold is not verified and valid.",
        Role.COORDINATOR,
        Role.PHYSICIAN,
        lacking=_named(lacks),
    )


def _therapist(state: Pathway, at: datetime) -> Iterator[GateCheck]:
    who, where = therapist(state), place_of_dose(state)
    if who is None:
        return
    lacks = set(lacking(state, who, where, at))
    yield check(
        "therapist_licensed",
        Credential.LICENCE not in lacks,
        "therapist_not_licensed",
        "No licence of the therapist in the state of the dose is verified and valid.",
        Role.COORDINATOR,
        state=where,
    )
    yield check(
        "therapist_qualified",
        not lacks - {Credential.LICENCE},
        "therapist_not_qualified",
        "Something else that a therapist has to hold is not verified and valid.",
        Role.COORDINATOR,
        lacking=_named(lacks),
    )


def _named(lacks: set[Credential]) -> str | None:
    return ", ".join(sorted(one.value for one in lacks - {Credential.LICENCE})) or None
