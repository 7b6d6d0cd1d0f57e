"""What there is to read for patients who want it."""

from datetime import time

from pydantic import Field

from schemas.base import Id, Line, Model
from schemas.protocol.quantity import Provenance, Quantity


class Topic(Model):
    """One thing to read. The message only says that something waits; the topic's name could tell too much."""

    title: Line
    after_days: Quantity = Field(description="Local days after the patient asked for it; the earliest.")
    indications: tuple[Id, ...] = Field(default=(), description="For whom; everybody, if none is listed.")
    provenance: Provenance
    source: str = ""


class EducationRules(Model):
    """Topics in their order, one a day at most."""

    at: time = Field(description="Wall clock in the patient's zone.")
    at_source: str
    topics: dict[Id, Topic] = Field(min_length=1)
