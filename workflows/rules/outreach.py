"""What the pathway says about its messages each time an attempt at them is scheduled."""

from collections.abc import Iterator
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
    if message.scope is not None:
        return covers(state, message.to_role, message.to_id, message.scope)
    if not is_external(state, message.to_role, message.to_id) or message.is_pressing:
        return True
    return all(
        scope and (message.template not in OF_TIMES or ReleaseScope.SCHEDULING in scope) for scope in _scopes(state)
    )


def covers(state: Pathway, role: Role, person_id: str, scope: ReleaseScope) -> bool:
    """Whether the patient lets somebody be told this, as of now. Who belongs to the clinic needs no release."""
    return not is_external(state, role, person_id) or all(scope in released for released in _scopes(state))


def is_external(state: Pathway, role: Role, person_id: str) -> bool:
    """Whether somebody is the patient's therapist in a practice of their own."""
    team = state.care_team
    theirs = team is not None and team.therapist_practice_id is not None and person_id == team.therapist_id
    return theirs and role is Role.THERAPIST


def _scopes(state: Pathway) -> Iterator[tuple[ReleaseScope, ...]]:
    """What each release that the protocol asks for covers as of now; nothing where it does not stand."""
    for kind, rule in state.protocol.consent_rules.kinds.items():
        if rule.covers is ConsentUse.RELEASE and rule.needed is ConsentNeed.EXTERNAL_THERAPIST:
            yield state.consents[kind].scope if stands(state, kind, rule) else ()


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
