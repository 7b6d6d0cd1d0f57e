"""What time does where no integration visit takes place: a deviation, and the next session given back."""

from collections.abc import Iterator
from datetime import datetime

from schemas.facts import Fact, IntegrationDeviated, SessionReleased
from schemas.pathway import Pathway
from workflows.rules.booking import books_ahead, release_at
from workflows.rules.consents.standing import integration_goes_on
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.standing import integration_window


def _limits(state: Pathway) -> Iterator[tuple[datetime, str]]:
    # Like the release, it belongs to protocols that know one; an older pathway goes on without either.
    if books_ahead(state) and integration_goes_on(state) and not state.cycle.integration_deviated:
        window = integration_window(state, state.cycle.session) if state.cycle.session is not None else None
        if window is not None:
            yield window[2], f"cycle-{state.cycle.number}"


def _passed(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del subject, now
    window = integration_window(state, state.cycle.session) if state.cycle.session is not None else None
    if window is not None:
        yield IntegrationDeviated(cycle=state.cycle.number, hard_limit=window[2])


def _releases(state: Pathway) -> Iterator[tuple[datetime, str]]:
    if (ahead := state.cycle.ahead) is not None:
        yield release_at(state, ahead.starts_at), ahead.id


def _released(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del state, now
    yield SessionReleased(session_id=subject, obstacles=("integration_missing",))


HARD_LIMIT = Deadline("integration_hard_limit", _limits, _passed)
"""The deviation is on the record; the visit stays owed."""

RELEASE = Deadline("session_not_integrated", _releases, _released)
"""The session that was booked ahead does not take place. A signed note before this lifts it."""
