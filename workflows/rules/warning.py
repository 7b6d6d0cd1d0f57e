"""What a receipt warns of."""

from collections.abc import Iterable

from schemas.facts import DosingApproved, Fact, PathwayCompleted, SessionScheduled


def warned_of(facts: Iterable[Fact]) -> tuple[str, ...]:
    """What was approved, booked or ended all the same and should still be thought about."""
    warned: list[str] = []
    for fact in facts:
        if isinstance(fact, DosingApproved):
            warned += fact.approval.warnings or ()
        if isinstance(fact, SessionScheduled):
            warned += fact.obstacles or ()
        if isinstance(fact, PathwayCompleted) and fact.checkins_ended:
            warned.append("long_term_checkins_end")
    return tuple(warned)
