"""An uneventful course of treatment as data: what people say, and how long they wait in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Final, TypeAlias

from schemas import commands as c
from schemas.actors import Actor, CareTeam, Role
from schemas.checkins import CheckinOutcome
from schemas.clock import Clock
from schemas.commands.checkins import Questionnaire
from schemas.commands.ends import Course
from schemas.commands.screening import LabReport
from schemas.integration import PlanOutcome, PlanResult
from schemas.measures import Instrument
from schemas.messages import Contact
from schemas.preparation import PreparationItem
from schemas.protocol import ConsentNeed, Protocol
from schemas.referral import Person, Referral, ReferralSource
from schemas.screening import LabResult, LabTest
from schemas.team import Credentials
from schemas.treatment import DrugRoute, Setting, Vitals
from tests.support.people import unlike
from workflows.rules.team import SEATS

Step: TypeAlias = c.Command | timedelta
"""What comes next: somebody says something, or pathway time passes."""

EPOCH: Final = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
"""Pathway time at which every course begins, so that reminders fall due at the same place in each of them."""

ROUTE: Final = DrugRoute.INTRAMUSCULAR
TEAM: Final = CareTeam(physician_id="dr-sage", therapist_id="th-fern", coordinator_id="co-moss")
CONTACTS: Final = tuple(
    Contact(id=person, role=role, name=name, email=f"{person}@example.org", zone="America/Denver")
    for person, role, name in (
        ("dr-sage", Role.PHYSICIAN, "Juno Myth"),
        ("th-fern", Role.THERAPIST, "Wren Fable"),
        ("co-moss", Role.COORDINATOR, "Moss Tale"),
    )
)

_LATER: Final = date(2099, 12, 31)
_SHORTLY: Final = timedelta(minutes=1)
_IN_RANGE: Final = Vitals(systolic=124, diastolic=78, heart_rate=66, spo2=98)
_INSIGHTS: Final = {50: "I can put the suitcase down.", 70: "The house was mine.", 100: "Nobody was angry with me."}
"""What the patient says, by minute after the dose."""

_LABS: Final = tuple(
    LabReport(test=test, result=LabResult.UNREMARKABLE)
    for test in (LabTest.LIVER_FUNCTION, LabTest.KIDNEY_FUNCTION, LabTest.URINARY_TRACT_SYMPTOMS, LabTest.ECG)
)
_ANSWERS: Final[dict[Instrument, dict[str, int]]] = {
    Instrument.PHQ9: {f"q{number}": 0 if number == 9 else 2 for number in range(1, 10)},
    Instrument.PHQ9_ITEM9: {"q9": 0},
    Instrument.GAD7: {f"q{number}": 1 for number in range(1, 8)},
    Instrument.CSSRS: {"q1": 0, "q2": 0, "q6": 0},
    Instrument.CSSRS_SINCE_LAST_CONTACT: {"q1": 0, "q2": 0, "q6": 0},
}
"""What the patient answers."""

_NOTE: Final = (
    "Arrived rested and on time. Spoke about the week at work, the telephone call with the sister and two nights of "
    "broken sleep. Named one wish for the days ahead and one worry about them; both are written down together. "
    "Breathing exercise practised twice. Next steps agreed, with a plan for the evening and somebody to ring."
)


def referral(number: str) -> Referral:
    """A referral of an invented person of her own; ``number`` tells her from all others."""
    return Referral(
        referral_id=f"bench-{number}",
        sender="bench",
        source=ReferralSource.THERAPIST,
        patient=Person(
            given_name=f"Wren {unlike(number)}",
            family_name=f"Fable {unlike(number)}",
            birth_date=date(1990, 2, 1),
            email=f"{unlike(number).lower()}@example.org",
            zone="America/Denver",
            residence="CO",
        ),
        setting=Setting.CLINIC,
        concern="A long winter that two other treatments did not end.",
        goals=("Sleep through the night.", "Return to the choir."),
        clock=Clock(epoch=EPOCH),
    )


def course(protocol: Protocol, now: Callable[[], datetime]) -> Iterator[Step]:
    """Everything from accepting the referral to the outcome, in order; every command is one that is accepted.

    What happens within a session is told once it is over, each at the minute it was observed. So time has to pass only
    three times in a cycle, and once for each check-in, and the course keeps every interval of the protocol however
    slowly it is played.

    Args:
        protocol: Gives the number of cycles, the intervals and the minutes at which vital signs are taken.
        now: Pathway time.
    """
    say = _Speaker()
    yield say(c.AcceptReferral, Role.COORDINATOR, care_team=TEAM)
    for person, role in ((TEAM.physician_id, Role.PHYSICIAN), (TEAM.therapist_id or "", Role.THERAPIST)):
        told = Credentials(
            person_id=person, role=role, licences={"CO": _LATER}, prescribing_until=_LATER, kap_trained=True
        )
        yield say(c.RecordCredentials, Role.COORDINATOR, credentials=told, reason="Seen in the register.")
    yield say(
        c.RecordHealthHistory,
        Role.NURSE,
        age_years=41,
        childbearing_potential=False,
        conditions=(),
        every_condition_asked=True,
    )
    yield say(c.RecordMedications, Role.PATIENT, names=("sertraline 50 mg",))
    yield say(c.RecordLabs, Role.NURSE, labs=_LABS)
    for instrument in protocol.instruments.baseline if protocol.instruments is not None else ():
        yield say(c.RecordMeasure, Role.NURSE, instrument=instrument, answers=_ANSWERS[instrument])
    yield say(c.DecideScreening, Role.PHYSICIAN, eligible=True, reason="No contraindication found.")
    for kind, rule in protocol.consent_rules.kinds.items():
        if rule.needed is ConsentNeed.EVERYBODY or ROUTE in rule.drug_routes:
            signed = {"kind": kind, "version": rule.version, "acknowledged": tuple(rule.disclosures)}
            yield say(c.RecordConsent, Role.PATIENT, **signed)
    cycles = int(protocol.series.sessions.value)
    sessions_left, approvals, last_dose = 0, 0, None
    checkins = _Checkins(protocol, say, now)
    for cycle in range(1, cycles + 1):
        yield say(
            c.SignPreparationNote,
            Role.THERAPIST,
            intentions=(_NOTE,),
            goals=("Sleep through the night.",),
            minutes=60,
            checklist=tuple(PreparationItem),
        )
        if sessions_left == 0:
            terms = protocol.approval.first if cycle == 1 else protocol.approval.later
            sessions_left = int(terms.sessions.value)
            yield say(c.RecordWeight, Role.NURSE, kg=120.0)
            approvals += 1
            if last_dose is not None:
                yield say(c.RecordFollowUp, Role.PHYSICIAN, summary=_NOTE)
            yield say(
                c.ApproveDosing,
                Role.PHYSICIAN,
                route=ROUTE,
                setting=Setting.CLINIC,
                max_dose_mg=80.0,
                sessions=sessions_left,
                valid_days=int(terms.valid_days.value),
                pdmp_checked=True,
            )
            for role in (Role.THERAPIST, Role.PATIENT):
                yield say(c.AcknowledgeDosePlan, role, approval_id=f"A{approvals}")
        starts_at = now() + timedelta(days=2)
        if last_dose is not None:
            least = timedelta(hours=protocol.series.min_hours_between_doses.value)
            starts_at = last_dose + max(least, timedelta(weeks=1)) + timedelta(hours=1)
        yield say(c.ScheduleSession, Role.COORDINATOR, starts_at=starts_at, setting=Setting.CLINIC)
        yield from checkins.until(starts_at)
        yield starts_at - now() + _SHORTLY
        last_dose = now()
        yield from _session(protocol, say, last_dose)
        checkins.plan(cycle, last_dose)
        sessions_left -= 1
        visit = last_dose + timedelta(hours=protocol.integration.window_opens_h.value + 1)
        yield from checkins.until(visit)
        yield visit - now()
        yield say(
            c.SignIntegrationNote,
            Role.THERAPIST,
            summary=_NOTE,
            outcomes=() if cycle == 1 else (PlanOutcome(item_id="P1", result=PlanResult.KEPT),),
            coping_strategies=("Ten minutes of walking.",) if cycle == 1 else (),
        )
    yield from checkins.until(now() + timedelta(days=3))
    yield say(c.CompletePathway, Role.PHYSICIAN, course=Course.RESPONSE, summary=_NOTE)


def _session(protocol: Protocol, say: _Speaker, dosed_at: datetime) -> Iterator[Step]:
    limits = protocol.routes[ROUTE]
    yield say(c.RecordDayChecklist, Role.NURSE, new_medicines=(), companion_arranged=True, new_illness=False)
    arrival = {"identity_confirmed": True, "therapist_present": True, "solids_h_ago": 8.0, "clear_liquids_h_ago": 3.0}
    yield say(c.CheckIn, Role.NURSE, setting=Setting.CLINIC, **arrival)
    yield say(c.RecordVitals, Role.NURSE, vitals=_IN_RANGE)
    yield say(c.RecordAdministration, Role.NURSE, dose_mg=60.0, route=ROUTE, lot="LOT-1", verified_by="nurse-2")
    yield timedelta(minutes=limits.observation_min.value) + _SHORTLY
    for minute in sorted({*limits.vitals_at_min, *_INSIGHTS}):
        # The dose was recorded a moment after the clock was read.
        then = dosed_at + timedelta(minutes=minute) + _SHORTLY
        if minute in limits.vitals_at_min:
            yield say(c.RecordVitals, Role.NURSE, vitals=_IN_RANGE, observed_at=then)
        if minute in _INSIGHTS:
            yield say(c.CaptureInsight, Role.THERAPIST, insight=_INSIGHTS[minute], observed_at=then)
    yield say(
        c.DischargePatient,
        Role.NURSE,
        oriented=True,
        no_driving_agreed=True,
        steady_gait=True,
        responsible_adult=True,
        nausea_minimal=True,
        suicidality_screened=True,
        padss=10,
    )
    yield say(c.RecordDebrief, Role.THERAPIST, summary=_NOTE)


class _Checkins:
    """Asks after the patient when it is time."""

    def __init__(self, protocol: Protocol, say: _Speaker, now: Callable[[], datetime]) -> None:
        self._rules = protocol.checkins.after_session if protocol.checkins is not None else {}
        self._say, self._now = say, now
        self._ahead: list[tuple[datetime, str, str]] = []

    def plan(self, session: int, dosed_at: datetime) -> None:
        """After a dose, which was recorded a moment after the clock was read."""
        self._ahead += [
            (dosed_at + timedelta(hours=rule.opens_h.value) + 2 * _SHORTLY, f"S{session}-{kind}", kind)
            for kind, rule in self._rules.items()
        ]
        self._ahead.sort()

    def until(self, instant: datetime) -> Iterator[Step]:
        """Every check-in that opens before ``instant``."""
        while self._ahead and self._ahead[0][0] < instant:
            opens_at, checkin_id, kind = self._ahead.pop(0)
            yield max(opens_at - self._now(), timedelta(0))
            measures = tuple(
                Questionnaire(instrument=one, answers=dict(_ANSWERS[one])) for one in self._rules[kind].measures
            )
            reached = {"outcome": CheckinOutcome.REACHED, "measures": measures, "side_effects": ()}
            yield self._say(c.RecordCheckin, Role.NURSE, checkin_id=checkin_id, **reached)


class _Speaker:
    """Makes commands with ids of their own."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self, command: type[c.Command], role: Role, **said: object) -> c.Command:
        actor = Actor(id=TEAM.seated(SEATS[role]) or f"{role}-1" if role in SEATS else f"{role}-1", role=role)
        return command.model_validate({"command_id": f"c{next(self._numbers)}", "actor": actor, **said})
