"""Facts of the supply at home."""

from typing import Literal

from schemas.base import Id
from schemas.facts.base import Fact


class SupplyReleased(Fact):
    """A physician let doses go to the patient's home."""

    type: Literal["supply_released"] = "supply_released"
    approval_id: Id
    doses: int
    pdmp_checked: bool
    early: bool
    """Doses of an earlier release were still there."""


class SupplyCounted(Fact):
    """Somebody counted the unused doses."""

    type: Literal["supply_counted"] = "supply_counted"
    doses: int
    expected: int


class SupplyReviewed(Fact):
    """A physician judged a count that differed."""

    type: Literal["supply_reviewed"] = "supply_reviewed"
