"""What the pathway says about its messages each time an attempt at them is scheduled."""

from datetime import datetime
from typing import Final

from schemas.actors import STAFF, Role
from schemas.consents import ConsentUse, ReleaseScope
from schemas.messages import DeliveryRules, MessageRequest, Template
from schemas.pathway import Pathway
from schemas.protocol import ConsentNeed
from workflows.rules.consents.standing import stands, wants_messages

OF_TIMES: Final = (Template.APPOINTMENT, Template.SESSION_REMINDER, Template.SESSION_OFF)
"""What is only told to whom the patient lets know of appointments."""


def is_released(state: Pathway, message: MessageRequest) -> bool:
    """Whether the patient lets the recipient be told, as of now: a therapist of another practice needs a release.

    What is pressing goes all the same: a serious threat to somebody's safety needs none (45 CFR 164.512(j)).
    """
    team = state.care_team
    external = team is not None and team.therapist_practice_id is not None and message.to_id == team.therapist_id
    if not external or message.to_role is not Role.THERAPIST or message.is_pressing:
        return True
    for kind, rule in state.protocol.consent_rules.kinds.items():
        if rule.covers is ConsentUse.RELEASE and rule.needed is ConsentNeed.EXTERNAL_THERAPIST:
            scope = state.consents[kind].scope if stands(state, kind, rule) else ()
            if not scope or (message.template in OF_TIMES and ReleaseScope.SCHEDULING not in scope):
                return False
    return True


def is_page(state: Pathway, message: MessageRequest) -> bool:
    """Whether a message is pressing to staff, and the protocol has such messages leave as pages."""
    rules = state.protocol.messages
    return rules is not None and rules.pages and message.is_pressing and message.to_role in STAFF


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
