"""A pathway's state at any past instant, from the journal alone: from what was recorded by then, and nothing later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from clients.errors import refused
from schemas.answers import Check
from schemas.events import Event
from schemas.facts import ReferralReceived
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from schemas.referral import Comparison, Enrolment
from schemas.treatment import TreatmentRoute
from workflows.rules.enrolment import open_pathway
from workflows.rules.evolve import evolve
from workflows.rules.gate import gate


def state_at(events: Sequence[Event], protocol: Protocol, pathway_id: str, at: datetime | None) -> Pathway:
    """The state that decisions at ``at`` were made on; the newest where no instant is given.

    Raises:
        Refused: The pathway was not open then, or another protocol than this one was in force.
    """
    known = [event for event in events if at is None or event.recorded_at <= at]
    if not known or not isinstance(known[0].fact, ReferralReceived):
        raise refused("before_opening", "The pathway was not open at that instant.", "at")
    if known[-1].protocol != protocol.name:
        sentence = f"It ran under protocol {known[-1].protocol}; name that file with --protocol."
        raise refused("other_protocol", sentence, "protocol")
    opening = known[0].fact
    enrolment = Enrolment(
        referral_id=opening.referral_id,
        source=opening.source,
        treatment=opening.treatment or TreatmentRoute.KAP,
        setting=opening.setting,
        zone=opening.zone,
        residence=opening.residence,
        concern=opening.concern,
        goals=opening.goals,
        indications=opening.indications or (),
        therapist=opening.therapist,
        therapist_id=opening.therapist_id,
        comparison=None if opening.identity_pending else Comparison(),
        protocol=protocol,
    )
    state, _ = open_pathway(enrolment, pathway_id, "rederived", known[0].recorded_at)
    for event in known:
        state = evolve(state, event.fact, event.observed_at)
    return state


def checks_at(state: Pathway, at: datetime) -> tuple[Check, ...]:
    """The gate as it stood at ``at``."""
    return tuple(
        Check(
            name=check.name,
            passed=check.passed,
            code=None if check.passed else check.code,
            sentence=None if check.passed else check.sentence,
            facts={} if check.passed else dict(check.facts),
            lifted_by=() if check.passed else check.lifted_by,
        )
        for check in gate(state, at)
    )
