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
    kept_h: Quantity | None = Field(
        default=None,
        description="Hours for which a session that ended without drug takes readings and lends its address.",
    )
    reminder_source: str
