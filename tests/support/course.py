"""A course of treatment on the rules alone, without engine, database or mail; time passes when a test says so.

``Course`` does what the workflow does with a command: deadlines lapse first, then the command is obeyed. Where nothing
else is said, a sensible care team goes on, so that ``Course.to_phase`` brings a fresh pathway to any phase.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple, Self, TypeVar

from clients.scenarios.next_right import Said, next_right, signing
from schemas.actors import Actor, Role
from schemas.commands import ApproveDosing, Command, MoveProtocol, RecordConsent
from schemas.events import CHAIN_START, Event
from schemas.facts import CancellationRequested, Fact, MessageRequested, ProtocolMoved
from schemas.pathway import Phase, Session
from schemas.protocol import Protocol
from schemas.referral import Enrolment
from schemas.refusals import Refusal
from schemas.treatment import Setting, TreatmentRoute
from tests.support.people import ACTORS, PATHWAY_ID, an_enrolment
from workflows.rules.deadlines import due
from workflows.rules.decide import effective_at
from workflows.rules.enrolment import open_pathway
from workflows.rules.reaching import not_reached
from workflows.rules.standing import phase_of
from workflows.rules.step import Step, follow, lapse, obey
from workflows.rules.team import holder

F = TypeVar("F", bound=Fact)

START: Final = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)
"""A Monday morning in Denver."""


PHASES: Final = tuple(phase for phase in Phase if phase not in (Phase.CLOSED, Phase.SAFETY_CONTACT))
"""The phases that every course goes through before its end."""


class Entry(NamedTuple):
    """A fact as the journal keeps it; the actor is None where no human acted."""

    fact: Fact
    at: datetime
    recorded_at: datetime
    actor: Actor | None


class Course:
    """One pathway, its clock, and everything that was recorded about it."""

    def __init__(self, enrolment: Enrolment | None = None, *, now: datetime = START) -> None:
        self.now = now
        self.log: list[Entry] = []
        self.said = 0
        self.opening, opened = open_pathway(enrolment or an_enrolment(), PATHWAY_ID, "e-1", now)
        self.state = self.opening
        self._record(follow(self.state, opened, now, now), at=now)

    @property
    def phase(self) -> Phase:
        return phase_of(self.state)

    @property
    def session(self) -> Session:
        """The session of the cycle; there has to be one."""
        session = self.state.cycle.session
        assert session is not None, "no session is booked"
        return session

    def fork(self) -> Self:
        """Another course with the same past."""
        other = object.__new__(type(self))
        other.__dict__ = {**self.__dict__, "log": list(self.log)}
        return other

    # Saying something

    def say(self, command: type[Command], role: Role, **fields: Any) -> Command:
        """The command, with a reason where it needs one, and the fields of its example where they are not given."""
        self.said += 1
        content: dict[str, Any] = {"protocol": self.state.protocol} if command is MoveProtocol else {}
        if command is ApproveDosing and self.state.approval is not None and "request_id" not in fields:
            content["expected_version"] = self.state.version
        said = {"reason": "It is time.", **_defaults(command), **content, **fields}
        return command.model_validate({"command_id": f"c{self.said}", "actor": self.actor(role), **said})

    def actor(self, role: Role) -> Actor:
        """Who acts in a role: whoever has the place in the care team, or stands in, or somebody who has not left."""
        usual = ACTORS[role].id
        stranger = f"another-{role.value}" if usual in self.state.staffing.departed else usual
        return Actor(id=holder(self.state, role) or stranger, role=role)

    def do(self, command: type[Command], role: Role, **fields: Any) -> Step | Refusal:
        """Somebody in ``role`` says it now."""
        self.lapse()
        return self.obey(self.say(command, role, **fields))

    def must(self, command: type[Command], role: Role, **fields: Any) -> Step:
        """As ``do``, and it has to be accepted."""
        answer = self.do(command, role, **fields)
        assert isinstance(answer, Step), f"{command.verb} was refused: {answer}"
        return answer

    def consent(self, *kinds: str) -> Self:
        """The patient signs consents of these kinds, with all that each asks for."""
        for kind in kinds:
            self.must(RecordConsent, Role.PATIENT, **signing(self.state, kind))
        return self

    def refused(self, command: type[Command], role: Role, **fields: Any) -> Refusal:
        """As ``do``, and it has to be refused and leave nothing behind."""
        self.lapse()
        before = self.state
        answer = self.do(command, role, **fields)
        assert isinstance(answer, Refusal), f"{command.verb} was accepted: {types(answer)}"
        assert self.state is before
        return answer

    def obey(self, command: Command) -> Step | Refusal:
        """Take a command, after everything that fell due before it."""
        self.lapse()
        answer = obey(self.state, command, self.now)
        if isinstance(answer, Step):
            self._record(answer, at=effective_at(command, self.now), actor=command.actor)
        return answer

    def cancel_by_operator(self) -> Step:
        """The engine is asked to cancel the workflow: no human of the care team acts."""
        self.lapse()
        step = follow(self.state, [CancellationRequested()], self.now, self.now)
        self._record(step, at=self.now)
        return step

    def lose_message(self) -> Step:
        """The last message to the patient cannot be delivered; nothing happens where there was none."""
        self.lapse()
        sent = [fact.message for fact in self.facts(MessageRequested) if fact.message.to_role is Role.PATIENT]
        lost = not_reached(sent[-1], "not_reached") if sent and self.state.closure is None else []
        step = follow(self.state, lost, self.now, self.now)
        self._record(step, at=self.now)
        return step

    # Time

    def wait(self, **span: float) -> Step:
        """Let time pass, as in ``wait(hours=2)``."""
        return self.wait_until(self.now + timedelta(**span))

    def wait_until(self, instant: datetime) -> Step:
        """Let time pass until ``instant``; each deadline on the way is kept when it comes."""
        assert instant >= self.now, "time does not go back"
        kept: list[Fact] = []
        while (ahead := due(self.state)) and ahead[0].at <= instant:
            self.now = max(self.now, ahead[0].at)
            kept += self.lapse().facts
        self.now = instant
        return Step(tuple(kept), self.state)

    def outage(self, **span: float) -> Step:
        """Let time pass without anything that keeps deadlines, and then let it catch up."""
        self.now += timedelta(**span)
        return self.lapse()

    def lapse(self) -> Step:
        """Let every deadline pass that lies behind us."""
        step = lapse(self.state, self.now)
        self._record(step, at=self.now)
        return step

    # Getting somewhere

    def to_phase(self, phase: Phase, cycle: int = 1) -> Self:
        """Do the right thing until ``phase`` of ``cycle`` begins."""
        return self.until(lambda course: course.phase is phase and course.state.cycle.number >= cycle)

    def until(self, reached: Callable[[Course], bool]) -> Self:
        """Do the right thing until ``reached(course)`` holds."""
        while not reached(self):
            self.go_on()
        return self

    def go_on(self) -> Step:
        """Do the next right thing: say something, or wait for its time."""
        right = next_right(self.state, self.now)
        if isinstance(right, Said):
            return self.must(right.command, right.role, **right.fields)
        return self.wait_until(right)

    # The record

    def facts(self, kind: type[F]) -> list[F]:
        """Everything of a kind that was recorded so far."""
        return of_kind((entry.fact for entry in self.log), kind)

    def events(self) -> list[Event]:
        """The record as the journal would hold it, chained."""
        events: list[Event] = []
        protocol = self.opening.protocol.name
        for entry in self.log:
            event = Event.chained(
                events[-1].hash if events else CHAIN_START,
                seq=len(events) + 1,
                fact=entry.fact,
                actor=entry.actor,
                reason=None,
                observed_at=entry.at,
                recorded_at=entry.recorded_at,
                command_id=None,
                protocol=protocol,
            )
            events.append(event)
            if isinstance(entry.fact, ProtocolMoved):
                protocol = entry.fact.after
        return events

    def _record(self, step: Step, at: datetime, actor: Actor | None = None) -> None:
        self.log += [Entry(fact, at, self.now, actor) for fact in step.facts]
        self.state = step.state


def at(
    phase: Phase,
    cycle: int = 1,
    *,
    treatment: TreatmentRoute = TreatmentRoute.KAP,
    setting: Setting = Setting.CLINIC,
    protocol: Protocol | None = None,
) -> Course:
    """A fresh course at the start of a phase."""
    return Course(an_enrolment(protocol, treatment=treatment, setting=setting)).to_phase(phase, cycle)


def types(step: Step) -> list[str]:
    """The types of a step's facts, in order."""
    return [fact.type for fact in step.facts]


def of_kind(facts: Iterable[Fact], kind: type[F]) -> list[F]:
    """The facts of one kind."""
    return [fact for fact in facts if isinstance(fact, kind)]


@cache
def _defaults(command: type[Command]) -> dict[str, Any]:
    """The fields of the command's example, as values."""
    if not command.example:
        return {}
    said = {**command.example, "command_id": "c", "actor": {"id": "a", "role": Role.NURSE}}
    example = command.model_validate_json(json.dumps(said))
    return {name: getattr(example, name) for name in command.example}
