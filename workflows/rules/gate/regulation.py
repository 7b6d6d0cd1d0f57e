"""Checks of dated and regional rules."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.protocol import HomeRule
from workflows.rules.gate.check import GateCheck, Intended, check
from workflows.rules.regulation import (
    home_of,
    in_person_until,
    is_seen_for,
    is_telemedicine_allowed,
    telemedicine_ends_at,
)


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """At home: the state where the patient's body is allows it, and a visit in person was held where one is wanted."""
    del intended
    rules, home = state.protocol.regulation, home_of(state)
    if rules is None or home is None:
        return
    visit = state.regulatory.last_in_person_at(at)
    yield check(
        "location_known",
        home.state is not None,
        "location_unknown",
        "Nobody attested in which state the patient is.",
    )
    yield check(
        "state_allows_home",
        home.state is None or rules.home_in(home.state) is not HomeRule.BLOCKED,
        "state_not_allowed",
        "The protocol does not allow doses at home in this state.",
        state=home.state,
    )
    yield check(
        "in_person_recent",
        is_seen_for(state, rules, home.state, at),
        "in_person_visit_missing",
        "This state wants a visit in person before a dose at home, and none is recent enough.",
        Role.PHYSICIAN,
        Role.NURSE,
        state=home.state,
        visit=visit,
        until=in_person_until(state, rules, home.state, at),
    )
    yield check(
        "telemedicine_allowed",
        is_telemedicine_allowed(state, rules, at),
        "telemedicine_ended",
        "The permission to treat over video alone has ended, and nobody saw the patient in person.",
        Role.PHYSICIAN,
        Role.NURSE,
        ended=telemedicine_ends_at(state, rules),
    )
