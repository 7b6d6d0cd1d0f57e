"""What suspends a dosing approval: something it is bound to has changed, or something is known that was not.

A suspended approval never resumes by itself. A physician looks at what changed, and approves anew or does not.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from schemas.facts import ApprovalSuspended, Fact
from schemas.pathway import Pathway
from schemas.team import Credential
from schemas.treatment import Approval, ApprovalStatus
from workflows.rules.consents.standing import standing_consents
from workflows.rules.credentials import lacking, prescribers
from workflows.rules.dose_limits import PER_CENT
from workflows.rules.risk import suspension_reasons as _risk
from workflows.rules.screening.standing import suspends as _health

LAPSED = {Credential.LICENCE: "prescriber_licence_lapsed"}

Reason = Callable[[Pathway, Approval], Iterator[str]]


def _medications(state: Pathway, approval: Approval) -> Iterator[str]:
    if approval.medications_digest is not None and approval.medications_digest != state.screening.medications.digest:
        yield "medications_changed"


def _weight(state: Pathway, approval: Approval) -> Iterator[str]:
    limit, weight = state.protocol.approval.weight_change_percent, state.screening.weight
    if approval.weight_kg is not None and weight is not None and limit is not None:
        change = abs(weight.kg - approval.weight_kg) / approval.weight_kg
        if change * PER_CENT > limit.value:
            yield "weight_changed"


def _consents(state: Pathway, approval: Approval) -> Iterator[str]:
    if approval.consents is not None and not set(approval.consents) <= standing_consents(state):
        yield "consent_changed"
    if state.consenting.capacity_questioned_at is not None:
        yield "capacity_questioned"


def _adverse_events(state: Pathway, approval: Approval) -> Iterator[str]:
    del approval
    rules = state.protocol.monitoring
    if rules is not None and any(
        event.grade >= rules.adverse_events.suspends_from_grade.value for event in state.adverse_events
    ):
        yield "adverse_event"


def _prescribers(state: Pathway, approval: Approval) -> Iterator[str]:
    where = approval.state_of_dosing or state.residence
    for who in prescribers(approval):
        for credential in lacking(state, who, where):
            yield LAPSED.get(credential, "prescriber_registration_lapsed")
    if any(who.person_id in state.staffing.departed for who in prescribers(approval)):
        yield "prescriber_left"


def _emergencies(state: Pathway, approval: Approval) -> Iterator[str]:
    """An emergency ends what was approved before it, also while nobody has reviewed what became of it."""
    del approval
    if state.emergency is not None or state.incidents:
        yield "emergency"


def _residence(state: Pathway, approval: Approval) -> Iterator[str]:
    if approval.residence is not None and approval.residence != state.residence:
        yield "residence_changed"


def _protocol(state: Pathway, approval: Approval) -> Iterator[str]:
    if approval.protocol_version != state.protocol.name:
        yield "protocol_moved"


REASONS: tuple[Reason, ...] = (
    _medications,
    _weight,
    _health,
    _adverse_events,
    _emergencies,
    _consents,
    _prescribers,
    _residence,
    _protocol,
    _risk,
)
"""Who looks for reasons, in order."""


def suspension(state: Pathway, now: datetime, at: datetime) -> Iterator[Fact]:
    """The approval in force is suspended as soon as there is a reason, for all the reasons there are.

    It ends when the reason arose, not when somebody told of it. After the end of care nothing can be given under it.
    """
    del now
    approval = state.approval
    if (
        approval is None
        or state.ending is not None
        or approval.status not in (ApprovalStatus.IN_FORCE, ApprovalStatus.PROPOSED)
    ):
        return
    reasons = tuple(reason for look in REASONS for reason in look(state, approval))
    if reasons:
        yield ApprovalSuspended(approval_id=approval.id, reasons=tuple(dict.fromkeys(reasons)), since=at)
