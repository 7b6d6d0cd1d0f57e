"""Checks of the pathway itself, of identity, and of eligibility."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.pathway import Pathway
from workflows.rules.gate.check import GateCheck, Intended, check


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """Care goes on, it is settled who the patient is, and a physician found the patient eligible."""
    del at, intended
    yield check(
        "care_goes_on",
        state.ending is None and state.closure is None,
        "care_ended",
        "Care has ended; another course begins with a referral.",
        Role.COORDINATOR,
    )
    yield check(
        "identity_settled",
        state.identity.is_settled,
        "merge_undecided",
        "This may be a person who is known already; a human decides that first.",
        Role.COORDINATOR,
        Role.PHYSICIAN,
    )
    yield check(
        "eligible",
        state.eligible is True,
        "not_screened",
        "No physician has found the patient eligible.",
        Role.PHYSICIAN,
    )
