"""Dated and regional rules: where a dose may be taken at home, and who has to be seen in person first."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from schemas.commands import RecordInPersonVisit
from schemas.facts import Fact, InPersonVisitRecorded, TelemedicineEndNeared
from schemas.pathway import Pathway
from schemas.protocol import HomeRule, RegulationRules
from schemas.treatment import Approval, Setting
from workflows.rules.calendar import end_of_date, end_of_local_month
from workflows.rules.refusing import require


class Home(NamedTuple):
    """A dose at home that is intended, and the state in which the patient's body is or is to be."""

    state: str | None


def home_of(state: Pathway) -> Home | None:
    """The home that the next dose is meant for: as attested at the arrival, before it as approved; None in a clinic."""
    session, approval = state.cycle.session, state.approval
    if session is not None and session.checked_in_at is not None:
        return Home(session.location) if session.setting is Setting.HOME else None
    if approval is not None and approval.setting is Setting.HOME:
        return Home(approval.state_of_dosing)
    return None


def telemedicine_ends_at(state: Pathway, rules: RegulationRules) -> datetime:
    """The end of the permission's last day where the patient lives."""
    return end_of_date(rules.telemedicine.until, state.zone)


def in_person_until(state: Pathway, rules: RegulationRules, where: str | None, at: datetime) -> datetime | None:
    """Until when the last visit up to ``at`` suffices in a state that wants one; None where it has no end, or is none.

    ``is_seen_for`` says which of the two.
    """
    rule = rules.states.get(where) if where is not None else None
    visit = state.regulatory.last_in_person_at(at)
    if rule is None or rule.in_person_within_months is None or visit is None:
        return None
    return end_of_local_month(visit, int(rule.in_person_within_months.value), state.zone)


def is_seen_for(state: Pathway, rules: RegulationRules, where: str | None, at: datetime) -> bool:
    """Whether a visit in person, where the state wants one first, is there and recent enough at ``at``."""
    if rules.home_in(where) is not HomeRule.IN_PERSON_FIRST:
        return True
    until = in_person_until(state, rules, where, at)
    return state.regulatory.last_in_person_at(at) is not None and (until is None or at <= until)


def is_telemedicine_allowed(state: Pathway, rules: RegulationRules, at: datetime) -> bool:
    """Whether the permission still stands at ``at``, or the patient was seen in person by then."""
    return state.regulatory.last_in_person_at(at) is not None or at <= telemedicine_ends_at(state, rules)


def is_over_video(state: Pathway) -> bool:
    """Whether a course of treatment at home goes on, or is to, with a patient whom nobody saw in person."""
    approval = state.approval
    at_home = state.setting is Setting.HOME or (approval is not None and approval.setting is Setting.HOME)
    going_on = state.care_team is not None and state.series_continues
    return at_home and going_on and not state.regulatory.in_person


def require_lawful(state: Pathway, setting: Setting, where: str, at: datetime) -> None:
    """Refuse an approval for a home where nothing may be prescribed for it as of now."""
    rules = state.protocol.regulation
    if rules is None or setting is not Setting.HOME:
        return
    require(
        rules.home_in(where) is not HomeRule.BLOCKED,
        "state_not_allowed",
        "The protocol does not allow doses at home in this state.",
        "state_of_dosing",
    )
    seen = is_seen_for(state, rules, where, at) and is_telemedicine_allowed(state, rules, at)
    require(
        seen,
        "in_person_visit_missing",
        "A prescriber has to see the patient in person first.",
        "state_of_dosing",
        telemedicine_ended=not is_telemedicine_allowed(state, rules, at),
    )


def require_looked_up(state: Pathway, pdmp_checked: bool | None) -> None:
    """Refuse an approval for which the monitoring programme was not looked up, where the protocol wants it."""
    rules = state.protocol.regulation
    require(
        rules is None or not rules.pdmp.each_approval or pdmp_checked,
        "pdmp_not_checked",
        "The prescription drug monitoring programme is looked up before each approval.",
        "pdmp_checked",
    )


def warnings(state: Pathway, approval: Approval, at: datetime) -> Iterator[str]:
    """Rules that end before an approval does, as known at ``at``: a dose under it may come too late for them."""
    rules = state.protocol.regulation
    if rules is None or approval.setting is not Setting.HOME:
        return
    if state.regulatory.last_in_person_at(at) is None and approval.valid_until > telemedicine_ends_at(state, rules):
        yield "telemedicine_ends_before_approval"
    until = in_person_until(state, rules, approval.state_of_dosing, at)
    if until is not None and until < approval.valid_until:
        yield "in_person_visit_lapses_before_approval"


def record_in_person_visit(state: Pathway, command: RecordInPersonVisit, at: datetime) -> list[Fact]:
    """Once a care team has taken the patient on; each visit once."""
    require(state.care_team, "referral_not_accepted", "The referral has not been accepted yet.")
    visited_at = command.visited_at or at
    require(visited_at <= at, "visit_in_future", "The visit lies in the future.", "visited_at")
    known = visited_at in state.regulatory.in_person
    require(not known, "visit_already_recorded", "This visit was recorded before.", "visited_at")
    return [InPersonVisitRecorded(examined_by=command.examined_by, visited_at=visited_at)]


def in_person_visit_recorded(state: Pathway, fact: InPersonVisitRecorded, at: datetime) -> dict[str, Any]:
    """The patient is not one of telemedicine alone any more."""
    del at
    visits = tuple(sorted((*state.regulatory.in_person, fact.visited_at)))
    return {"regulatory": state.regulatory.model_copy(update={"in_person": visits})}


def telemedicine_end_neared(state: Pathway, fact: TelemedicineEndNeared, at: datetime) -> dict[str, Any]:
    """Told once; somebody plans a visit."""
    del fact
    return {"regulatory": state.regulatory.model_copy(update={"telemedicine_warned_at": at})}
