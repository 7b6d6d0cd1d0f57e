"""What a pathway answers: receipts of accepted commands, and its status."""

from pydantic import Field

from schemas.actors import Role, Seat
from schemas.base import Id, Instant, Line, Model, Text
from schemas.integration import PlanItem
from schemas.measures import Instrument, RiskCode, RiskLevel
from schemas.pathway import Closure, Phase
from schemas.preparation import Roadmap
from schemas.team import Credential
from schemas.treatment import Approval
from schemas.work import WorkItem


class Receipt(Model):
    """The answer to an accepted command; a duplicate of the command gets the same one."""

    command_id: Id
    verb: Id
    version: int = Field(description="The pathway's version after the command.")
    phase: Phase
    recorded_at: Instant
    facts: tuple[Id, ...] = Field(description="Types of the facts it caused, in order.")
    warnings: tuple[Id, ...] = Field(default=(), description="What was accepted and should still be thought about.")


class Answered(Model):
    """A command that was accepted, as long as it is remembered."""

    digest: str = Field(description="Hash of the command's content, so that its id cannot carry another one.")
    receipt: Receipt


class Check(Model):
    """One named condition of the next dose."""

    name: Id
    passed: bool
    code: Id | None = Field(default=None, description="Refusal code while it is not met.")
    sentence: Line | None = Field(default=None, description="What is wrong while it is not met.")
    facts: dict[str, str | int | float | bool] = Field(default_factory=dict, description="What it was decided on.")
    lifted_by: tuple[Role, ...] = Field(default=(), description="Who can lift it; nobody where it is empty.")


class Due(Model):
    """An instant at which something must happen, and what."""

    at: Instant
    reason: Id
    subject: Id


class SessionStatus(Model):
    """Where the current session stands."""

    id: Id
    starts_at: Instant
    checked_in: bool
    doses: int
    discharged: bool
    observation_ends_at: Instant | None
    monitoring_only: bool = Field(default=False, description="The consent was withdrawn while drug acts.")
    planned_until: Instant | None = Field(default=None, description="The longest that it is planned for; no limit.")
    obstacles: tuple[Id, ...] = Field(
        default=(),
        description="What stands in its way before anybody has arrived: while there is any, it is tentative.",
    )
    confirmed_at: Instant | None = Field(
        default=None, description="When the patient said that its time suits; nothing else follows from it."
    )


class RiskStatus(Model):
    """A sign of suicide risk that is not cleared."""

    reasons: tuple[RiskCode, ...]
    level: RiskLevel | None = Field(description="How high it counts; None before it is assessed.")
    since: Instant
    assessed: bool = Field(description="Whether the screener was finished since.")
    waits_for: tuple[Role, ...] = Field(description="Roles of which somebody has to clear it.")


class CheckinStatus(Model):
    """A check-in that is open or lies ahead."""

    id: Id
    kind: Id
    opens_at: Instant
    due_at: Instant
    open: bool
    attempts: int = 0
    measures: tuple[Instrument, ...] = Field(default=(), description="Questionnaires that it asks for.")


class MemberStatus(Model):
    """A place in the care team: who has it, who stands in now, and what is missing."""

    seat: Seat
    person_id: Id | None
    practice_id: Id | None = Field(default=None, description="An external therapist's own practice.")
    covered_by: Id | None = None
    covered_until: Instant | None = None
    lacking: tuple[Credential, ...] = Field(
        default=(), description="What the protocol asks of whoever acts, and nobody verified, or has ended."
    )


class TeamStatus(Model):
    """The care team as of now."""

    members: tuple[MemberStatus, ...]
    departed: dict[Id, Instant] = Field(
        default_factory=dict, description="Who has left: they may tell what they observed before, and decide nothing."
    )
    preparation_awaited: bool = Field(default=False, description="The new therapist has not prepared the patient.")
    decision_awaited: bool = Field(default=False, description="No physician has decided that the series goes on.")


class Status(Model):
    """Where a pathway stands, who owes what, and why the next dose may or may not be given."""

    pathway_id: Id
    phase: Phase
    version: int
    now: Instant
    protocol: Id
    next_step: Text
    cycle: int
    sessions_given: int
    sessions_planned: int
    consents: tuple[Id, ...]
    team: TeamStatus | None = Field(default=None, description="None until the referral is accepted.")
    approval: Approval | None
    session: SessionStatus | None
    dose_allowed: bool
    checks: tuple[Check, ...]
    work: tuple[WorkItem, ...]
    due: tuple[Due, ...]
    risk: RiskStatus | None = Field(default=None, description="None while no sign of suicide risk blocks dosing.")
    checkins: tuple[CheckinStatus, ...] = ()
    session_ahead: SessionStatus | None = Field(
        default=None, description="The next cycle's, booked before the session of this one is integrated."
    )
    plan: tuple[PlanItem, ...] = Field(default=(), description="What the next integration visit asks about.")
    cautions: tuple[Id, ...] = Field(default=(), description="To be known before the next dose; they block nothing.")
    roadmap: Roadmap | None = Field(default=None, description="What the patient wants from the sessions.")
    unwritten_events: int = Field(description="Events not yet in the journal: zero unless PostgreSQL is away.")
    unsent_messages: int
    withheld_messages: int = Field(default=0, description="Those that wait for the patient's release of information.")
    closure: Closure | None
