"""The gate before a dose: one list of named checks. Every one of them has to pass at the instant of the dose."""

from collections.abc import Iterator
from datetime import datetime

from schemas.pathway import Pathway
from workflows.rules.gate import (
    approval,
    consents,
    day_of,
    enrolment,
    integration,
    pace,
    preparation,
    regulation,
    risk,
    safety,
    screening,
    session,
    supply,
    team,
    vitals,
)
from workflows.rules.gate.check import GateCheck, Intended, Provider
from workflows.rules.standing import approval_at

CHECKS: tuple[Provider, ...] = (
    enrolment.checks,
    consents.checks,
    screening.checks,
    safety.checks,
    risk.checks,
    preparation.checks,
    approval.checks,
    session.checks,
    integration.checks,
    vitals.checks,
    approval.dose_checks,
    regulation.checks,
    team.checks,
    supply.checks,
    pace.checks,
    day_of.checks,
    approval.reading_checks,
)
"""Who contributes checks, in order of weight: the first one that fails names the refusal."""

__all__ = ["CHECKS", "GateCheck", "Intended", "gate"]


def gate(state: Pathway, at: datetime, intended: Intended | None = None) -> Iterator[GateCheck]:
    """Every check at ``at``; those about the dose itself only when one is ``intended``.

    The approval is that of ``at``. What else is known counts whenever it was told: a dose that is told late, and would
    be refused for it, is recorded as one outside the gate, and a physician looks at it.
    """
    state = state.model_copy(update={"approval": approval_at(state, at)})
    for checks in CHECKS:
        yield from checks(state, at, intended)
