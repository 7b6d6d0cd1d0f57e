"""Consents: which ones are needed, and what each signature has to say."""

from datetime import timedelta

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Role
from schemas.commands import (
    ApproveDosing,
    NoteCapacity,
    QuestionCapacity,
    RecordConsent,
    WithdrawConsent,
)
from schemas.consents import ReleaseScope
from schemas.facts import (
    ApprovalSuspended,
    ConsentRecorded,
    DosingApproved,
)
from schemas.messages import MessageRequest, Template
from schemas.pathway import Phase
from schemas.protocol import ConsentNeed, Protocol
from schemas.treatment import DrugRoute, Setting
from schemas.work import WorkKind
from tests.rules.arrivals import (
    AT_HOME,
    CONSENTS,
    TICK,
    at_home_instead,
    dosed,
    ready,
    withdrawn_in_session,
)
from tests.rules.consenting import (
    COOLING_OFF,
    HASH,
    WINDOW,
    after_dose,
    an_injection,
    consenting,
    discharged,
    drug_at,
    hurried,
    long_ago,
    passes,
    questioned,
    recording,
    said,
    signed,
    weighed,
    withdrawn,
)
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import START, Course, at
from tests.support.people import TEAM, an_enrolment
from tests.support.protocols import given, packaged
from workflows.rules.consents.standing import missing_consents, missing_for
from workflows.rules.gate import gate
from workflows.rules.outreach import is_released


def old() -> Protocol:
    """As protocols were before consents had a section."""
    changes = {"consents": None, "consent_kinds": ("treatment", "telehealth"), "consent_version": "2026-11"}
    return packaged().model_copy(update=changes)


