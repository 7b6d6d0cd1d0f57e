"""How soon what the care team tells each other has to be read, and of what it is told without anybody writing."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from schemas.actors import Role
from schemas.base import Model
from schemas.protocol.quantity import Quantity
from schemas.refusals import Unacceptable
from schemas.work import Priority


class Update(StrEnum):
    """What others of the care team are told of once it is recorded."""

    APPROVAL = "approval"
    AMENDMENT = "amendment"
    SESSION = "session"
    ADVERSE_EVENT = "adverse_event"
    INTEGRATION = "integration"
    MEASURES = "measures"


class ThreadRules(Model):
    """By when a message that asks for it is acknowledged, by its priority. An emergency is declared, not written."""

    acknowledge_min: dict[Priority, Quantity]
    updates: dict[Update, tuple[Role, ...]] = Field(
        default_factory=dict, description="Who gets a notice of what; never whoever recorded it."
    )
    updates_source: str = ""
    link_valid_days: Quantity | None = Field(
        default=None, description="Days for which a link without an account opens; none means no such links."
    )

    @model_validator(mode="after")
    def _of_every_priority(self) -> Self:
        if set(self.acknowledge_min) != set(Priority) - {Priority.EMERGENCY}:
            raise Unacceptable("there is one time for each priority but the emergency's")
        return self
