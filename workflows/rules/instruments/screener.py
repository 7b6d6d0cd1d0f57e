"""Triage of a suicide risk screener: what still has to be asked, and how high the risk is.

An answer that is missing is never a no; a yes counts wherever it stands, also to a question that was to be skipped.
"""

from collections.abc import Mapping

from schemas.measures import RiskLevel
from schemas.protocol import Screener

ASCENDING = (RiskLevel.LOW, RiskLevel.MODERATE, RiskLevel.HIGH)


def needed(screener: Screener, answers: Mapping[str, int | None]) -> tuple[str, ...]:
    """Questions that are neither answered nor made needless by a no; the screener is finished without any."""
    skipped = {item for skip in screener.skips if answers.get(skip.after_no) == 0 for item in skip.items}
    return tuple(item for item in screener.items if answers.get(item) is None and item not in skipped)


def triage(screener: Screener, answers: Mapping[str, int | None]) -> RiskLevel:
    """The highest level that any yes stands for."""
    level = RiskLevel.NONE
    for one in ASCENDING:
        if any(answers.get(item) == 1 for item in screener.triage[one]):
            level = one
    return level
