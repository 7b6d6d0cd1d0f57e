"""A pathway's state at any past instant, from the journal alone: from what was recorded by then, and nothing later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from clients.errors import refused
from schemas.events import Event
from schemas.facts import ProtocolMoved, ReferralReceived
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from schemas.referral import Comparison, Enrolment
from schemas.treatment import TreatmentRoute
from workflows.rules.enrolment import open_pathway
from workflows.rules.evolve import evolve


def opening_of(events: Sequence[Event]) -> ReferralReceived:
    """The fact that a journal begins with.

    Raises:
        Refused: ``nothing_to_tell``; the journal has no beginning.
    """
    opening = events[0].fact if events else None
    if not isinstance(opening, ReferralReceived):
        raise refused("nothing_to_tell", "The journal of this pathway has no beginning.", "pathway")
    return opening


def require_of(events: Sequence[Event], protocol: Protocol) -> None:
    """Refuse a protocol that the journal was not begun under.

    Raises:
        Refused: ``other_protocol``.
    """
    if events[0].protocol != protocol.name:
        sentence = f"It was opened under protocol {events[0].protocol}; name that file with --protocol."
        raise refused("other_protocol", sentence, "protocol")


def state_at(events: Sequence[Event], protocol: Protocol, pathway_id: str, at: datetime | None) -> Pathway:
    """The state that decisions at ``at`` were made on; the newest where no instant is given.

    Args:
        events: The journal.
        protocol: The one that the pathway was opened under. Not used once the pathway was moved to another version:
            then the journal has the content of both.
        pathway_id: Whose journal it is.
        at: The instant.

    Raises:
        Refused: The pathway was not open then, or another protocol than this one was in force.
    """
    known = [event for event in events if at is None or event.recorded_at <= at]
    if not known or not isinstance(known[0].fact, ReferralReceived):
        raise refused("before_opening", "The pathway was not open at that instant.", "at")
    moves = (event.fact for event in events if isinstance(event.fact, ProtocolMoved))
    protocol = next((move.protocol_before() for move in moves), protocol)
    require_of(known, protocol)
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
