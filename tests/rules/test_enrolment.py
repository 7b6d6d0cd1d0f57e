"""Referral and screening."""

from datetime import timedelta

import pytest

from clients.scenarios.next_right import calm
from schemas.actors import Role
from schemas.commands import (
    AcceptReferral,
    DecideScreening,
    DeclineReferral,
    RecordConsent,
    RecordHealthHistory,
    RecordMeasure,
    RecordMedications,
)
from schemas.facts import ReferralAccepted, ReferralReceived, ScreeningDecided
from schemas.measures import Instrument
from schemas.pathway import End, Phase
from schemas.refusals import Refusal
from schemas.treatment import Setting
from schemas.work import WorkKind
from tests.rules.refusing import Refused, each, holds
from tests.support.course import START, Course, at, of_kind
from tests.support.people import TEAM, ZONE, an_enrolment
from workflows.rules.measures import missing_baseline

SECOND = timedelta(seconds=1)


def at_risk() -> Refusal:
    """Everything is known and settled; the screener of the baseline showed a high risk."""
    course = at(Phase.SCREENING)
    answers = {"q1": 1, "q2": 1, "q3": 1, "q4": 1, "q5": 1, "q6": 0}
    course.must(RecordMeasure, Role.NURSE, instrument=Instrument.CSSRS, answers=answers)
    for instrument in (Instrument.PHQ9, Instrument.GAD7):
        course.must(RecordMeasure, Role.NURSE, instrument=instrument, answers=calm(course.state, instrument))
    course.must(RecordHealthHistory, Role.NURSE)
    course.must(RecordMedications, Role.NURSE)
    return course.refused(DecideScreening, Role.PHYSICIAN, eligible=True)


REFUSALS = [
    Refused(
        "referral_already_accepted",
        None,
        "accepting twice",
        lambda: at(Phase.SCREENING).refused(AcceptReferral, Role.COORDINATOR, care_team=TEAM),
    ),
    Refused(
        "referral_already_accepted",
        None,
        "declining what was accepted",
        lambda: at(Phase.SCREENING).refused(DeclineReferral, Role.COORDINATOR),
    ),
    Refused("suicide_risk", None, "eligible while a high risk is not cleared", lambda: at_risk()),
    Refused(
        "referral_not_accepted",
        None,
        "screening without a care team",
        lambda: at(Phase.REFERRAL).refused(DecideScreening, Role.PHYSICIAN),
    ),
    Refused(
        "screening_already_decided",
        None,
        "screening twice",
        lambda: at(Phase.CONSENT).refused(DecideScreening, Role.PHYSICIAN, eligible=False),
    ),
    Refused(
        "not_screened",
        None,
        "consent before screening",
        lambda: at(Phase.SCREENING).refused(RecordConsent, Role.PATIENT),
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_opening_asks_the_coordinator_to_accept() -> None:
    course = Course(an_enrolment(setting=Setting.HOME))
    (received,) = course.facts(ReferralReceived)
    assert (received.setting, received.zone, received.goals) == (Setting.HOME, ZONE, ("Sleep through the night.",))
    (item,) = course.state.work
    assert (item.kind, item.owner_role) == (WorkKind.ACCEPT_REFERRAL, Role.COORDINATOR)
    rule = course.state.protocol.work[WorkKind.ACCEPT_REFERRAL]
    assert item.due_at == START + timedelta(hours=rule.due_h)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.PHYSICIAN])
def test_accepting_names_the_team(role: Role) -> None:
    course = Course()
    (accepted,) = of_kind(course.must(AcceptReferral, role, care_team=TEAM).facts, ReferralAccepted)
    assert accepted.care_team == TEAM
    assert course.state.care_team == TEAM
    item, *_ = course.state.work
    assert (item.kind, item.owner_id) == (WorkKind.DECIDE_SCREENING, TEAM.physician_id)


def test_declining_ends_the_pathway() -> None:
    course = Course()
    course.must(DeclineReferral, Role.COORDINATOR)
    assert course.state.closure is not None
    assert (course.state.closure.end, course.state.closure.at) == (End.DECLINED, START)
    assert course.state.work == ()


@pytest.mark.parametrize(("eligible", "phase"), [(True, Phase.CONSENT), (False, Phase.CLOSED)])
def test_screening_is_decided_by_what_the_physician_found(eligible: bool, phase: Phase) -> None:
    course = at(Phase.SCREENING).until(lambda it: not missing_baseline(it.state))
    for told in (RecordHealthHistory, RecordMedications):
        course.must(told, Role.NURSE)
    course.must(DecideScreening, Role.PHYSICIAN, eligible=eligible)
    assert course.phase is phase
    assert [fact.eligible for fact in course.facts(ScreeningDecided)] == [eligible]
    if not eligible:
        assert course.state.closure is not None
        assert course.state.closure.end is End.INELIGIBLE
