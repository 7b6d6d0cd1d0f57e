"""What is looked after across the clinic, beside each pathway's own deadlines."""

from datetime import time

from pydantic import Field

from schemas.actors import Role
from schemas.base import Model
from schemas.protocol.quantity import Quantity


class RoundRules(Model):
    """When the clinic's rounds are made, and whom they tell. Those of the protocol that the workers run with hold."""

    digest_at: time = Field(description="Wall clock in the recipient's zone at which the morning digest goes out.")
    digest_source: str
    overseers: tuple[Role, ...] = Field(min_length=1, description="Who is told of the whole clinic in it, too.")
    ending_within_days: Quantity = Field(
        description="Days ahead for which consents, approvals, credentials and dated rules count as ending soon."
    )
    inventory_every_h: Quantity = Field(description="Hours from one comparison of records and pathways to the next.")
