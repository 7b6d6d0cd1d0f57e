"""How soon what the care team tells each other has to be read."""

from typing import Self

from pydantic import model_validator

from schemas.base import Model
from schemas.protocol.quantity import Quantity
from schemas.refusals import Unacceptable
from schemas.work import Priority


class ThreadRules(Model):
    """By when a message that asks for it is acknowledged, by its priority. An emergency is declared, not written."""

    acknowledge_min: dict[Priority, Quantity]

    @model_validator(mode="after")
    def _of_every_priority(self) -> Self:
        if set(self.acknowledge_min) != set(Priority) - {Priority.EMERGENCY}:
            raise Unacceptable("there is one time for each priority but the emergency's")
        return self
