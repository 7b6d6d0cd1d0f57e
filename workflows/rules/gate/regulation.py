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
from workflows.rules.rems import form_due_days

FILING = (Role.NURSE, Role.COORDINATOR, Role.PHYSICIAN)


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """Where and to whom a dose may be given as of the law."""
    del intended
    yield from _at_home(state, at)
    yield from _programme(state, at)


def _programme(state: Pathway, at: datetime) -> Iterator[GateCheck]:
    """Enrolled in the drug's risk mitigation programme, and forms filed where that comes first."""
    rules, regulatory = state.protocol.regulation, state.regulatory
    if rules is None or form_due_days(state) is None:
        return
    enrolled_at = regulatory.rems_enrolled_at
    yield check(
        "rems_enrolled",
        enrolled_at is not None and enrolled_at <= at,
        "rems_not_enrolled",
        "The site is not certified, or the patient not enrolled, in the drug's risk mitigation programme.",
        *FILING,
    )
    if rules.rems.form_blocks_next_dose:
        session = state.cycle.session
        earlier = [one for one in regulatory.rems_forms if session is None or one.session_id != session.id]
        yield check(
            "rems_forms_filed",
            not earlier,
            "rems_form_missing",
            "The monitoring form of an earlier session is not filed.",
            *FILING,
            sessions=", ".join(one.session_id for one in earlier) or None,
        )


def _at_home(state: Pathway, at: datetime) -> Iterator[GateCheck]:
    """The state where the patient's body is allows it, and a visit in person was held where one is wanted."""
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
