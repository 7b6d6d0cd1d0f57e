"""What messages that did not reach the patient ask of people."""

from collections.abc import Iterator

from schemas.pathway import Pathway
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation


def owed(state: Pathway) -> Iterator[Obligation]:
    """Somebody speaks with the patient: one piece of work, however many messages were lost."""
    if state.unreached:
        first = state.unreached[0]
        yield Obligation(WorkKind.REACH_PATIENT, first.message_id, due_from=first.since)
