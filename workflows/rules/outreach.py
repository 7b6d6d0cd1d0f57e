"""What the pathway says about its messages each time an attempt at them is scheduled."""

from datetime import datetime

from schemas.messages import DeliveryRules
from schemas.pathway import Pathway
from workflows.rules.consents.standing import wants_messages


def delivery_rules(state: Pathway, now: datetime, scale: float) -> DeliveryRules | None:
    """Taken in the workflow task that schedules the attempt, and compared as long as it runs."""
    rules = state.protocol.messages
    if rules is None:
        return None
    return DeliveryRules(
        now=now,
        scale=scale,
        quiet=rules.quiet,
        most_per_day=int(rules.most_per_day.value),
        open_channels=wants_messages(state),
        zone=state.zone if state.zone_told else None,
    )
