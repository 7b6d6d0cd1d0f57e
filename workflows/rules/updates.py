"""Who is told that something was recorded: each side what it needs, once a step, and nothing beyond the release."""

from collections.abc import Iterable, Iterator
from typing import Final

from schemas.actors import Actor, Role
from schemas.consents import ReleaseScope
from schemas.facts import (
    AdverseEventRecorded,
    ApprovalRevoked,
    DosingApproved,
    DosingCountersigned,
    Fact,
    IntegrationNoteSigned,
    MeasureRecorded,
    MessageRequested,
    PatientDischarged,
)
from schemas.messages import MessageRequest, Template
from schemas.pathway import Pathway
from schemas.protocol import Update
from workflows.rules.outreach import covers
from workflows.rules.team import holder

TOLD_OF: Final[dict[type[Fact], tuple[Update, ReleaseScope]]] = {
    DosingApproved: (Update.APPROVAL, ReleaseScope.DOSE_PLAN),
    DosingCountersigned: (Update.APPROVAL, ReleaseScope.DOSE_PLAN),
    ApprovalRevoked: (Update.AMENDMENT, ReleaseScope.DOSE_PLAN),
    PatientDischarged: (Update.SESSION, ReleaseScope.SAFETY),
    AdverseEventRecorded: (Update.ADVERSE_EVENT, ReleaseScope.SAFETY),
    IntegrationNoteSigned: (Update.INTEGRATION, ReleaseScope.NOTES),
    MeasureRecorded: (Update.MEASURES, ReleaseScope.MEASURES),
}
"""What facts are an update, and which part of a release covers them."""


def updates(state: Pathway, facts: Iterable[Fact], by: Actor) -> Iterator[MessageRequested]:
    """A notice to each who should know, but not to whoever did it or is written to by this step anyway.

    What is measured before the first session is looked at when dosing is decided; the step that closes a pathway sends
    nothing any more.
    """
    if state.closure is not None:
        return
    recorded = list(facts)
    told = {by.id, *(fact.message.to_id for fact in recorded if isinstance(fact, MessageRequested))}
    number = state.messages_requested
    for role, update, scope in _meant(state, recorded):
        person = holder(state, role)
        if person is None or person in told or not covers(state, role, person, scope):
            continue
        told.add(person)
        number += 1
        yield MessageRequested(
            message=MessageRequest(
                id=f"{state.episode}-M{number}",
                template=Template.RECORD_UPDATED,
                to_role=role,
                to_id=person,
                about=update.value,
                scope=scope,
            )
        )


def _meant(state: Pathway, facts: Iterable[Fact]) -> Iterator[tuple[Role, Update, ReleaseScope]]:
    rules = state.protocol.thread
    for fact in facts:
        known = TOLD_OF.get(type(fact))
        is_baseline = isinstance(fact, MeasureRecorded) and not state.sessions_given
        if known is None or rules is None or is_baseline:
            continue
        update, scope = known
        for role in rules.updates.get(update, ()):
            yield role, update, scope
