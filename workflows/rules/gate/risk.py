"""The check of suicide risk."""

from collections.abc import Iterator
from datetime import datetime

from schemas.pathway import Pathway
from workflows.rules.gate.check import GateCheck, Intended, check
from workflows.rules.risk import level_of, still_to_clear


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """No sign of suicide risk waits for clinicians, and none did at the instant that is judged."""
    del intended
    risk = state.risk
    free = not any(signal.since <= at for signal in risk.signals)
    free = free and not any(span.since <= at < span.until for span in risk.past)
    level = level_of(risk) if risk.blocked else None
    yield check(
        "risk_cleared",
        free,
        "risk_not_cleared",
        "A sign of suicide risk waits for two clinicians to clear it.",
        *still_to_clear(state),
        reasons=", ".join(sorted({signal.code.value for signal in risk.signals})) or None,
        level=level.value if level is not None else None,
        since=min((signal.since for signal in risk.signals), default=None),
        cleared_by=", ".join(clearing.role.value for clearing in risk.clearings) or None,
    )
