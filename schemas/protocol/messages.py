"""When messages may be sent, and how many."""

from pydantic import Field

from schemas.base import Model
from schemas.messages import QuietHours
from schemas.protocol.quantity import Quantity


class MessageRules(Model):
    """What holds for messages to patients, beside what each of them prefers; the safety path is exempt from it."""

    quiet: QuietHours = Field(description="Wall clock in the recipient's zone, where they have no hours of their own.")
    quiet_source: str
    appointment_min: Quantity = Field(description="How long a session is entered in calendars.")
    pages: bool = Field(
        default=False,
        description="Pressing messages to staff leave one by one, at once, also while the database of records is away.",
    )
    most_per_day: Quantity = Field(description="Messages by open channels in one local day; the others wait.")
