"""A scenario played on the rules, which also settles what exactly is said when: the script that a server then gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from clients.errors import Refused
from clients.parsing import command_model
from clients.scenarios.casting import actor_of, credentials_of, team_of
from clients.scenarios.moments import Calendar, Unknown, dated, doses_in
from clients.scenarios.next_right import Said, next_right
from clients.scenarios.reading import Script
from clients.scenarios.record import Act, Record
from clients.scenarios.rules_engine import RulesEngine
from clients.scenarios.saying import command_of
from schemas.actors import Role
from schemas.answers import Receipt
from schemas.commands import AcceptReferral, Command, RecordCredentials
from schemas.facts import WorkItemOpened
from schemas.refusals import Refusal
from schemas.scenario import GoOn, Happening, Step
from workflows.rules.standing import phase_of

MOST_COMMANDS: Final = 300
"""Of one ``go_on``: whoever gets nowhere is stopped."""


@dataclass(frozen=True)
class Ended:
    """Where a step ended: the instant, the number of events by then, and that before it."""

    at: datetime
    version: int
    before: int


@dataclass
class Play:
    """A scenario as it was played: what was done exactly, and where each step ended."""

    script: Script
    calendar: Calendar
    acts: list[Act] = field(default_factory=list)
    ends: list[Ended] = field(default_factory=list)
    stopped: str | None = None
    """Why the play ended before the script did, at the step after the last that ended."""


class NoWay(Exception):
    """The play cannot go on; the message says why."""


class Player:
    """Plays one scenario on the rules."""

    def __init__(self, script: Script) -> None:
        self.script = script
        zone = script.scenario.zone
        starts = dated(script.scenario.starts, zone)
        self.play = Play(script, Calendar(zone, starts))
        self.engine = RulesEngine(script, starts)
        self._said = 0

    def run(self) -> tuple[Play, Record]:
        """Play every step; one that cannot be taken ends the play."""
        for number, step in enumerate(self.script.scenario.steps):
            before = len(self.engine.events)
            try:
                self._take(number, step)
            except (NoWay, Unknown) as problem:
                self.play.stopped = str(problem)
                break
            if step.label is not None:
                self.play.calendar.labels[step.label] = self.engine.now
            self.play.ends.append(Ended(self.engine.now, len(self.engine.events), before))
        return self.play, self.engine.finish()

    def _instant(self, text: str) -> datetime:
        return self.play.calendar.instant(text, self.engine.now, self.engine.state, doses_in(self.engine.events))

    def _take(self, number: int, step: Step) -> None:
        at = self.engine.now if step.at is None else self._instant(step.at)
        if at < self.engine.now:
            raise NoWay(f"{step.at} lies before the step before it")
        # Time passes first: what is said may depend on what it brought about.
        self._act(Act(number, at))
        if step.do is not None and step.by is not None:
            given = {**(step.with_ or {}), **({"reason": step.reason} if step.reason else {})}
            self._say(number, step.do, step.by, given, step.command_id, exactly=step.exactly)
        elif step.send is not None:
            self._act(Act(number, at, verb=step.send, payload=step.payload))
        elif step.happens is not None:
            person = None if step.to is None else actor_of(self.script, step.to).id
            self._act(Act(number, at, happening=Happening(step.happens), person=person))
        elif step.go_on is not None:
            self._go_on(number, step.go_on)

    def _act(self, act: Act) -> Receipt | Refusal | None:
        self.play.acts.append(act)
        return self.engine.take(act)

    def _say(
        self,
        number: int,
        verb: str,
        by: str,
        given: Mapping[str, Any],
        command_id: str | None = None,
        *,
        exactly: bool = False,
    ) -> Receipt | Refusal | None:
        self._said += 1
        said = {"command_id": command_id or f"c{self._said}", **self._named(given)}
        kind = command_model(verb)
        try:
            actor, state = actor_of(self.script, by), self.engine.state
            command = command_of(kind, actor, said, state, self.engine.now, self._instant, exactly=exactly)
        except Refused as refused:
            # The client refuses it, as it would on the command line: no engine ever hears of it.
            answer = refused.refusal
            self.engine.refuse(Act(number, self.engine.now), answer)
            return answer
        return self._act(Act(number, self.engine.now, command=command))

    def _named(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What is said, with the last work's id for ``@approve_dosing``, and the pathway's version for ``@version``."""
        opened = [event.fact.item for event in self.engine.events if isinstance(event.fact, WorkItemOpened)]
        ids: dict[str, str | int] = {f"@{item.kind}": item.id for item in opened}
        ids["@version"] = self.engine.state.version
        return {name: ids.get(value, value) if isinstance(value, str) else value for name, value in given.items()}

    def _go_on(self, number: int, how: GoOn) -> None:
        said: list[type[Command]] = []
        while not self._reached(how, said):
            if len(said) >= MOST_COMMANDS:
                last = ", ".join(dict.fromkeys(command.verb for command in said[-10:]))
                raise NoWay(f"after {MOST_COMMANDS} commands that was not reached; the last were {last}")
            try:
                right = next_right(self.engine.state, self.engine.now)
            except StopIteration:
                raise NoWay("a sensible team has nothing left to do") from None
            if isinstance(right, Said):
                self._say_right(number, right, how)
                said.append(right.command)
            else:
                self._act(Act(number, right))

    def _reached(self, how: GoOn, said: list[type[Command]]) -> bool:
        state = self.engine.state
        if how.times is not None:
            return len(said) >= how.times
        if how.past is not None:
            return bool(said) and said[-1].verb == how.past
        return phase_of(state) is how.phase and (how.cycle is None or state.cycle.number >= how.cycle)

    def _say_right(self, number: int, right: Said, how: GoOn) -> None:
        verb = right.command.verb
        given = dict(how.saying.get(verb, {}))
        if right.command is AcceptReferral:
            given = {"care_team": team_of(self.script).model_dump(mode="json"), **given}
        answer = self._say(number, verb, right.role, given)
        if isinstance(answer, Refusal):
            raise NoWay(f"a sensible team is refused {verb}: {answer.code}, {answer.sentence}")
        if right.command is AcceptReferral:
            for credentials in credentials_of(self.script):
                on_file = {"credentials": credentials.model_dump(mode="json")}
                self._say(number, RecordCredentials.verb, Role.COORDINATOR, on_file)
