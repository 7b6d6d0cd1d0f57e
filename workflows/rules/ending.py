"""What of a pathway ends by itself on a date, unless a human renews it."""

from collections.abc import Iterator

from schemas.pathway import Pathway
from schemas.rounds import Ending, EndKind
from schemas.treatment import ApprovalStatus
from workflows.rules.consents.standing import expires_at
from workflows.rules.credentials import endings
from workflows.rules.regulation import is_over_video, telemedicine_ends_at

TELEMEDICINE = "telemedicine"


def ending(state: Pathway) -> tuple[Ending, ...]:
    """Everything that ends, the earliest first; nothing once care has ended."""
    if state.closure is not None or state.ending is not None:
        return ()
    found = [*_consents(state), *_approval(state), *_credentials(state), *_dated_rules(state)]
    return tuple(sorted(found, key=lambda one: (one.ends_at, one.kind, one.subject)))


def _consents(state: Pathway) -> Iterator[Ending]:
    for kind, consent in state.consents.items():
        ends = expires_at(state, consent) if consent.is_active else None
        if ends is not None:
            yield Ending(kind=EndKind.CONSENT, subject=kind, ends_at=ends)


def _approval(state: Pathway) -> Iterator[Ending]:
    approval = state.approval
    if approval is not None and approval.status in (ApprovalStatus.IN_FORCE, ApprovalStatus.PROPOSED):
        yield Ending(kind=EndKind.APPROVAL, subject=approval.id, ends_at=approval.valid_until)


def _credentials(state: Pathway) -> Iterator[Ending]:
    # Two prescribers may hold one of the same kind: the earlier end counts.
    earliest: dict[str, Ending] = {}
    for one in endings(state):
        known = earliest.get(one.subject)
        if known is None or one.ends_at < known.ends_at:
            earliest[one.subject] = Ending(kind=EndKind.CREDENTIAL, subject=one.subject, ends_at=one.ends_at)
    yield from earliest.values()


def _dated_rules(state: Pathway) -> Iterator[Ending]:
    rules = state.protocol.regulation
    if rules is not None and is_over_video(state):
        yield Ending(kind=EndKind.DATED_RULE, subject=TELEMEDICINE, ends_at=telemedicine_ends_at(state, rules))
