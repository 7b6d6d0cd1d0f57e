"""Referral, screening and consent."""

from datetime import timedelta

import pytest

from schemas.actors import Role
from schemas.commands import (
    AcceptReferral,
    DecideScreening,
    DeclineReferral,
    RecordConsent,
    RecordHealthHistory,
    RecordMedications,
    WithdrawConsent,
)
from schemas.facts import ConsentRecorded, ReferralAccepted, ReferralReceived, ScreeningDecided
from schemas.pathway import End, Phase
from schemas.treatment import Setting
from schemas.work import WorkKind
from tests.rules.refusing import Refused, each, holds
from tests.support.course import START, Course, at, of_kind
from tests.support.people import TEAM, ZONE, an_enrolment
from tests.support.protocols import varied
from workflows.rules.measures import missing_baseline
from workflows.rules.standing import missing_consents

SECOND = timedelta(seconds=1)


def in_session() -> Course:
    return Course().until(lambda course: course.state.sessions_given == 1)


def withdrawn() -> Course:
    course = at(Phase.PREPARATION)
    course.wait(hours=1)
    course.must(WithdrawConsent, Role.PATIENT)
    course.wait(hours=1)
    return course


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
    Refused(
        "unknown_consent_kind",
        "kind",
        "consent to something else",
        lambda: at(Phase.CONSENT).refused(RecordConsent, Role.PATIENT, kind="recording"),
    ),
    Refused(
        "consent_version_not_current",
        "version",
        "consent on an old form",
        lambda: at(Phase.CONSENT).refused(RecordConsent, Role.PATIENT, version="2025-01"),
    ),
    Refused(
        "session_in_progress",
        None,
        "consent while drug acts",
        lambda: _withdrawn_in_session().refused(RecordConsent, Role.PATIENT),
    ),
    Refused(
        "signed_in_future",
        "signed_at",
        "consent of tomorrow",
        lambda: at(Phase.CONSENT).refused(RecordConsent, Role.PATIENT, signed_at=START + SECOND),
    ),
    Refused(
        "consent_already_active",
        "kind",
        "consent twice",
        lambda: at(Phase.PREPARATION).refused(RecordConsent, Role.PATIENT),
    ),
    Refused(
        "signed_before_withdrawal",
        "signed_at",
        "the signature that was withdrawn",
        lambda: withdrawn().refused(RecordConsent, Role.PATIENT, signed_at=START + timedelta(minutes=59)),
    ),
    Refused(
        "signed_during_session",
        "signed_at",
        "signed while drug acted, recorded later",
        lambda: _withdrawn_and_discharged().refused(
            RecordConsent, Role.PATIENT, signed_at=START + timedelta(days=1, hours=1)
        ),
    ),
    Refused(
        "signed_during_session",
        "signed_at",
        "signed while drug acted, recorded a cycle later",
        lambda: (
            _withdrawn_and_discharged()
            .until(lambda course: course.state.cycle.number == 2)
            .refused(RecordConsent, Role.PATIENT, signed_at=START + timedelta(days=1, hours=1))
        ),
    ),
    Refused(
        "consent_not_active",
        "kind",
        "withdrawing what was never given",
        lambda: at(Phase.CONSENT).refused(WithdrawConsent, Role.PATIENT),
    ),
    Refused(
        "consent_not_active", "kind", "withdrawing twice", lambda: withdrawn().refused(WithdrawConsent, Role.PATIENT)
    ),
]


def _withdrawn_in_session() -> Course:
    course = in_session()
    course.wait(minutes=5)
    course.must(WithdrawConsent, Role.PATIENT)
    return course


def _withdrawn_and_discharged() -> Course:
    return _withdrawn_in_session().to_phase(Phase.INTEGRATION)


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


def test_consent_counts_from_its_signature() -> None:
    course = at(Phase.CONSENT)
    course.wait(hours=2)
    course.must(RecordConsent, Role.COORDINATOR, signed_at=START + timedelta(hours=1))
    (recorded,) = course.facts(ConsentRecorded)
    assert recorded.signed_at == course.state.consents["treatment"].signed_at == START + timedelta(hours=1)


def test_consent_may_be_signed_this_very_moment() -> None:
    course = at(Phase.CONSENT)
    course.must(RecordConsent, Role.PATIENT, signed_at=course.now)
    assert course.phase is Phase.PREPARATION


def test_each_consent_of_the_protocol_is_needed_and_owed() -> None:
    protocol = varied({"consent_kinds": ["treatment", "telehealth"]})
    course = Course(an_enrolment(protocol)).to_phase(Phase.CONSENT)
    assert sorted(item.subject for item in course.state.work) == ["telehealth", "treatment"]
    course.must(RecordConsent, Role.PATIENT, kind="telehealth")
    assert missing_consents(course.state) == ["treatment"]
    assert [item.subject for item in course.state.work] == ["treatment"]
    course.must(RecordConsent, Role.PATIENT, kind="treatment")
    assert course.phase is Phase.PREPARATION


def test_withdrawn_consent_is_kept_with_its_end_and_owed_again() -> None:
    course = withdrawn()
    consent = course.state.consents["treatment"]
    assert (consent.is_active, consent.withdrawn_at) == (False, START + timedelta(hours=1))
    assert course.phase is Phase.CONSENT
    assert [item.kind for item in course.state.work] == [WorkKind.RECORD_CONSENT]


def test_consent_signed_anew_counts() -> None:
    course = withdrawn()
    course.must(RecordConsent, Role.PATIENT)
    assert course.state.consents["treatment"].signed_at == course.now
    assert course.phase is Phase.PREPARATION


def test_consent_signed_before_the_session_but_recorded_after_it_counts() -> None:
    course = _withdrawn_and_discharged()
    course.must(RecordConsent, Role.PATIENT, signed_at=course.now)
    assert missing_consents(course.state) == []
