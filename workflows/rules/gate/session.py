"""Checks of the arrival."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.treatment import Setting
from workflows.rules.gate.check import GateCheck, Intended, check


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """The patient is there, and at home everything is attested."""
    del at, intended
    session = state.cycle.session
    arrived = session is not None and session.checked_in_at is not None
    yield check("checked_in", arrived, "not_checked_in", "The patient is not checked in.", Role.THERAPIST, Role.NURSE)
    if session is None or not arrived:
        return
    if state.protocol.day_of is not None:
        yield check(
            "not_cut_off",
            not session.blocked_for,
            "session_blocked",
            "Something was missing at the cutoff; book another session.",
            Role.COORDINATOR,
            missing=", ".join(session.blocked_for) or None,
        )
    yield check("not_discharged", session.discharged_at is None, "discharged", "The session is over.")
    if session.setting is Setting.HOME:
        home = session.home
        yield check(
            "home_attested",
            home is not None and home.address_confirmed and home.sitter_present and home.video_connected,
            "home_attestation_missing",
            "The home attestation is incomplete.",
            Role.THERAPIST,
        )
        if state.protocol.monitoring is not None and state.protocol.monitoring.sitter is not None:
            yield check(
                "in_contact",
                session.contact_lost_at is None,
                "contact_lost",
                "Contact with the patient is lost.",
                Role.THERAPIST,
                since=session.contact_lost_at,
            )
