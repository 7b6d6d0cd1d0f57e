"""The dose: recorded only if every check of the gate passes at the instant the drug was given."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Role
from schemas.commands import (
    ApproveDosing,
    CancelSession,
    DecidePredoseVitals,
    NoteCapacity,
    RecordAdministration,
    RecordDayChecklist,
    RecordVitals,
    RevokeApproval,
    ScheduleSession,
)
from schemas.facts import DrugAdministered
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.treatment import DrugRoute
from tests.rules import arrivals as a
from tests.rules.arrivals import CALM, HIGH, MINUTE, TICK, approval_of, boost, dosed, give, measured, ready
from tests.rules.refusing import Refused, each, holds
from tests.support.course import Course, at
from tests.support.protocols import given, packaged, short
from workflows.rules.decide import decide
from workflows.rules.gate import gate

BOOSTER = given(packaged().booster)
LIMIT = packaged().routes[DrugRoute.SUBLINGUAL].max_session_mg.value


def refusing(situation: Callable[[], Course], **changes: Any) -> Callable[[], Refusal]:
    return lambda: situation().refused(RecordAdministration, Role.NURSE, **{"dose_mg": 1.0, **changes})


def observed(situation: Callable[[], tuple[Course, datetime]]) -> Callable[[], Refusal]:
    def attempt() -> Refusal:
        course, instant = situation()
        return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0, observed_at=instant)

    return attempt


def single(**changes: Any) -> Course:
    """Ready, under an approval of single doses of 50 mg and boosters of 20 mg."""
    course = at(Phase.APPROVAL)
    said = {**an_approval(course.state), "max_single_mg": 50.0, "booster_mg": 20.0, **changes}
    course.must(ApproveDosing, Role.PHYSICIAN, **said)
    return course.until(lambda it: it.state.cycle.session is not None and bool(it.session.readings))


def boosted() -> Course:
    course = single()
    give(course, dose_mg=50.0)
    course.wait(minutes=BOOSTER.opens_min.value)
    boost(course, dose_mg=20.0)
    return course


def boosting(minutes: float, dose_mg: float = 1.0, course: Course | None = None) -> Refusal:
    if course is None:
        course = single()
        give(course, dose_mg=50.0)
    course.wait(minutes=minutes)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=dose_mg)


def proposed_dose() -> Refusal:
    course = ready()
    said = {**an_approval(course.state), "max_dose_mg": 400.0}
    course.must(ApproveDosing, Role.PHYSICIAN, **said)
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0)


def consented_anew() -> Refusal:
    course = a.without_sitter()
    course.must(NoteCapacity, Role.PHYSICIAN)
    course.consent("sitter")
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0)


def moved_protocol() -> Refusal:
    course = a.other_protocol()
    answer = decide(course.state, course.say(RecordAdministration, Role.NURSE, dose_mg=1.0), course.now)
    assert isinstance(answer, Refusal)
    return answer


def unread() -> Refusal:
    course = ready()
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0)


def owed_reading() -> Refusal:
    """A reading was due ten minutes after the first dose, and only a later one was taken."""
    course = dosed(1.0)
    limits = packaged().routes[DrugRoute.SUBLINGUAL].model_copy(update={"vitals_at_min": (10, 25)})
    routes = {**course.state.protocol.routes, DrugRoute.SUBLINGUAL: limits}
    course.state = course.state.model_copy(
        update={"protocol": course.state.protocol.model_copy(update={"routes": routes})}
    )
    course.wait(minutes=25)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0)


REFUSALS = [
    Refused("no_session", None, "nothing booked", refusing(lambda: at(Phase.SESSION))),
    Refused("not_checked_in", None, "not there", refusing(a.awaited)),
    Refused("discharged", None, "gone home", refusing(a.discharged)),
    Refused("consent_missing", None, "consent withdrawn a moment ago", refusing(a.withdrawn_in_session)),
    Refused("preparation_missing", None, "not prepared", refusing(a.unprepared)),
    Refused("approval_missing", None, "not approved", refusing(a.unapproved)),
    Refused("approval_expired", None, "at the instant of expiry", refusing(a.expired)),
    Refused("approval_not_in_force", None, "revoked", refusing(a.revoked)),
    Refused("approval_other_protocol", None, "approved under another protocol", lambda: moved_protocol()),
    Refused("medical_hold", None, "on hold", refusing(a.held)),
    Refused("too_soon_after_last_dose", None, "before the interval is over", refusing(a.too_soon)),
    Refused("no_sessions_left", None, "the approval is used up", refusing(a.used_up)),
    Refused("setting_not_approved", None, "approved for the clinic", refusing(a.at_home_instead)),
    Refused("home_attestation_missing", None, "at home, not attested", refusing(a.unattested)),
    Refused("vitals_missing", None, "nothing measured", refusing(a.received)),
    Refused("vitals_stale", None, "measured long ago", refusing(a.stale)),
    Refused("blood_pressure_repeat", None, "above go, not repeated", refusing(measured(HIGH))),
    Refused("blood_pressure_physician", None, "above go after all repeats", refusing(measured(HIGH, HIGH, HIGH))),
    Refused("further_drug_stopped", None, "a booster while the pressure climbs", refusing(a.climbing)),
    Refused("blood_pressure_hold", None, "the same under a protocol without alarms", refusing(a.climbing_unwatched)),
    Refused(
        "heart_rate_out_of_range", None, "heart racing", refusing(measured(CALM.model_copy(update={"heart_rate": 150})))
    ),
    Refused("oxygen_out_of_range", None, "short of oxygen", refusing(measured(CALM.model_copy(update={"spo2": 85})))),
    Refused("route_not_approved", None, "another route", refusing(ready, route=DrugRoute.INTRAMUSCULAR)),
    Refused("dose_above_approval", None, "too much at once", refusing(ready, dose_mg=LIMIT + 1)),
    Refused("dose_above_approval", None, "too much together", refusing(lambda: a.borne(), dose_mg=LIMIT - 99)),
    Refused("not_measured_since_dose", None, "a booster, and nobody looked", refusing(lambda: dosed(1.0))),
    Refused("reading_owed", None, "a booster, and a reading is owed", lambda: owed_reading()),
    Refused(
        "dose_above_single",
        None,
        "all at once",
        lambda: single().refused(RecordAdministration, Role.NURSE, dose_mg=51.0),
    ),
    Refused("booster_not_approved", None, "too much a second time", lambda: boosting(10, dose_mg=21.0)),
    Refused("booster_not_approved", None, "a third time", lambda: boosting(11, course=boosted())),
    Refused("booster_out_of_time", None, "too early", lambda: boosting(BOOSTER.opens_min.value - 1)),
    Refused("booster_out_of_time", None, "too late", lambda: boosting(BOOSTER.closes_min.value + 1)),
    Refused("approval_proposed", None, "before a second prescriber agreed", lambda: proposed_dose()),
    Refused("approval_suspended", None, "after the consent was withdrawn and given anew", lambda: consented_anew()),
    Refused("plan_not_acknowledged", None, "unread", lambda: unread()),
    Refused("approval_later", None, "approved after the dose", observed(a.approved_late)),
    Refused("observed_before_last_dose", "observed_at", "before the dose before", observed(a.before_dose)),
    Refused("preparation_missing", None, "prepared after the dose", observed(a.prepared_late)),
    Refused("consent_missing", None, "given while consent was withdrawn", observed(a.between_consents)),
    Refused("medical_hold", None, "given during a hold that was lifted later", observed(a.lifted_late)),
    Refused("vitals_missing", None, "measured after the dose", observed(a.measured_late)),
    Refused("blood_pressure_repeat", None, "repeated after the dose", observed(a.repeated_late)),
    Refused("blood_pressure_physician", None, "accepted after the dose", observed(a.accepted_late)),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_every_failed_check_is_told() -> None:
    course = a.unapproved()
    course.wait(hours=3)
    refusal = course.refused(RecordAdministration, Role.NURSE)
    assert refusal.facts == {"failed_checks": "approval_missing, vitals_stale, checklist_missing"}


def test_dose_tells_the_approval_it_was_given_under_and_the_checks_it_passed() -> None:
    course = dosed(100.0)
    (fact,) = course.facts(DrugAdministered)
    assert (fact.session_id, fact.dose.approval_id, fact.dose.given_at) == ("S1", "A1", course.now)
    assert set(fact.checks) >= {check.name for check in gate(course.state, course.now)} - {
        "approval_given_before",
        "booster_approved",
        "booster_in_time",
        "measured_since_dose",
        "no_reading_owed",
    }
    assert approval_of(course).sessions_used == course.state.sessions_given == 1


def test_doses_up_to_the_limit_are_one_session() -> None:
    course = dosed(100.0)
    course.wait(minutes=10)
    boost(course, dose_mg=approval_of(course).max_dose_mg - 100.0)
    assert approval_of(course).sessions_used == course.state.sessions_given == 1
    assert len(course.session.doses) == 2


def test_booster_needs_an_approval_that_still_stands() -> None:
    course = dosed(1.0)
    course.must(RevokeApproval, Role.PHYSICIAN)
    assert course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0).code == "approval_not_in_force"


def test_last_session_of_an_approval_may_have_a_booster() -> None:
    course = at(Phase.APPROVAL)
    course.must(ApproveDosing, Role.PHYSICIAN, **{**an_approval(course.state), "sessions": 1})
    course.until(lambda it: it.state.sessions_given == 1)
    course.wait(minutes=BOOSTER.opens_min.value)
    boost(course)
    assert approval_of(course).sessions_used == 1


def test_dose_may_be_told_later_and_counts_from_when_it_was_given() -> None:
    course = ready()
    given_at = course.now
    course.wait(minutes=30)
    give(course, observed_at=given_at)
    assert course.state.last_drug_at == given_at


def test_dose_on_readings_that_a_physician_accepted() -> None:
    course = measured(HIGH, HIGH, HIGH)()
    course.must(DecidePredoseVitals, Role.PHYSICIAN, proceed=True)
    give(course)


def test_acceptance_ends_with_the_next_reading() -> None:
    course = measured(HIGH, HIGH, HIGH)()
    course.must(DecidePredoseVitals, Role.PHYSICIAN, proceed=True)
    course.must(RecordVitals, Role.NURSE, vitals=HIGH)
    assert course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0).code == "blood_pressure_physician"


@pytest.mark.parametrize(("off", "accepted"), [(-TICK, False), (timedelta(0), True), (TICK, True)])
def test_interval_to_the_dose_before(off: timedelta, accepted: bool) -> None:
    course = a.too_soon()
    last = course.state.last_drug_at
    assert last is not None
    course.wait_until(last + timedelta(hours=a.INTERVAL_H) + off - MINUTE)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    course.wait(minutes=1)
    if accepted:
        give(course)
    else:
        assert course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0).code == "too_soon_after_last_dose"


def test_holds_no_shows_and_cancellations_use_no_session() -> None:
    course = a.held()
    course.must(CancelSession, Role.NURSE)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + MINUTE)
    course.wait(days=2)
    assert approval_of(course).sessions_used == course.state.sessions_given == 0


def test_nobody_doses_beyond_the_series() -> None:
    course = at(Phase.FOLLOW_UP, protocol=short(1))
    assert course.refused(RecordAdministration, Role.NURSE).code == "no_session"


@pytest.mark.parametrize("minutes", [BOOSTER.opens_min.value, BOOSTER.closes_min.value])
def test_booster_in_its_time(minutes: float) -> None:
    course = single()
    give(course, dose_mg=50.0)
    course.wait(minutes=minutes)
    boost(course, dose_mg=20.0)
    assert approval_of(course).sessions_used == 1


@pytest.mark.parametrize(("off", "codes"), [(-TICK, set()), (timedelta(0), {"approval_expired"})])
def test_gate_knows_the_end_of_an_approval_before_any_timer_says_so(off: timedelta, codes: set[str]) -> None:
    course = a.prepared_anew()
    until = approval_of(course).valid_until
    course.wait_until(until - MINUTE)
    course.must(RecordDayChecklist, Role.NURSE)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    assert {check.code for check in gate(course.state, until + off) if not check.passed} == codes
