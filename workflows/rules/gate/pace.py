"""Checks of how close sessions follow each other."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.pathway import Pathway
from workflows.rules.gate.check import GateCheck, Intended, check
from workflows.rules.pace import began_at, in_week_of, is_late_and_close, review_at, wants_confirmation


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """The therapist has a word on many sessions in a week, and a physician on those that are still many late."""
    del intended
    if state.protocol.pace is None:
        return
    session = state.cycle.session
    begun = session is not None and bool(session.doses)
    if state.has_psychotherapy:
        yield check(
            "pace_confirmed",
            begun or not wants_confirmation(state, at),
            "pace_not_confirmed",
            "The therapist has not confirmed that integration fits between sessions so close.",
            Role.THERAPIST,
            sessions_in_week=in_week_of(state, at),
        )
    review = review_at(state, at)
    reviewed = review is not None and review.go_on
    yield check(
        "spacing_reviewed",
        begun or reviewed or not is_late_and_close(state, at),
        "spacing_not_reviewed",
        "Sessions are still as close as in the beginning, and no physician decided that this goes on.",
        Role.PHYSICIAN,
        sessions_in_week=in_week_of(state, at),
        since=began_at(state),
        stopped=review.at if review is not None and not review.go_on else None,
    )
