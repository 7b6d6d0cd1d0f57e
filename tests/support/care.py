"""What people do in the course of care, as steps that tests put together."""

from datetime import timedelta

from schemas.actors import Role
from schemas.commands import (
    AcceptReferral,
    ApproveDosing,
    CaptureInsight,
    CheckIn,
    CompletePathway,
    DecideScreening,
    DischargePatient,
    RecordAdministration,
    RecordConsent,
    RecordDebrief,
    RecordHealthHistory,
    RecordLabs,
    RecordMedications,
    RecordVitals,
    ScheduleSession,
    SignIntegrationNote,
    SignPreparationNote,
)
from schemas.pathway import Phase
from tests.support.engine import TEAM, Hand

CALM = {"systolic": 122, "diastolic": 78, "heart_rate": 66, "spo2": 98}


async def enrolled(hand: Hand) -> None:
    """Accepted, screened, consented."""
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
    await screened(hand)
    await hand.do(RecordConsent, Role.PATIENT)


async def screened(hand: Hand) -> None:
    """Asked about everything, tested, and found eligible."""
    await hand.do(RecordHealthHistory, Role.NURSE)
    await hand.do(RecordMedications, Role.PATIENT)
    await hand.do(RecordLabs, Role.NURSE)
    await hand.do(DecideScreening, Role.PHYSICIAN)


async def prepared(hand: Hand) -> None:
    """Prepared, and approved where an approval is owed."""
    await hand.do(SignPreparationNote, Role.THERAPIST)
    if await hand.phase() is Phase.APPROVAL:
        await hand.do(ApproveDosing, Role.PHYSICIAN)


async def booked(hand: Hand, days: float = 7) -> None:
    """A session in the clinic some days ahead."""
    starts_at = await hand.now() + timedelta(days=days)
    await hand.do(ScheduleSession, Role.COORDINATOR, starts_at=starts_at.isoformat())


async def arrived(hand: Hand, days: float = 7) -> None:
    """Booked, the days passed, checked in."""
    await booked(hand, days)
    await hand.wait(days=days)
    await hand.do(CheckIn, Role.THERAPIST)


async def dosed(hand: Hand) -> None:
    """Measured and medicated."""
    await hand.do(RecordVitals, Role.NURSE, vitals=CALM)
    await hand.do(RecordAdministration, Role.NURSE)


async def discharged(hand: Hand) -> None:
    """Insight, observation, debrief, discharge."""
    await hand.do(CaptureInsight, Role.THERAPIST)
    await hand.wait(hours=2)
    await hand.do(RecordVitals, Role.NURSE, vitals=CALM)
    await hand.do(RecordDebrief, Role.THERAPIST)
    await hand.do(DischargePatient, Role.THERAPIST)


async def integrated(hand: Hand) -> None:
    """The integration visit, two days on."""
    await hand.wait(days=2)
    await hand.do(SignIntegrationNote, Role.THERAPIST)


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
