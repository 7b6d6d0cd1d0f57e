"""A pathway on the rules alone: no server, no database, no mail; three months take milliseconds.

It does what the workflow does with a command: deadlines that lie behind lapse first, then the command is obeyed, then
messages go unless their reason is gone.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from clients.scenarios.casting import enrolment_of, pathway_id_of, repeated
from clients.scenarios.posting import Posting
from clients.scenarios.reading import Script
from clients.scenarios.record import Act, Record, Taken, requested
from schemas.answers import Receipt
from schemas.clock import Clock
from schemas.commands import COMMANDS, Command
from schemas.events import CHAIN_START, Event, events_of
from schemas.facts import CancellationRequested, MessageWithdrawn, ReferralRepeated
from schemas.refusals import Refusal, refusal_from_validation
from schemas.scenario import Happening
from workflows.rules.deadlines import due
from workflows.rules.decide import effective_at
from workflows.rules.enrolment import open_pathway
from workflows.rules.standing import phase_of
from workflows.rules.step import Step, follow, lapse, obey
from workflows.rules.warning import warned_of

EPISODE = "on-the-rules-alone"


class RulesEngine:
    """One pathway and its clock."""

    def __init__(self, script: Script, starts: datetime) -> None:
        self.now = starts
        self._script = script
        self.state, opened = open_pathway(enrolment_of(script, Clock()), pathway_id_of(script), EPISODE, starts)
        self.record = Record("rules", self.state)
        self._events: list[Event] = []
        self._posting = Posting(script)
        self._answered: dict[str, tuple[str, Receipt]] = {}
        self._record(follow(self.state, opened, starts, starts), starts)

    @property
    def events(self) -> list[Event]:
        """The journal so far."""
        return self._events

    def take(self, act: Act) -> Receipt | Refusal | None:
        """Wait until the instant of an act, and do it."""
        self._wait_until(act.at)
        answer: Receipt | Refusal | None = None
        if act.verb is not None:
            answer = self._payload(act.verb, act.payload)
        elif act.command is not None:
            answer = self._obey(act.command)
        elif act.happening is not None:
            self._happen(act.happening, act.person)
        self._wait_until(self.now)  # work that was opened late may be overdue at once
        self.record.taken.append(Taken(act, answer, len(self._events)))
        return answer

    def refuse(self, act: Act, refusal: Refusal) -> None:
        """Note what the client refused: no engine heard of it."""
        self.record.taken.append(Taken(act, refusal, len(self._events)))

    def finish(self) -> Record:
        """Everything that happened."""
        self.record.events, self.record.sent = self._events, self._posting.sent
        return self.record

    def _wait_until(self, instant: datetime) -> None:
        while (ahead := self._next_instant()) is not None and ahead <= instant:
            self.now = max(self.now, ahead)
            self._record(lapse(self.state, self.now), self.now)
        self.now = instant

    def _next_instant(self) -> datetime | None:
        """When something becomes due, or a message has rested long enough."""
        ahead = [one.at for one in due(self.state)[:1]] + self._posting.resting(self.now)
        return min(ahead, default=None)

    def _payload(self, verb: str, payload: Any) -> Receipt | Refusal:
        try:
            command = COMMANDS[verb].model_validate_json(json.dumps(payload))
        except ValidationError as error:
            return refusal_from_validation(error)
        return self._obey(command)

    def _obey(self, command: Command) -> Receipt | Refusal:
        content = f"{command.verb}{command.model_dump_json(exclude={'command_id'})}"
        if command.command_id in self._answered:
            before, receipt = self._answered[command.command_id]
            sentence = "This command id was used for another command before."
            same = before == content
            return receipt if same else Refusal(code="command_id_reused", field="command_id", sentence=sentence)
        step = obey(self.state, command, self.now)
        if isinstance(step, Refusal):
            return step
        self._record(step, effective_at(command, self.now), command)
        receipt = Receipt(
            command_id=command.command_id,
            verb=command.verb,
            version=step.state.version,
            phase=phase_of(step.state),
            recorded_at=self.now,
            facts=tuple(fact.type for fact in step.facts),
            warnings=warned_of(step.facts),
        )
        self._answered[command.command_id] = (content, receipt)
        return receipt

    def _happen(self, happening: Happening, person: str | None) -> None:
        """Crashes change nothing here; that is what the server has to show, too."""
        if happening is Happening.CANCELLATION_REQUESTED:
            self._record(follow(self.state, [CancellationRequested()], self.now, self.now), self.now)
        elif happening is Happening.REFERRED_AGAIN:
            again = ReferralRepeated(**repeated(self._script).model_dump())
            self._record(follow(self.state, [again], self.now, self.now), self.now)
        elif happening is Happening.MAIL_BOUNCES and person is not None:
            self._posting.bouncing.add(person)
        elif happening is Happening.MAIL_ARRIVES and person is not None:
            self._posting.bouncing.discard(person)

    def _record(self, step: Step, at: datetime, command: Command | None = None) -> None:
        before = len(self._events)
        self._append(step, at, command)
        self._posting.ask(requested(self._events[before:]))
        if gone := self._posting.withdrawn(self.state, self.now):
            withdrawn = [MessageWithdrawn(message_id=message.id) for message in gone]
            self._append(follow(self.state, withdrawn, self.now, self.now), self.now)
        self._posting.deliver(self.state, self.now)

    def _append(self, step: Step, at: datetime, command: Command | None = None) -> None:
        self._events += events_of(
            step.facts,
            version=len(self._events),
            previous_hash=self._events[-1].hash if self._events else CHAIN_START,
            protocol=self.state.protocol.name,
            observed_at=at,
            recorded_at=self.now,
            command=command,
        )
        self.state = step.state
