"""Rules around a dosing session."""

from datetime import time

from pydantic import Field

from schemas.base import Line, Model
from schemas.protocol.quantity import Quantity


class SessionRules(Model):
    """Rules around a dosing session."""

    checkin_opens_min: Quantity
    reminder_local_time: time = Field(description="Wall-clock time, on the day before, in the patient's zone.")
    home_attestation: tuple[Line, ...] = Field(default=(), description="What is attested at home beside the three.")
    reminder_source: str
