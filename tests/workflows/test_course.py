"""One patient from referral to completed integration, on the real engine with real PostgreSQL and SMTP."""

import pytest

from activities.records.journal import verify_chain
from schemas.actors import Role
from schemas.commands import (
    AcceptReferral,
    ApproveDosing,
    CancelSession,
    CheckIn,
    DecideScreening,
    DischargePatient,
    RecordAdministration,
    RecordDayChecklist,
    RecordVitals,
    SignIntegrationNote,
    SignPreparationNote,
)
from schemas.commands.ends import Course
from schemas.facts import IntegrationNoteSigned
from schemas.pathway import Closure, End, Phase
from schemas.referral import IntakeStatus
from schemas.work import WorkKind
from tests.support.care import (
    CALM,
    approved,
    arrived,
    booked,
    completed,
    cycle,
    discharged,
    dosed,
    enrolled,
    integrated,
    prepared,
)
from tests.support.engine import TEAM, Engine, a_referral
from tests.support.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_whole_course_ends_with_its_outcome_and_a_whole_journal(engine: Engine) -> None:
    hand = await engine.refer()
    await completed(hand)
    closure = await engine.client.result(hand.id)
    assert isinstance(closure, Closure)
    assert (closure.end, closure.course, closure.sessions_given) == (End.COMPLETED, Course.RESPONSE, 6)
    events = await hand.journal()
    assert verify_chain(events) is None
    assert [event.seq for event in events] == list(range(1, hand.receipts[-1].version + 1))
    approvals = [event for event in events if event.fact.type == "dosing_approved"]
    assert {event.actor.role for event in approvals if event.actor} == {Role.PHYSICIAN}
    assert await hand.failed_tasks() == 0


async def test_messages_reach_their_people_once_and_say_nothing(engine: Engine) -> None:
    hand = await engine.refer()
    await enrolled(hand)
    await cycle(hand)
    mails = engine.mail.mails

    async def everybody_was_told() -> bool:
        return len(mails) >= 11

    await eventually(everybody_was_told)
    told = sorted((mail.recipients[0], mail.message["Subject"]) for mail in mails)
    assert [address for address, _ in told] == [
        "dr-sage@example.org",
        "dr-sage@example.org",
        "th-fern@example.org",
        "th-fern@example.org",
        "th-fern@example.org",
        "wren.fable@example.org",
        "wren.fable@example.org",
        "wren.fable@example.org",
        "wren.fable@example.org",
        "wren.fable@example.org",
        "wren.fable@example.org",
    ]
    for mail in mails:
        text = f"{mail.message['Subject']} {mail.body}".lower()
        assert not [word for word in ("ketamine", "dose", "wren fable", "low for two years") if word in text]


async def test_reading_ones_own_write(engine: Engine) -> None:
    hand = await engine.refer()
    receipt = await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
    assert (await hand.journal())[-1].seq == receipt.version


async def test_same_person_twice_is_one_pathway(engine: Engine) -> None:
    referral = a_referral()
    first = await engine.client.refer(referral)
    again = await engine.client.refer(referral)
    other_sender = await engine.client.refer(referral.model_copy(update={"sender": "moss-practice"}))
    assert first == again
    assert (first.status, other_sender.status) == (IntakeStatus.OPENED, IntakeStatus.ALREADY_OPEN)
    assert first.pathway_id == other_sender.pathway_id


