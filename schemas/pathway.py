"""The clinical state of one pathway: everything its decisions depend on, and nothing else."""

from enum import StrEnum

from pydantic import Field

from schemas.actors import CareTeam
from schemas.appointments import Invitation
from schemas.base import Id, Instant, Model, State, Zone
from schemas.checkins import Checkins
from schemas.commands.ends import Course
from schemas.consents import Consent, Consenting
from schemas.day_of import DayChecklist
from schemas.education import Education
from schemas.integration import Integration
from schemas.measures import Administration, Risk
from schemas.monitoring import AdverseEvent, AlarmLevel, Emergency, Incident, VitalsAlarm
from schemas.pace import Pace
from schemas.preparation import PreparationVisit, Roadmap
from schemas.protocol import Protocol, Series
from schemas.reaching import Unreached
from schemas.referral import Identity
from schemas.regulation import Regulatory
from schemas.screening import Screening
from schemas.supply import Supply
from schemas.team import Staffing
from schemas.thread import Thread
from schemas.treatment import Approval, Dose, HomeAttestation, Reading, Setting, TreatmentRoute
from schemas.work import WorkItem


class Phase(StrEnum):
    """Where a pathway stands."""

    REFERRAL = "referral"
    SCREENING = "screening"
    CONSENT = "consent"
    PREPARATION = "preparation"
    APPROVAL = "approval"
    SESSION = "session"
    INTEGRATION = "integration"
    FOLLOW_UP = "follow_up"
    SAFETY_CONTACT = "safety_contact"
    CLOSED = "closed"


class End(StrEnum):
    """How a pathway ended."""

    COMPLETED = "completed"
    DECLINED = "declined"
    INELIGIBLE = "ineligible"
    DISCONTINUED = "discontinued"
    DUPLICATE = "duplicate"
    TRANSFERRED = "transferred"
    DIED = "died"


class Closure(Model):
    """The end of a pathway: its result."""

    end: End
    at: Instant
    course: Course | None = None
    sessions_given: int = 0


class Session(Model):
    """One booked dosing session."""

    id: Id
    starts_at: Instant
    setting: Setting
    reminded: bool = False
    booked_at: Instant | None = Field(default=None, description="When it was booked or moved to its time.")
    confirmed_at: Instant | None = Field(default=None, description="When the patient said that its time suits.")
    day_begun: bool = Field(default=False, description="The day before has begun: the checklist is open.")
    fasting_reminded: bool = False
    checklists: tuple[DayChecklist, ...] = Field(default=(), description="As gone through, oldest first.")
    last_solids_at: Instant | None = None
    last_clear_liquids_at: Instant | None = None
    cutoff_reached: bool = False
    blocked_for: tuple[Id, ...] = Field(default=(), description="What was missing at the cutoff.")
    checked_in_at: Instant | None = None
    identity_confirmed: bool = False
    therapist_present: bool = False
    home: HomeAttestation | None = None
    readings: tuple[Reading, ...] = ()
    vitals_accepted_at: Instant | None = Field(default=None, description="A physician let readings above go pass.")
    doses: tuple[Dose, ...] = ()
    infusion_ended_at: Instant | None = None
    sitter_checked_at: Instant | None = Field(default=None, description="The sitter's last look at the patient.")
    sitter_late_at: Instant | None = Field(default=None, description="When the last look was due that alarmed.")
    contact_lost_at: Instant | None = None
    contact_escalated: bool = Field(default=False, description="Nobody was reached after contact was lost.")
    debriefed: bool = False
    location: State | None = Field(default=None, description="State of the patient's body, attested at the check-in.")
    late_readings: tuple[Instant, ...] = Field(default=(), description="Readings that were due and alarmed.")
    stopped: bool = Field(default=False, description="No further drug in this session.")
    stopped_at: Instant | None = Field(default=None, description="From when on; None of old: from the beginning.")
    discharged_at: Instant | None = None
    ended_at: Instant | None = Field(default=None, description="When it was held or cancelled, without any drug.")
    held: bool = Field(default=False, description="It ended with a medical hold.")
    carried: tuple[Reading, ...] = Field(default=(), description="Of bookings that were cancelled shortly before.")

    @property
    def last_dose(self) -> Dose | None:
        """The last drug given; observation and intervals count from it."""
        return self.doses[-1] if self.doses else None

    @property
    def in_progress(self) -> bool:
        """Whether drug was given and the patient is not yet discharged."""
        return bool(self.doses) and self.discharged_at is None


class Cycle(Model):
    """One round of preparation, session and integration."""

    number: int = Field(ge=1)
    prepared_at: Instant | None = None
    preparation: tuple[PreparationVisit, ...] = ()
    session: Session | None = None
    released: Id | None = Field(default=None, description="Session that was released, until another one is booked.")
    integration_overdue: bool = False
    integration_deviated: bool = Field(default=False, description="Not held within the protocol's hard limit.")
    ahead: Session | None = Field(default=None, description="The next cycle's, booked before this one is integrated.")


