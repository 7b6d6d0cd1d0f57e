"""What people do in the course of care, as steps that tests put together."""

from datetime import timedelta
from typing import Any

from schemas.actors import Role
from schemas.answers import Receipt
from schemas.commands import (
    AcceptReferral,
    AcknowledgeDosePlan,
    ApproveDosing,
    CaptureInsight,
    CheckIn,
    CompletePathway,
    DecideScreening,
    DischargePatient,
    RecordAdministration,
    RecordCheckin,
    RecordConsent,
    RecordCredentials,
    RecordDayChecklist,
    RecordDebrief,
    RecordFollowUp,
    RecordHealthHistory,
    RecordLabs,
    RecordMeasure,
    RecordMedications,
    RecordVitals,
    ScheduleSession,
    SignIntegrationNote,
    SignPreparationNote,
)
from schemas.pathway import Phase
from tests.support.engine import TEAM, Hand

CREDENTIALS = (
    {"person_id": "dr-sage", "role": "physician", "licences": {"CO": "2099-12-31"}, "prescribing_until": "2099-12-31"},
    {"person_id": "th-fern", "role": "therapist", "licences": {"CO": "2099-12-31"}, "kap_trained": True},
)
"""What was verified about those who treat."""

BASELINE = {
    "phq9": {f"q{number}": 0 if number == 9 else 2 for number in range(1, 10)},
    "gad7": {f"q{number}": 1 for number in range(1, 8)},
    "cssrs": {"q1": 0, "q2": 0, "q6": 0},
}
"""Answers before the treatment, without a thought of suicide."""

CHECKIN = {**BASELINE, "cssrs_since_last_contact": BASELINE["cssrs"], "phq9_item9": {"q9": 0}}
"""Answers when somebody asks after the patient."""

CALM = {"systolic": 122, "diastolic": 78, "heart_rate": 66, "spo2": 98}


async def enrolled(hand: Hand) -> None:
    """Accepted, screened, consented."""
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
    for credentials in CREDENTIALS:
        await hand.do(RecordCredentials, Role.COORDINATOR, credentials=credentials)
    await screened(hand)
    await hand.do(RecordConsent, Role.PATIENT)


async def screened(hand: Hand) -> None:
    """Asked about everything, tested, and found eligible."""
    await hand.do(RecordHealthHistory, Role.NURSE)
    await hand.do(RecordMedications, Role.PATIENT)
    await hand.do(RecordLabs, Role.NURSE)
    for instrument, answers in BASELINE.items():
        await hand.do(RecordMeasure, Role.NURSE, instrument=instrument, answers=answers)
    await hand.do(DecideScreening, Role.PHYSICIAN)


async def prepared(hand: Hand) -> None:
    """Prepared, and approved and read where an approval is owed."""
    await hand.do(SignPreparationNote, Role.THERAPIST)
    if await hand.phase() is Phase.APPROVAL:
        if (await hand.status()).sessions_given:
            await hand.do(RecordFollowUp, Role.PHYSICIAN)
        await approved(hand)


async def approved(hand: Hand, **values: Any) -> Receipt:
    """Approved by a physician, and read by those who have to."""
    receipt = await hand.do(ApproveDosing, Role.PHYSICIAN, **values)
    approval = (await hand.status()).approval
    for role in (Role.THERAPIST, Role.PATIENT):
        await hand.do(AcknowledgeDosePlan, role, approval_id=approval.id if approval else "")
    return receipt


async def booked(hand: Hand, days: float = 7) -> None:
    """A session in the clinic some days ahead."""
    starts_at = await hand.now() + timedelta(days=days)
    await hand.do(ScheduleSession, Role.COORDINATOR, starts_at=starts_at.isoformat())


async def arrived(hand: Hand, days: float = 7) -> None:
    """Booked, asked on the evening before, checked in when the days have passed."""
    await booked(hand, days)
    await passed(hand, days - 0.5)
    await hand.do(RecordDayChecklist, Role.PATIENT)
    await passed(hand, 0.5)
    await hand.do(CheckIn, Role.THERAPIST)


async def passed(hand: Hand, days: float) -> None:
    """The days pass, and every check-in is answered as soon as it opens."""
    # A status tells the time of the pathway's last step, so the clock is kept here.
    now = await hand.now()
    until = now + timedelta(days=days)
    while (status := await hand.status()).closure is None:
        if opened := [one for one in status.checkins if one.opens_at <= now]:
            answers = [{"instrument": name, "answers": CHECKIN[name]} for name in opened[0].measures]
            await hand.do(RecordCheckin, Role.NURSE, checkin_id=opened[0].id, measures=answers)
            continue
        if now >= until:
            break
        then = min([until, *(one.opens_at for one in status.checkins)])
        await hand.wait(seconds=(then - now).total_seconds())
        now = then


async def dosed(hand: Hand) -> None:
    """Measured and medicated."""
    await hand.do(RecordVitals, Role.NURSE, vitals=CALM)
    await hand.do(RecordAdministration, Role.NURSE)


async def discharged(hand: Hand) -> None:
    """Insight, observation, debrief, discharge."""
    await hand.do(CaptureInsight, Role.THERAPIST)
    for minutes in (30, 30, 60):
        await hand.wait(minutes=minutes)
        await hand.do(RecordVitals, Role.NURSE, vitals=CALM)
    await hand.do(RecordDebrief, Role.THERAPIST)
    await hand.do(DischargePatient, Role.THERAPIST)


async def integrated(hand: Hand) -> None:
    """The integration visit, two days on."""
    await passed(hand, days=2)
    kept = [{"item_id": item.id, "result": "kept"} for item in (await hand.status()).plan]
    await hand.do(SignIntegrationNote, Role.THERAPIST, outcomes=kept)


async def cycle(hand: Hand) -> None:
    """One whole cycle."""
    await prepared(hand)
    await arrived(hand)
    await dosed(hand)
    await discharged(hand)
    await integrated(hand)


async def completed(hand: Hand) -> None:
    """The whole course."""
    await enrolled(hand)
    while await hand.phase() is not Phase.FOLLOW_UP:
        await cycle(hand)
    await hand.do(CompletePathway, Role.PHYSICIAN)
    await passed(hand, days=2)
