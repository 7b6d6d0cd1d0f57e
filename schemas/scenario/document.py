"""A scenario: who takes part, what they do when, and what is expected of the pathway."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.actors import Role, Seat
from schemas.base import Day, Id, Line, Model, State, Text, Zone
from schemas.pathway import Phase
from schemas.referral import Match, ReferralSource, TherapistWish
from schemas.refusals import Unacceptable
from schemas.scenario.expectations import Expect, FactMatch, Never, RefusalMatch
from schemas.scenario.when import Dated, Moment
from schemas.treatment import Setting, TreatmentRoute

Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]([A-Za-z0-9_-]{0,30}[A-Za-z0-9])?$")]
"""A name that later steps refer to."""


class Member(Model):
    """Somebody who takes part. Everybody is invented."""

    role: Role
    zone: Zone | None = Field(default=None, description="Where they are; the scenario's zone unless given.")
    seat: Seat | None = Field(default=None, description="Place in the care team; of each role the first one has one.")
    licences: dict[State, Day] | None = Field(
        default=None,
        description="Last valid day by state, put on file once the referral is accepted.",
    )


class Beginning(Model):
    """The referral that the pathway starts from."""

    treatment: TreatmentRoute = TreatmentRoute.KAP
    setting: Setting = Setting.CLINIC
    residence: State = "CO"
    zone: Zone | None = Field(default=None, description="The patient's; the scenario's unless given.")
    source: ReferralSource = ReferralSource.SELF
    concern: Text = "Low for two years, and nothing helped for long."
    goals: tuple[Text, ...] = ()
    indications: tuple[Id, ...] = ()
    therapist: TherapistWish | None = None
    therapist_id: Id | None = None
    matches: tuple[Match, ...] = Field(
        default=(), description="Other pathways that may be about the same person; a human decides about each."
    )


class Happening(StrEnum):
    """What happens around a pathway without anybody of the care team."""

    WORKER_KILLED = "worker_killed"
    DATABASE_DOWN = "database_down"
    SERVER_RESTARTED = "server_restarted"
    MAIL_BOUNCES = "mail_bounces"
    MAIL_ARRIVES = "mail_arrives"
    CANCELLATION_REQUESTED = "cancellation_requested"
    REFERRED_AGAIN = "referred_again"


class GoOn(Model):
    """A sensible care team goes on, until something is reached. Time passes where it has to."""

    phase: Phase | None = Field(default=None, description="Until this phase.")
    cycle: int | None = Field(default=None, ge=1, description="Of this cycle.")
    past: Id | None = Field(default=None, description="Until this verb was said.")
    times: int | None = Field(default=None, ge=1, le=500, description="So many commands.")
    saying: dict[Id, dict[str, Any]] = Field(
        default_factory=dict, description="By verb: what is said other than a sensible team would."
    )

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if sum(end is not None for end in (self.phase, self.past, self.times)) != 1:
            raise Unacceptable("say exactly one of phase, past and times")
        return self


class Step(Model):
    """One step: at most one thing that is done or happens, its answer, and what is expected afterwards."""

    name: Line | None = Field(default=None, description="What it is about, for whoever reads the report.")
    label: Label | None = None
    at: Moment | None = Field(default=None, description="When; at once after the step before unless given.")
    by: Id | None = Field(default=None, description="A person, or a role of which there is one.")
    do: Id | None = Field(default=None, description="A verb, said as the client says it.")
    with_: dict[str, Any] | None = Field(
        default=None, alias="with", description="Its fields. What is left out is said as a sensible team would."
    )
    exactly: bool = Field(default=False, description="Nothing else is said: what is left out is not completed.")
    reason: Text | None = None
    command_id: Id | None = Field(default=None, description="To say the same thing twice.")
    send: Id | None = Field(default=None, description="A verb with exactly the payload beside it, whatever that is.")
    payload: Any = None
    go_on: GoOn | None = None
    happens: Happening | None = None
    to: Id | None = Field(default=None, description="Whose mail bounces, or arrives again.")
    refused: Id | RefusalMatch | None = Field(default=None, description="It has to be refused, with this code.")
    warned: tuple[Id, ...] | None = Field(default=None, description="Warnings of the receipt.")
    expect: Expect | None = None

    @model_validator(mode="after")
    def _one_act(self) -> Self:
        acts = (self.do, self.send, self.go_on, self.happens)
        if sum(act is not None for act in acts) > 1:
            raise Unacceptable("one step does one thing: do, send, go_on or happens")
        if self.do is None and (self.with_ is not None or self.reason is not None or self.exactly):
            raise Unacceptable("with, exactly and reason belong to do")
        if (self.do is None) is not (self.by is None):
            raise Unacceptable("do and by belong together")
        if self.do is None and self.send is None and (self.refused is not None or self.warned is not None):
            raise Unacceptable("only what is said can be refused or warned of")
        mail = self.happens in (Happening.MAIL_BOUNCES, Happening.MAIL_ARRIVES)
        if mail is not (self.to is not None):
            raise Unacceptable("to says whose mail bounces or arrives")
        return self


class Scenario(Model):
    """A dated timeline of one pathway."""

    scenario: Line = Field(description="What it is about.")
    about: Text | None = None
    starts: Dated = Field(description="When the referral comes.")
    zone: Zone = Field(description="In which dates without a zone are meant.")
    protocol: Line = Field(default="kap-default", description="A packaged protocol, or a file beside this one.")
    overrides: dict[str, Any] = Field(
        default_factory=dict, description='Other values of the protocol by dotted path: "series.sessions": 2.'
    )
    people: dict[Id, Member] = Field(
        default_factory=dict, description="Who takes part beside the patient, by id; one of each role unless given."
    )
    referral: Beginning = Beginning()
    steps: tuple[Step, ...] = Field(min_length=1)
    journal: tuple[Id | FactMatch, ...] = Field(default=(), description="Facts of the whole timeline, in this order.")
    never: tuple[Never, ...] = ()
