"""How much drug a patient may have at home."""

from pydantic import Field

from schemas.base import Model
from schemas.protocol.quantity import Quantity


class SupplyRules(Model):
    """Staged release: each one only after the report on what was released before."""

    stages: tuple[Quantity, ...] = Field(
        min_length=1, description="Most doses of the first release, the second, and so on; the last one goes on."
    )
    max_refills: Quantity = Field(description="Releases after the first under one approval, by law.")
    source: str
