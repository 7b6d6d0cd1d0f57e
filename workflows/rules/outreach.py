"""What the pathway says about its messages each time an attempt at them is scheduled."""

from datetime import datetime

from schemas.messages import DeliveryRules
from schemas.pathway import Pathway

MESSAGES_CONSENT = "messages"
"""Kind of the consent to e-mail, text and push. Where nobody was asked, reminders are part of the treatment (HIPAA)."""


def delivery_rules(state: Pathway, now: datetime, scale: float) -> DeliveryRules | None:
    """Taken in the workflow task that schedules the attempt, and compared as long as it runs."""
    rules = state.protocol.messages
    if rules is None:
        return None
    consent = state.consents.get(MESSAGES_CONSENT)
    return DeliveryRules(
        now=now,
        scale=scale,
        quiet=rules.quiet,
        most_per_day=int(rules.most_per_day.value),
        open_channels=consent is None or consent.is_active,
    )
