"""When the integration window closes."""

from collections.abc import Iterator
from datetime import datetime

from schemas.facts import Fact, IntegrationBecameOverdue
from schemas.pathway import Pathway
from workflows.rules.consents.standing import integration_goes_on
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.standing import integration_window


def _instants(state: Pathway) -> Iterator[tuple[datetime, str]]:
    session = state.cycle.session
    overdue = state.cycle.integration_overdue
    if session is not None and session.discharged_at is not None and not overdue and integration_goes_on(state):
        window = integration_window(state, session)
        if window is not None:
            yield window[1], session.id


def _lapsed(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del subject, now
    yield IntegrationBecameOverdue(cycle=state.cycle.number)


WINDOW = Deadline("integration_window_closes", _instants, _lapsed)
"""The window closes without a signed note; the visit stays owed."""
