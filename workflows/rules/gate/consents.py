"""Checks of consent."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import CLINICIANS, Role
from schemas.pathway import Pathway
from workflows.rules.consents.standing import cooling_off_ends, missing_for, needed, planned
from workflows.rules.gate.check import GateCheck, Intended, check


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """The patient stands by every consent that this dose needs, had time to think, and can consent."""
    del intended
    setting, route = planned(state)
    missing = missing_for(state, setting, route)
    since = [state.consents[kind].began_at for kind, _ in needed(state, setting, route) if kind in state.consents]
    yield check(
        "consents_active",
        not missing and all(one <= at for one in since),
        "consent_missing",
        "A required consent is not active.",
        Role.PATIENT,
        missing=", ".join(missing) or None,
    )
    doubt = state.consenting.capacity_questioned_at
    yield check(
        "capacity_unquestioned",
        doubt is None,
        "capacity_questioned",
        "A clinician doubts the capacity to consent; a note settles it.",
        *sorted(CLINICIANS),
        since=doubt,
    )
    opens = cooling_off_ends(state, setting, route)
    yield check(
        "cooling_off_over",
        state.sessions_given > 0 or opens is None or at >= opens,
        "cooling_off",
        "The time to think between the consent and the first dose is not over.",
        opens=opens,
    )
