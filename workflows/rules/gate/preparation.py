"""Checks of preparation, holds and intervals."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.pathway import Pathway
from workflows.rules.gate.check import GateCheck, Intended, check
from workflows.rules.preparation import good_from, good_until
from workflows.rules.standing import earliest_next_dose, week_has_room


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """Prepared where the treatment has it, no medical hold, and long enough after the last dose."""
    del intended
    if state.has_psychotherapy:
        prepared_at = state.cycle.prepared_at
        yield check(
            "prepared",
            prepared_at is not None and prepared_at <= at,
            "preparation_missing",
            "No preparation note is signed.",
            Role.THERAPIST,
        )
        yield from _in_time(state, at)
    free = state.hold is None and (state.hold_ended_at is None or at >= state.hold_ended_at)
    yield check(
        "no_hold",
        free,
        "medical_hold",
        "A medical hold waits for a physician.",
        Role.PHYSICIAN,
        reason=state.hold.code if state.hold else None,
        since=state.hold.since if state.hold else None,
    )
    earliest, session = earliest_next_dose(state), state.cycle.session
    free = earliest is None or (at >= earliest and week_has_room(state, at))
    waited = free or (session is not None and bool(session.doses))
    yield check(
        "interval_kept",
        waited,
        "too_soon_after_last_dose",
        "The least interval to the dose before is not over.",
        earliest=earliest,
    )


def _in_time(state: Pathway, at: datetime) -> Iterator[GateCheck]:
    """Before the first session: a preparation that is neither too close nor too long ago."""
    earliest, until = good_from(state, at), good_until(state)
    if earliest is None or until is None:
        return
    yield check(
        "prepared_early_enough",
        at >= earliest,
        "prepared_too_late",
        "The first session follows too closely on the preparation.",
        earliest=earliest,
    )
    yield check(
        "preparation_recent",
        at <= until,
        "preparation_too_old",
        "The preparation lies too long before the first session; it has to be done anew.",
        Role.THERAPIST,
        until=until,
    )
