"""Checks of eligibility and consent."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.pathway import Pathway
from workflows.rules.gate.check import GateCheck, Intended, check
from workflows.rules.identity import is_settled
from workflows.rules.standing import missing_consents


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """A physician found the patient eligible, and the patient stands by every consent."""
    del intended
    yield check(
        "identity_settled",
        is_settled(state.identity),
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
    missing = missing_consents(state)
    consented = not missing and all(consent.signed_at <= at for consent in state.consents.values())
    yield check(
        "consents_active",
        consented,
        "consent_missing",
        "A required consent is not active.",
        Role.PATIENT,
        missing=", ".join(missing) or None,
    )
