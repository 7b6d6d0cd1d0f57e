"""Checks of the integration of the session before."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.pathway import Pathway
from workflows.rules.booking import books_ahead
from workflows.rules.gate.check import GateCheck, Intended, check
from workflows.rules.standing import integration_window


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """The session before is integrated where the treatment has it: by a signed note, not by a day that passed."""
    del at, intended
    session = state.cycle.session
    if not state.has_psychotherapy or state.protocol.integration.release_hours_before_session is None:
        return
    window = integration_window(state, session) if session is not None else None
    waits, ahead = books_ahead(state), state.cycle.ahead
    yield check(
        "integrated",
        not waits,
        "integration_missing",
        "The session before is not integrated.",
        Role.THERAPIST,
        session=session.id if session is not None else None,
        closes=window[1] if window is not None else None,
        hard_limit=window[2] if window is not None else None,
        deviated=state.cycle.integration_deviated or None,
        blocks=ahead.id if ahead is not None else None,
    )