REFUSALS = [
    Refused(
        "unknown_consent_kind",
        "kind",
        "to something else",
        lambda: consenting().refused(RecordConsent, Role.PATIENT, kind="photographs"),
    ),
    Refused("consent_version_not_current", "version", "on an old form", recording(consenting, version="2025-01")),
    Refused("session_in_progress", None, "while drug acts", recording(withdrawn_in_session)),
    Refused("session_in_progress", None, "an optional one while drug acts", recording(dosed, "recording")),
    Refused("signed_in_future", "signed_at", "of tomorrow", recording(consenting, signed_at=START + TICK)),
    Refused("consent_already_active", "kind", "twice", recording(signed)),
    Refused(
        "signed_before_withdrawal",
        "signed_at",
        "the signature that was withdrawn",
        recording(withdrawn, signed_at=START + timedelta(minutes=59)),
    ),
    Refused(
        "signed_during_session",
        "signed_at",
        "signed while drug acted, recorded later",
        lambda: (course := discharged()).refused(
            RecordConsent, Role.PATIENT, signed_at=drug_at(course) + timedelta(hours=1)
        ),
    ),
    Refused(
        "consent_expired",
        "signed_at",
        "signed so long ago that it has expired",
        lambda: long_ago(timedelta(0)).refused(RecordConsent, Role.PATIENT, **said("recording", signed_at=START)),
    ),
    Refused(
        "disclosure_not_acknowledged", "acknowledged", "nothing acknowledged", recording(consenting, acknowledged=())
    ),
    Refused(
        "disclosure_not_acknowledged",
        "acknowledged",
        "not that it is not FDA approved",
        recording(
            consenting,
            acknowledged=tuple(
                code for code in CONSENTS.kinds["treatment"].disclosures if code != "compounded_not_fda_approved"
            ),
        ),
    ),
    Refused(
        "unknown_disclosure",
        "acknowledged",
        "something that is not in it",
        recording(consenting, "recording", acknowledged=("all_of_it",)),
    ),
    Refused(
        "release_incomplete", "recipient", "to nobody", recording(consenting, "release_of_information", recipient=None)
    ),
    Refused("release_incomplete", "scope", "of nothing", recording(consenting, "release_of_information", scope=())),
    Refused("not_a_release", "recipient", "with a recipient", recording(consenting, recipient="th-fern")),
    Refused("not_a_release", "recipient", "with a scope", recording(consenting, scope=(ReleaseScope.NOTES,))),
    Refused("ends_before_signature", "ends_at", "that ends at once", recording(consenting, "recording", ends_at=START)),
    Refused(
        "capacity_in_doubt",
        "signed_at",
        "an instant too soon after the dose",
        lambda: after_dose(WINDOW - TICK).refused(RecordConsent, Role.PATIENT, **said("recording")),
    ),
    Refused(
        "capacity_in_doubt",
        None,
        "a note too soon after the dose",
        lambda: after_dose(WINDOW - TICK, discharged).refused(NoteCapacity, Role.PHYSICIAN),
    ),
    Refused("session_in_progress", None, "a note", saying(withdrawn_in_session, NoteCapacity, Role.PHYSICIAN)),
    Refused("capacity_questioned", None, "in doubt", recording(questioned)),
    Refused(
        "capacity_questioned", None, "doubted twice", lambda: questioned().refused(QuestionCapacity, Role.THERAPIST)
    ),
    Refused("capacity_note_missing", None, "again without a note", recording(withdrawn)),
    Refused("capacity_not_questioned", None, "nobody asked", saying(signed, NoteCapacity, Role.NURSE)),
    Refused(
        "consent_not_active", "kind", "withdrawing nothing", lambda: consenting().refused(WithdrawConsent, Role.PATIENT)
    ),
    Refused(
        "consent_not_active", "kind", "withdrawing twice", lambda: withdrawn().refused(WithdrawConsent, Role.PATIENT)
    ),
    Refused(
        "route_not_consented",
        "route",
        "injected without its own consent",
        lambda: weighed().refused(ApproveDosing, Role.PHYSICIAN, **an_injection(weighed().state)),
    ),
    Refused(
        "consent_missing",
        None,
        "at home without its own consents",
        lambda: at(Phase.APPROVAL).refused(ApproveDosing, Role.PHYSICIAN, setting=Setting.HOME),
    ),
    Refused("cooling_off", None, "an instant too early", lambda: hurried(COOLING_OFF - TICK)),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_a_consent_counts_from_its_signature_and_refers_to_its_document() -> None:
    course = consenting()
    course.wait(hours=2)
    signed_at = START + timedelta(hours=1)
    course.must(RecordConsent, Role.COORDINATOR, signed_at=signed_at, document_hash=HASH)
    (recorded,) = course.facts(ConsentRecorded)
    held = course.state.consents["treatment"]
    assert recorded.signed_at == held.signed_at == held.began_at == signed_at
    assert (recorded.document_hash, held.document_hash, held.name) == (HASH, HASH, "treatment:2026-11")
    assert set(recorded.acknowledged or ()) == set(CONSENTS.kinds["treatment"].disclosures)


def test_the_treatment_consent_discloses_what_it_has_to() -> None:
    told = CONSENTS.kinds["treatment"].disclosures
    assert {"off_label", "compounded_not_fda_approved", "no_driving", "withdrawal_and_monitoring"} <= told.keys()
    assert "not FDA approved" in told["compounded_not_fda_approved"]
    assert "monitoring goes on" in told["withdrawal_and_monitoring"]


def test_a_consent_may_be_signed_this_very_moment() -> None:
    course = consenting()
    course.must(RecordConsent, Role.PATIENT, signed_at=course.now)
    assert course.phase is Phase.PREPARATION


def test_each_consent_that_is_needed_is_owed_and_no_other() -> None:
    course = at(Phase.CONSENT, setting=Setting.HOME)
    owed = [item.subject for item in course.state.work if item.kind is WorkKind.RECORD_CONSENT]
    assert set(owed) == {"treatment", *AT_HOME}
    course.consent("recording", *AT_HOME)
    assert missing_consents(course.state) == ["treatment"]
    assert [item.subject for item in course.state.work if item.kind is WorkKind.RECORD_CONSENT] == ["treatment"]
    course.consent("treatment")
    assert course.phase is Phase.PREPARATION


@pytest.mark.parametrize(
    ("setting", "route", "wanted"),
    [
        (Setting.CLINIC, None, {"treatment"}),
        (Setting.CLINIC, DrugRoute.SUBLINGUAL, {"treatment"}),
        (Setting.CLINIC, DrugRoute.INTRANASAL, {"treatment"}),
        (Setting.CLINIC, DrugRoute.INTRAMUSCULAR, {"treatment", "injection"}),
        (Setting.CLINIC, DrugRoute.INTRAVENOUS, {"treatment", "injection"}),
        (Setting.HOME, None, {"treatment", "telehealth", "sitter", "emergency_contact"}),
        (Setting.HOME, DrugRoute.SUBLINGUAL, {"treatment", "telehealth", "sitter", "emergency_contact"}),
    ],
)
def test_setting_and_route_say_what_is_needed(setting: Setting, route: DrugRoute | None, wanted: set[str]) -> None:
    assert set(missing_for(consenting().state, setting, route)) == wanted


def test_an_indication_may_need_a_consent_of_its_own() -> None:
    (kind,) = [kind for kind, rule in CONSENTS.kinds.items() if rule.needed is ConsentNeed.INDICATION]
    state = consenting().state
    for indications, wanted in (((), False), (("major_depression",), False), (("substance_use",), True)):
        told = state.model_copy(update={"indications": indications})
        assert (kind in missing_consents(told)) is wanted


def test_an_external_therapist_needs_a_release_that_names_the_therapist_of_today() -> None:
    course = consenting().consent("treatment")
    team = TEAM.model_copy(update={"therapist_practice_id": "practice-harbour"})
    course.state = course.state.model_copy(update={"care_team": team})
    assert missing_consents(course.state) == ["release_of_information"]
    course.consent("release_of_information")
    held = course.state.consents["release_of_information"]
    assert (held.recipient, held.scope) == (TEAM.therapist_id, tuple(ReleaseScope))
    assert missing_consents(course.state) == []
    other = team.model_copy(update={"therapist_id": "th-reed"})
    course.state = course.state.model_copy(update={"care_team": other})
    assert missing_consents(course.state) == ["release_of_information"]
    course.consent("release_of_information")
    assert missing_consents(course.state) == []


def test_a_release_ends_when_the_patient_said_it_would() -> None:
    course = consenting()
    ends_at = course.now + timedelta(days=90)
    course.must(RecordConsent, Role.PATIENT, **said("release_of_information", ends_at=ends_at))
    course.wait_until(ends_at - TICK)
    assert course.state.consents["release_of_information"].is_active
    course.wait_until(ends_at)
    assert not course.state.consents["release_of_information"].is_active


def test_a_withdrawn_consent_is_kept_with_its_end() -> None:
    course = withdrawn()
    consent = course.state.consents["treatment"]
    assert (consent.is_active, consent.withdrawn_at) == (False, START + timedelta(hours=1))
    assert course.phase is Phase.CONSENT


def test_signed_anew_after_a_note_it_counts() -> None:
    course = withdrawn()
    course.must(NoteCapacity, Role.THERAPIST)
    course.consent("treatment")
    assert course.state.consents["treatment"].signed_at == course.now
    assert course.phase is Phase.PREPARATION
    assert course.state.consenting.withdrawal is None


# What rests on which consent


def test_an_approval_is_bound_to_what_its_setting_and_route_need() -> None:
    course = weighed().consent("injection", "recording", *AT_HOME)
    course.must(ApproveDosing, Role.PHYSICIAN, **an_injection(course.state))
    (approved,) = course.facts(DosingApproved)
    assert approved.approval.consents == ("injection:2026-11", "treatment:2026-11")
    for kind in ("recording", *AT_HOME):
        course.must(WithdrawConsent, Role.PATIENT, kind=kind)
    assert course.facts(ApprovalSuspended) == []
    course.must(WithdrawConsent, Role.PATIENT, kind="injection")
    (suspended,) = course.facts(ApprovalSuspended)
    assert suspended.reasons == ("consent_changed",)
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    assert given(course.state.approval).route is DrugRoute.SUBLINGUAL, "another way of dosing needs no injection"


def test_at_home_the_dose_needs_what_the_home_needs() -> None:
    course = at_home_instead()
    assert passes(course, "consents_active")
    course.must(WithdrawConsent, Role.PATIENT, kind="sitter")
    (check,) = [check for check in gate(course.state, course.now) if check.name == "consents_active"]
    assert (check.passed, check.facts) == (False, {"missing": "sitter"})


def test_a_consent_that_is_offered_is_given_and_withdrawn_at_any_time_without_touching_the_dose() -> None:
    course = ready().consent("recording", "touch")
    course.go_on()
    for kind in ("recording", "touch"):
        course.must(WithdrawConsent, Role.PATIENT, kind=kind)
        assert not course.state.consents[kind].is_active
    assert course.facts(ApprovalSuspended) == []
    assert passes(course, "consents_active")
    assert WorkKind.RECORD_DEBRIEF in {item.kind for item in course.state.work}


def test_a_protocol_without_the_section_asks_for_its_list_and_nothing_more() -> None:
    course = Course(an_enrolment(old())).to_phase(Phase.CONSENT)
    assert missing_consents(course.state) == ["treatment", "telehealth"]
    for kind in ("treatment", "telehealth"):
        course.must(RecordConsent, Role.PATIENT, kind=kind, acknowledged=())
    assert course.phase is Phase.PREPARATION
    assert passes(course, "cooling_off_over")
    course.must(WithdrawConsent, Role.PATIENT)
    course.wait(minutes=1)
    course.must(RecordConsent, Role.PATIENT, acknowledged=())
    course.wait(days=1000)
    assert missing_consents(course.state) == []
    course.until(lambda it: it.state.sessions_given == 1)


@pytest.mark.parametrize(
    ("scope", "template", "told"),
    [
        ((ReleaseScope.SCHEDULING,), Template.APPOINTMENT, True),
        ((ReleaseScope.DOSE_PLAN,), Template.APPOINTMENT, False),
        ((ReleaseScope.DOSE_PLAN,), Template.WORK_OVERDUE, True),
        ((), Template.WORK_OVERDUE, False),
        ((), Template.HELP_NEEDED, True),
    ],
)
def test_another_practice_is_told_what_the_patient_lets_it_know(
    scope: tuple[ReleaseScope, ...], template: Template, told: bool
) -> None:
    course = consenting().consent("treatment")
    message = MessageRequest(
        id="m-1", template=template, to_role=Role.THERAPIST, to_id=given(TEAM.therapist_id), about="W1"
    )
    assert is_released(course.state, message), "a therapist of the clinic needs no release"
    team = TEAM.model_copy(update={"therapist_practice_id": "practice-harbour"})
    course.state = course.state.model_copy(update={"care_team": team})
    if scope:
        course.must(RecordConsent, Role.PATIENT, **said("release_of_information", scope=scope))
    assert is_released(course.state, message) is told
    to_patient = message.model_copy(update={"to_role": Role.PATIENT, "to_id": "p-1"})
    assert is_released(course.state, to_patient)
