"""What every phase stands on: taking commands, recording facts, and waiting for them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError

from schemas.answers import Answered, Due, Receipt
from schemas.clock import Clock
from schemas.commands import Command
from schemas.events import CHAIN_START, Event, events_of
from schemas.facts import CancellationRequested, Fact, MessageRequested
from schemas.messages import MessageRequest, Unrecorded
from schemas.pathway import Pathway
from schemas.refusals import Refusal
from schemas.search import ATTENTION, PHASE, PROTOCOL, SESSIONS
from schemas.start import Carried, PathwayStart
from workflows.rules.deadlines import due
from workflows.rules.decide import decide, effective_at
from workflows.rules.enrolment import open_pathway
from workflows.rules.outreach import is_released
from workflows.rules.standing import phase_of
from workflows.rules.status import attention, details_of
from workflows.rules.step import Step, follow, lapse, obey
from workflows.rules.warning import warned_of

PROTOCOL_KEY = SearchAttributeKey.for_keyword(PROTOCOL)
PHASE_KEY = SearchAttributeKey.for_keyword(PHASE)
SESSIONS_KEY = SearchAttributeKey.for_int(SESSIONS)
ATTENTION_KEY = SearchAttributeKey.for_keyword(ATTENTION)


class PathwayEnded(Exception):
    """Raised where a phase waits for something that can no longer come."""


class CareEnded(Exception):
    """Raised where a phase waits although care has ended and only the safety contact remains."""


class HandOver(Exception):
    """Raised where a phase waits while the run has to continue as new."""


class Conductor:
    """The waiting state of a pathway, and the only way to change it.

    Everything here is carried over when the run continues as new, except what is rebuilt from it.
    """

    state: Pathway
    clock: Clock
    written_hash: str

    def __init__(self, start: PathwayStart) -> None:
        self.tuning = start.tuning
        self.accepted = 0
        self.cancel_taken = False
        self.ahead: Due | None = None
        self.unwritten: list[Event] = []
        self.unsent: list[MessageRequest] = []
        self.under_way: set[str] = set()  # ids of messages whose attempt ends by itself or is broken off
        self.held: dict[str, datetime] = {}
        self.unrecorded: list[Unrecorded] = []
        self.answered: dict[str, Answered] = {}
        self.journal_away = False
        self.mail_away = False
        self.broken: Exception | None = None
        if start.carried is not None:
            self._take_over(start.carried)
        else:
            self._enrol(start)
        self._show()

    def _enrol(self, start: PathwayStart) -> None:
        if start.enrolment is None:
            raise ApplicationError("A pathway starts from an enrolment.", type="field_missing", non_retryable=True)
        self.clock = start.enrolment.clock.anchored(workflow.now())
        self.written_hash = CHAIN_START
        now = self.now()
        episode = workflow.uuid4().hex
        self.state, opening = open_pathway(start.enrolment, workflow.info().workflow_id, episode, now)
        self._record(follow(self.state, opening, now, now), at=now)

    def _take_over(self, carried: Carried) -> None:
        self.clock = carried.clock
        self.state = carried.state
        self.written_hash = carried.chain
        self.unwritten = list(carried.unwritten)
        self.unsent = list(carried.unsent)
        self.held = dict(carried.held)
        self.unrecorded = list(carried.unrecorded)
        self.answered = {answered.receipt.command_id: answered for answered in carried.answered}
        self.ahead = next(iter(due(self.state)), None)

    def carry(self) -> Carried:
        """Everything the next run needs."""
        return Carried(
            clock=self.clock,
            state=self.state,
            chain=self.written_hash,
            unwritten=tuple(self.unwritten),
            unsent=tuple(self.unsent),
            held=dict(self.held),
            unrecorded=tuple(self.unrecorded),
            answered=tuple(self.answered.values())[-self.tuning.remember_commands :],
        )

    def now(self) -> datetime:
        """Pathway time."""
        return self.clock.now(workflow.now())

    # Commands

    def check(self, command: Command) -> None:
        """Refuse what the rules refuse. Changes nothing.

        Raises:
            ApplicationError: The refusal; its type is the code.
        """
        if self._answer_to(command) is None:
            now = self.now()
            lapsed = self.ahead is not None and self.ahead.at <= now
            decision = decide(lapse(self.state, now).state if lapsed else self.state, command, now)
            if isinstance(decision, Refusal):
                raise refusal_error(decision)

    def accept(self, command: Command) -> Receipt:
        """Obey a command: record its facts and answer with a receipt, or answer a duplicate with the first one.

        Raises:
            ApplicationError: The refusal, if something changed since the validator was asked.
        """
        if (receipt := self._answer_to(command)) is not None:
            return receipt
        now = self.now()
        self.keep_deadlines()
        step = _require_accepted(obey(self.state, command, now))
        self._record(step, at=effective_at(command, now), command=command)
        self.accepted += 1
        receipt = Receipt(
            command_id=command.command_id,
            verb=command.verb,
            version=self.state.version,
            phase=phase_of(self.state),
            recorded_at=now,
            facts=tuple(fact.type for fact in step.facts),
            warnings=warned_of(step.facts),
        )
        self._remember(command, receipt)
        return receipt

    def knows(self, command: Command) -> bool:
        """Whether a command is a duplicate of one that was obeyed."""
        return self._answer_to(command) is not None

    def _answer_to(self, command: Command) -> Receipt | None:
        known = self.answered.get(command.command_id)
        if known is None:
            return None
        if known.digest != _digest(command):
            sentence = "This command id was used for another command before."
            raise refusal_error(Refusal(code="command_id_reused", field="command_id", sentence=sentence))
        return known.receipt

    def _remember(self, command: Command, receipt: Receipt) -> None:
        self.answered[command.command_id] = Answered(digest=_digest(command), receipt=receipt)
        if len(self.answered) > self.tuning.remember_commands:
            del self.answered[next(iter(self.answered))]

    # Time

    def keep_deadlines(self) -> None:
        """Let every deadline pass that lies behind us."""
        now = self.now()
        if self.ahead is not None and self.ahead.at <= now:
            self._record(lapse(self.state, now), at=now)

    def cancel_requested(self) -> None:
        """An operator cancelled the workflow: record it and go on; only a human ends care."""
        now = self.now()
        self._record(follow(self.state, [CancellationRequested()], now, now), at=now)

    def record(self, *facts: Fact) -> None:
        """Record what another workflow reports; a pathway that is closed takes no more."""
        if self.state.closure is None:
            self.keep_deadlines()
            now = self.now()
            self._record(follow(self.state, facts, now, now), at=now)

    def sendable(self) -> list[MessageRequest]:
        """Messages that nothing keeps from being sent now."""
        now = self.now()
        return [message for message in self.released() if self.held.get(message.id, now) <= now]

    def released(self) -> list[MessageRequest]:
        """Unsent messages that the patient lets their recipients have. The others wait until a release is signed."""
        return [message for message in self.unsent if is_released(self.state, message)]

    # Recording

    def _record(self, step: Step, at: datetime, command: Command | None = None) -> None:
        """Make a step's facts events of the journal, with the human who caused them where there is one."""
        self.unwritten += events_of(
            step.facts,
            version=self.state.version,
            previous_hash=self.unwritten[-1].hash if self.unwritten else self.written_hash,
            protocol=self.state.protocol.name,
            observed_at=at,
            recorded_at=self.now(),
            command=command,
        )
        self.unsent += [fact.message for fact in step.facts if isinstance(fact, MessageRequested)]
        if step.state.zone != self.state.zone:
            self.held.clear()  # hours of the day are others now
        self.state = step.state
        self.ahead = next(iter(due(self.state)), None)
        self._show()

    def _show(self) -> None:
        """Tell operators where the pathway stands: a page without cost, attributes only when they change."""
        workflow.set_current_details(details_of(self.state))
        # The engine knows what is shown, so nothing has to be carried over for it.
        shown = workflow.info().typed_search_attributes
        phase, watch, protocol = phase_of(self.state), attention(self.state), self.state.protocol.name
        if shown.get(PROTOCOL_KEY, protocol) != protocol:
            workflow.upsert_search_attributes([PROTOCOL_KEY.value_set(protocol)])
        if shown.get(PHASE_KEY) != phase or shown.get(ATTENTION_KEY) != watch:
            workflow.upsert_search_attributes(
                [
                    PHASE_KEY.value_set(phase),
                    ATTENTION_KEY.value_set(watch),
                    SESSIONS_KEY.value_set(self.state.sessions_given),
                ]
            )

    # Waiting

    async def until(self, fact: Callable[[Pathway], bool], *, after_the_end: bool = False) -> None:
        """Wait until ``fact`` holds in the state; ``after_the_end`` also once care has ended.

        Raises:
            PathwayEnded: The pathway was closed meanwhile.
            CareEnded: Care has ended, and the wait was for something that belongs to it.
            HandOver: The run has to continue as new; the next run comes back to the same place.
        """
        while True:
            try:
                await workflow.wait_condition(
                    lambda: (
                        self.broken is not None
                        or fact(self.state)
                        or self.state.closure is not None
                        or (self.state.ending is not None and not after_the_end)
                        or self.must_hand_over()
                    )
                )
                break
            except asyncio.CancelledError:
                # The SDK cancels tasks, too, when it evicts a workflow from its cache; that is not an operator's wish.
                if self.cancel_taken or workflow.cancellation_reason() is None:
                    raise
                self.cancel_taken = True
                self.cancel_requested()
        self.require_unbroken()
        if self.state.closure is not None:
            raise PathwayEnded
        if self.state.ending is not None and not after_the_end:
            raise CareEnded
        if not fact(self.state) or self.must_hand_over():
            raise HandOver

    def require_unbroken(self) -> None:
        """Fail the workflow task, which is then tried again until a corrected release takes it up."""
        if self.broken is not None:
            raise RuntimeError("the housekeeping of this run stopped") from self.broken

    def must_hand_over(self) -> bool:
        """Whether the run is long enough, or outdated, and quiet: then it continues as new."""
        info = workflow.info()
        wanted = (
            info.get_current_history_length() >= self.tuning.continue_after_events
            or self.accepted >= self.tuning.continue_after_commands
            or info.is_continue_as_new_suggested()
            or info.is_target_worker_deployment_version_changed()
        )
        return wanted and self.is_quiet()

    def is_quiet(self) -> bool:
        """Whether nothing is under way that another run would have to do again."""
        return (
            workflow.all_handlers_finished()
            and (not self.unwritten or self.journal_away)
            and (not self.sendable() or self.mail_away)
        )


def refusal_error(refusal: Refusal) -> ApplicationError:
    """A refusal as the engine carries it."""
    return ApplicationError(refusal.sentence, refusal.model_dump(), type=refusal.code, non_retryable=True)


def _require_accepted(step: Step | Refusal) -> Step:
    if isinstance(step, Refusal):
        raise refusal_error(step)
    return step


def _digest(command: Command) -> str:
    content = command.model_dump_json(exclude={"command_id"})
    return hashlib.sha256(f"{command.verb}{content}".encode()).hexdigest()[:32]