async def test_wrong_moves_are_refused_with_their_reason(engine: Engine) -> None:
    hand = await engine.refer()
    assert await hand.refused(DecideScreening, Role.PHYSICIAN) == "referral_not_accepted"
    assert await hand.refused(DecideScreening, Role.THERAPIST) == "role_not_allowed"
    await enrolled(hand)
    assert await hand.refused(ApproveDosing, Role.THERAPIST) == "role_not_allowed"
    assert await hand.refused(ApproveDosing, Role.PHYSICIAN, max_dose_mg=401) == "dose_above_protocol"
    assert await hand.refused(RecordAdministration, Role.NURSE) == "no_session"
    await prepared(hand)
    await booked(hand)
    assert await hand.refused(CheckIn, Role.THERAPIST) == "too_early_to_check_in"
    await hand.wait(days=6.5)
    await hand.do(RecordDayChecklist, Role.PATIENT)
    await hand.wait(days=0.5)
    await hand.do(CheckIn, Role.THERAPIST)
    assert await hand.refused(RecordAdministration, Role.NURSE) == "vitals_missing"
    await hand.do(RecordVitals, Role.NURSE, vitals=CALM)
    assert await hand.refused(RecordAdministration, Role.NURSE, dose_mg=151) == "dose_above_approval"
    await hand.do(RecordAdministration, Role.NURSE)
    assert await hand.refused(DischargePatient, Role.THERAPIST) == "observation_not_over"
    assert await hand.refused(CancelSession, Role.PATIENT) == "drug_already_given"
    await discharged(hand)
    assert await hand.refused(SignIntegrationNote, Role.THERAPIST) == "integration_too_early"
    await integrated(hand)
    assert await hand.failed_tasks() == 0


async def test_an_expired_approval_carries_no_dose_and_is_asked_for_again(engine: Engine) -> None:
    hand = await engine.refer()
    await enrolled(hand)
    await prepared(hand)
    await booked(hand, days=30)
    await hand.wait(days=20)
    # A preparation lasts no longer than the approval, so it is done anew.
    await hand.do(SignPreparationNote, Role.THERAPIST)
    await hand.wait(days=9.5)
    await hand.do(RecordDayChecklist, Role.PATIENT)
    await hand.wait(days=0.5)
    await hand.do(CheckIn, Role.THERAPIST)
    # The patient is there on the approval's last day, and nothing is given until it is over.
    await hand.wait(days=1)
    await hand.do(RecordDayChecklist, Role.PATIENT)
    await hand.do(RecordVitals, Role.NURSE, vitals=CALM)
    assert await hand.refused(RecordAdministration, Role.NURSE) == "approval_expired"
    status = await hand.status()
    assert status.phase is Phase.APPROVAL
    assert WorkKind.APPROVE_DOSING in {item.kind for item in status.work}
    await approved(hand)
    await hand.do(RecordAdministration, Role.NURSE)


async def test_a_held_session_uses_nothing_and_waits_for_a_physician(engine: Engine) -> None:
    hand = await engine.refer()
    await enrolled(hand)
    await prepared(hand)
    await arrived(hand)
    for systolic, diastolic in ((158, 96), (162, 98), (164, 101)):
        reading = {"systolic": systolic, "diastolic": diastolic, "heart_rate": 80, "spo2": 97}
        await hand.do(RecordVitals, Role.NURSE, vitals=reading)
        await hand.wait(minutes=12)
    status = await hand.status()
    assert (status.sessions_given, status.approval and status.approval.sessions_used) == (0, 0)
    assert WorkKind.REVIEW_HOLD in {item.kind for item in status.work}
    described = await hand.workflow.describe()
    assert described.search_attributes["KapAttention"] == ["held"]
    receipt = await approved(hand, max_dose_mg=100)
    assert "work_item_closed" in receipt.facts
    await arrived(hand)
    await dosed(hand)
    assert (await hand.status()).sessions_given == 1


async def test_a_missed_integration_visit_becomes_work_and_is_never_completed_by_time(engine: Engine) -> None:
    hand = await engine.refer()
    await enrolled(hand)
    await prepared(hand)
    await arrived(hand)
    await dosed(hand)
    await discharged(hand)
    await hand.wait(days=4)
    status = await hand.status()
    assert status.phase is Phase.INTEGRATION
    assert {item.kind for item in status.work} == {
        WorkKind.HOLD_INTEGRATION_VISIT,
        WorkKind.FOLLOW_UP_OVERDUE_INTEGRATION,
        WorkKind.HOLD_CHECKIN,
        WorkKind.CALL_PATIENT,
        WorkKind.DECIDE_WELFARE,
    }

    async def told() -> bool:
        return len(engine.mail.to("th-fern@example.org")) >= 2

    await eventually(told)
    await hand.do(SignIntegrationNote, Role.THERAPIST)
    signed = [event.fact for event in await hand.journal() if isinstance(event.fact, IntegrationNoteSigned)]
    assert signed[-1].late is True
