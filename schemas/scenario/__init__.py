"""Dated scenarios as anyone writes them."""

from schemas.scenario.document import Beginning, GoOn, Happening, Member, Scenario, Step
from schemas.scenario.expectations import Expect, FactMatch, Never, OwedMatch, RefusalMatch, SentMatch, Values

__all__ = [
    "Beginning",
    "Expect",
    "FactMatch",
    "GoOn",
    "Happening",
    "Member",
    "Never",
    "OwedMatch",
    "RefusalMatch",
    "Scenario",
    "SentMatch",
    "Step",
    "Values",
]
