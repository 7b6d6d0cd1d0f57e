"""When the sitter's look is late, and when contact that is lost becomes an emergency."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.facts import Fact, SitterCheckBecameLate
from schemas.pathway import Pathway
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.watching import is_look_late, sitter_check_due, sitter_rules, stayed_lost


def _looks(state: Pathway) -> Iterator[tuple[datetime, str]]:
    session, rules, due_at = state.cycle.session, state.protocol.monitoring, sitter_check_due(state)
    if session is not None and rules is not None and due_at is not None and not is_look_late(session):
        yield due_at + timedelta(minutes=rules.late_min.value), session.id


def _look_is_late(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del now
    if (due_at := sitter_check_due(state)) is not None:
        yield SitterCheckBecameLate(session_id=subject, due_at=due_at)


def _contacts(state: Pathway) -> Iterator[tuple[datetime, str]]:
    session, rules = state.cycle.session, sitter_rules(state)
    if session is None or rules is None or session.contact_lost_at is None or session.contact_escalated:
        return
    yield session.contact_lost_at + timedelta(minutes=rules.contact_min.value), session.id


def _stays_lost(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del subject
    if (session := state.cycle.session) is not None:
        yield from stayed_lost(state, session, now)


LOOK = Deadline("sitter_check_late", _looks, _look_is_late)
"""The alarm for a look that was not told; once, until the next look."""

CONTACT = Deadline("contact_stays_lost", _contacts, _stays_lost)
"""Nobody reached counts as an emergency; it is never taken for well."""
