"""A clinical number with its unit, its source and where it comes from."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from schemas.base import Line, Model
from schemas.refusals import Unacceptable


@dataclass(frozen=True)
class Unit:
    """The unit of a field whose numbers stand alone; their source is that of what they stand in."""

    name: str


class Provenance(StrEnum):
    """How well a number is founded."""

    SOURCED = "sourced"
    GENERAL_KNOWLEDGE = "general_knowledge"
    DESIGN_DEFAULT = "design_default"


class Quantity(Model):
    """A clinical number that somebody can be asked about."""

    value: float
    unit: Line
    provenance: Provenance
    source: str = ""
    conflict: str = Field(default="", description="What another source says instead, where one does.")

    @model_validator(mode="after")
    def _sourced_numbers_name_their_source(self) -> Self:
        if self.provenance is Provenance.SOURCED and not self.source:
            raise Unacceptable("a sourced number names its source")
        return self
