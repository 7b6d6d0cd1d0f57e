"""Treatment routes: what belongs to each way of being treated."""

from typing import Annotated

from pydantic import Field

from schemas.base import Line, Model
from schemas.protocol.dosing import Series
from schemas.protocol.quantity import Quantity, Unit
from schemas.treatment import DrugRoute, Setting


class TreatmentRules(Model):
    """One treatment route. Everything about safety holds on each of them."""

    title: Line
    psychotherapy: bool = Field(description="Whether preparation, a therapist's presence and integration belong to it.")
    settings: tuple[Setting, ...] = Field(min_length=1)
    drug_routes: tuple[DrugRoute, ...] = Field(min_length=1)
    series: Series | None = Field(default=None, description="The protocol's own series where none is given.")
    max_session_mg: Quantity | None = Field(default=None, description="Lower than the drug route's limit, if given.")
    maintenance_min_days: Quantity | None = Field(default=None, description="In place of the common one, if given.")
    maintenance_max_days: Quantity | None = Field(default=None, description="In place of the common one, if given.")
    least_session_mg: Quantity | None = Field(default=None, description="In place of the drug route's, if given.")
    rems_form_due_days: Quantity | None = Field(
        default=None, description="Days until the monitoring form of the risk evaluation and mitigation strategy."
    )
    planned_min: Annotated[tuple[int, int] | None, Unit("min")] = Field(
        default=None, description="Other than the drug route's, if given."
    )
    source: str