class Hold(Model):
    """A medical reason not to dose until a physician decides."""

    code: Id
    since: Instant
    session_id: Id


class Extension(Model):
    """Sessions beyond the protocol's series."""

    sessions: int = 0
    further: int = Field(default=0, description="Of them, those that are no maintenance.")
    every_days: int | None = Field(default=None, description="Of maintenance; None outside it.")


UNNAMED_ALARM = "V0"


class Pathway(Model):
    """The state that decisions are made on."""

    pathway_id: Id
    episode: Id
    protocol: Protocol
    opened_at: Instant
    identity: Identity = Identity()
    indications: tuple[Id, ...] = ()
    treatment: TreatmentRoute = TreatmentRoute.KAP
    setting: Setting
    zone: Zone
    residence: State
    zone_told: bool = Field(default=False, description="Whether it was told since the referral, and so outdoes a file.")
    version: int = Field(default=0, description="Number of the last event.")
    care_team: CareTeam | None = None
    staffing: Staffing = Staffing()
    thread: Thread = Thread()
    screening: Screening = Screening()
    eligible: bool | None = None
    consents: dict[str, Consent] = Field(default_factory=dict)
    consenting: Consenting = Consenting()
    approval: Approval | None = None
    former_approval: Approval | None = Field(
        default=None, description="The one before it, for doses under it that are told late."
    )
    roadmap: Roadmap | None = None
    integration: Integration = Integration()
    supply: Supply = Supply()
    pace: Pace = Pace()
    regulatory: Regulatory = Regulatory()
    hold: Hold | None = None
    hold_unread: Id | None = Field(default=None, description="Held session that the therapist has not taken note of.")
    hold_ended_at: Instant | None = Field(default=None, description="When a physician ended the last hold.")
    cycle: Cycle = Cycle(number=1)
    last_session: Session | None = Field(default=None, description="That of the cycle before.")
    broken_off: Session | None = Field(
        default=None, description="The last one that ended without drug although the patient was there."
    )
    sessions_booked: int = 0
    sessions_given: int = 0
    recent_sessions_at: tuple[Instant, ...] = Field(default=(), description="First drug of the last sessions.")
    last_follow_up_at: Instant | None = None
    last_drug_at: Instant | None = None
    last_discharged_at: Instant | None = None
    last_integration_at: Instant | None = None
    measures: tuple[Administration, ...] = Field(default=(), description="As recorded, oldest first.")
    risk: Risk = Risk()
    checkins: Checkins = Checkins()
    education: Education = Education()
    unreached: tuple[Unreached, ...] = Field(default=(), description="Messages that no channel brought to the patient.")
    emergency: Emergency | None = None
    vitals_alarm: AlarmLevel | None = Field(default=None, description="Of states of old: an alarm without a name.")
    vitals_alarms: tuple[VitalsAlarm, ...] = Field(default=(), description="Of readings no physician has looked at.")
    vitals_alarms_raised: int = 0
    incidents: tuple[Incident, ...] = ()
    incidents_opened: int = 0
    adverse_events: tuple[AdverseEvent, ...] = Field(default=(), description="Those with something left to decide.")
    adverse_events_recorded: int = 0
    revisit_since: Instant | None = Field(
        default=None, description="Of the last grave event: the patient is seen anew."
    )
    cancellation_requested_at: Instant | None = None
    work: tuple[WorkItem, ...] = Field(default=(), description="Open work items, oldest first.")
    work_opened: int = 0
    messages_requested: int = 0
    invitations: tuple[Invitation, ...] = Field(default=(), description="What was said last of each appointment.")
    extension: Extension = Extension()
    ending: Closure | None = Field(default=None, description="Care has ended; only the safety contact remains.")
    closure: Closure | None = None

    @property
    def alarms(self) -> tuple[VitalsAlarm, ...]:
        """Alarms of readings that no physician has looked at; a state of old has one at most, without a name."""
        of_old = () if self.vitals_alarm is None else (VitalsAlarm(id=UNNAMED_ALARM, level=self.vitals_alarm),)
        return (*of_old, *self.vitals_alarms)

    @property
    def gravest_alarm(self) -> AlarmLevel | None:
        """The gravest level among them."""
        return max((alarm.level for alarm in self.alarms), key=lambda level: level.rank, default=None)

    @property
    def next_message_id(self) -> str:
        """The id of the next message; every message has one of its own."""
        return f"{self.episode}-M{self.messages_requested + 1}"

    @property
    def series(self) -> Series:
        """The series of the treatment route."""
        return self.protocol.series_of(self.treatment)

    @property
    def has_psychotherapy(self) -> bool:
        """Whether preparation, the therapist's presence and integration belong to the treatment."""
        return self.protocol.treatment(self.treatment).psychotherapy

    @property
    def sessions_planned(self) -> int:
        """Sessions that the series consists of."""
        return int(self.series.sessions.value) + self.extension.sessions

    @property
    def series_continues(self) -> bool:
        """Whether another cycle is to be done."""
        return self.closure is None and self.ending is None and self.cycle.number <= self.sessions_planned
