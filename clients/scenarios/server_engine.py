"""Pathways on everything real: Temporal's server, the workers, PostgreSQL and mail, with the server's time moved on.

The pathway's clock is a dated one that runs slowly and shows whole steps: what this machine takes to answer does not
show, and so every instant is the one that the rules alone would record. Time passes only where the server skips it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from clients.errors import (
    DATABASE_UNREACHABLE,
    SERVER_ERROR,
    SERVER_UNREACHABLE,
    TIMEOUT,
    WORKERS_UNREACHABLE,
    Refused,
    refused,
)
from clients.scenarios.casting import contacts_of, enrolment_of, pathway_id_of, repeated
from clients.scenarios.installation import PATIENCE, Installation
from clients.scenarios.playing import Play
from clients.scenarios.record import KILLED, Act, Record, Sent, Taken, requested
from clients.translating import translated
from schemas.answers import Receipt, Status
from schemas.clock import Clock
from schemas.events import Event
from schemas.messages import Channel
from schemas.records import TaskQueue
from schemas.refusals import Refusal
from schemas.scenario import Happening
from schemas.start import PathwayStart
from workflows.pathway import CarePathway
from workflows.rules.enrolment import open_pathway

T = TypeVar("T")

GRAIN_S: Final = 0.1
"""Seconds of a step of the pathway's clock; deadlines lie on such steps."""

SLOWEST: Final = 12
"""The pathway's clock runs at most 2**12 times more slowly than the server's; what this machine needs for all that
happens at one instant has to fit into one step."""

FURTHEST: Final = timedelta(days=200 * 365)
"""How far the server's time can be moved: its timestamps end in the year 2262."""

MARGIN: Final = timedelta(seconds=GRAIN_S / 10)
"""So far beyond an instant the clock is set, that nothing can be early."""

PAUSE: Final = 0.01
MANY: Final = 10_000

AWAY: Final = (SERVER_UNREACHABLE, WORKERS_UNREACHABLE, SERVER_ERROR, DATABASE_UNREACHABLE)
"""What is answered while a part that was killed comes back."""


async def run_on(here: Installation, play: Play) -> Record:
    """Do on an installation exactly what was done on the rules.

    Raises:
        Refused: The installation failed.
    """
    await here.client.put_people(contacts_of(play.script))
    pathway = await _Pathway.opened(here, play)
    for act in play.acts:
        await pathway.take(act)
    return await pathway.finish()


class _Pathway:
    """One scenario's pathway on the installation."""

    def __init__(self, here: Installation, play: Play, clock: Clock) -> None:
        self.here = here
        self.play = play
        self.clock = clock
        self.id = pathway_id_of(play.script)
        self.now = play.calendar.starts
        self.taken: list[Taken] = []
        self.status: Status | None = None
        self.handle: WorkflowHandle[Any, Any] = here.client.temporal.get_workflow_handle(self.id)
        self.resting: list[datetime] = []

    @classmethod
    async def opened(cls, here: Installation, play: Play) -> _Pathway:
        starts = play.calendar.starts
        length = max((act.at for act in play.acts), default=starts) - starts
        slowness = next((n for n in range(SLOWEST, 0, -1) if length * 2**n <= FURTHEST), 0)
        clock = Clock(epoch=starts, scale=2.0**-slowness, anchor=datetime.now(UTC), grain_s=GRAIN_S)
        pathway = cls(here, play, clock)
        await here.client.temporal.start_workflow(
            CarePathway.run,
            PathwayStart(enrolment=enrolment_of(play.script, clock)),
            id=pathway.id,
            task_queue=TaskQueue.PATHWAYS,
        )
        await pathway.settled()
        return pathway

    async def take(self, act: Act) -> None:
        """Let time pass until the act's instant, do it, and wait until all that follows from it is done."""
        if act.at > self.now:
            await self._move_to(act.at)
        answer = await self._done(act)
        if act.happening is not Happening.DATABASE_DOWN:
            await self.settled()
        version = self.status.version if self.status is not None else 0
        self.taken.append(Taken(act, answer, version))

    async def _move_to(self, instant: datetime) -> None:
        """Have the server skip time, from deadline to deadline: on a busy machine a worker may be late for one."""
        while self.now < instant:
            ahead = [one.at for one in self.status.due[:1]] if self.status is not None else []
            self.now = max(self.now, min([*ahead, *self.resting, instant]))
            if self.status is None or self.status.closure is None:  # a closed pathway has no time any more
                await self._skip()
                await self.settled()

    async def _skip(self) -> None:
        instant = self.now + MARGIN
        ahead = self.clock.real_seconds_until(instant, await self.here.skipper.get_current_time(self.handle))
        if ahead <= 0:
            return  # so much time has passed meanwhile
        try:
            async with asyncio.timeout(PATIENCE):
                await self.here.skipper.fast_forward(self.handle, timedelta(seconds=ahead))
        except TimeoutError:
            raise refused(TIMEOUT, f"The server's time could not be moved to {instant:%Y-%m-%d %H:%M} UTC.") from None
        except RPCError as error:
            raise translated(error) from error

    async def settled(self) -> None:
        """Wait until nothing is due, unwritten or unsent, but what rests."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self.status = status = await self._status()
                late = bool(status.due) and status.due[0].at <= self.now
                if not (late or status.unwritten_events) and await self._is_posted(status.unsent_messages):
                    return
                await asyncio.sleep(PAUSE)

    async def _is_posted(self, unsent: int) -> bool:
        """Whether everything that is unsent rests, and until when."""
        self.resting = []
        if unsent:
            rows = await _unless_away(self.here.client.outbox(self.id, limit=MANY))
            if rows is None:
                return False  # the status is asked again first: meanwhile something else may be unsent
            rest = [row.not_before for row in rows if row.status == "requested" and row.not_before is not None]
            self.resting = sorted(until for until in rest if until > self.now)
        return len(self.resting) >= unsent

    async def _status(self) -> Status:
        return await _asked(lambda: self.here.client.status(self.id))

    async def _done(self, act: Act) -> Receipt | Refusal | None:
        if act.verb is not None or act.command is not None:
            return await self._told(act)
        match act.happening:
            case Happening.MAIL_BOUNCES:
                self.here.office.bouncing.add(f"{act.person}@example.org".lower())
            case Happening.MAIL_ARRIVES:
                self.here.office.bouncing.discard(f"{act.person}@example.org".lower())
            case Happening.CANCELLATION_REQUESTED:
                await self.handle.cancel()
                await self._grown()
            case Happening.REFERRED_AGAIN:
                await self.handle.signal("referral_repeated", repeated(self.play.script))
                await self._grown()
            case Happening.WORKER_KILLED | Happening.DATABASE_DOWN | Happening.SERVER_RESTARTED:
                self.here.stack.kill(KILLED[act.happening])
            case None:
                pass
        return None

    async def _told(self, act: Act) -> Receipt | Refusal:
        """Send a command, again where nobody was there to answer: it counts once."""
        while True:
            try:
                if act.command is not None:
                    return await self.here.client.do(self.id, act.command)
                return await self._payload(act)
            except Refused as problem:
                if problem.code not in (SERVER_UNREACHABLE, WORKERS_UNREACHABLE):
                    return problem.refusal
            await asyncio.sleep(PAUSE)

    async def _payload(self, act: Act) -> Receipt:
        """Exactly what the scenario gives, past our client."""
        try:
            receipt: Receipt = await self.handle.execute_update(act.verb or "", act.payload, result_type=Receipt)
        except Exception as error:
            raise translated(error) from error
        return receipt

    async def _grown(self) -> None:
        """Wait until the pathway has recorded something more."""
        before = self.status.version if self.status is not None else 0
        async with asyncio.timeout(PATIENCE):
            while (await self._status()).version == before:  # noqa: ASYNC110 - nothing here could tell
                await asyncio.sleep(PAUSE)

    async def finish(self) -> Record:
        """The journal as PostgreSQL has it, and the mail that came."""
        await self.settled()
        async with asyncio.timeout(PATIENCE):
            view = await _asked(lambda: self.here.client.journal(self.id))
        enrolment = enrolment_of(self.play.script, Clock())
        rows = await self.here.client.list_pathways(limit=MANY)
        episode = next(row.episode for row in rows if row.pathway_id == self.id)
        opening, _ = open_pathway(enrolment, self.id, episode, self.play.calendar.starts)
        return Record(
            "server", opening, view.events, self.taken, await self._sent(view.events), broken_at=view.broken_at
        )

    async def _sent(self, events: Sequence[Event]) -> list[Sent]:
        """Messages that a mailbox or the portal holds, in the order in which they went."""
        contacts = {contact.id: contact for contact in contacts_of(self.play.script)}
        outbox = {row.message_id: row for row in await self.here.client.outbox(self.id, limit=MANY)}
        told = await self._told_texts(list(contacts))
        sent = []
        for message, event in requested(events):
            row = outbox[message.id]
            if row.status != "sent" or row.channel is None or row.counted_at is None:
                continue
            # One that is nowhere to be found tells by its text that it is lost; one that went twice is there twice.
            for text in told.get((row.channel, message.id)) or ["lost"]:
                rested = row.counted_at > event.recorded_at
                to = contacts[message.to_id]
                sent.append(Sent(message, to, row.counted_at, event.seq, text, row.channel, rested))
        return sorted(sent, key=lambda one: one.at)

    async def _told_texts(self, people: Sequence[str]) -> dict[tuple[Channel, str], list[str]]:
        """What was found, by channel and message."""
        told: dict[tuple[Channel, str], list[str]] = {}
        by_mail_id = {mail_id(row.message_id): row.message_id for row in await self.here.client.outbox(limit=MANY)}
        for _, mail in self.here.office.mails:
            found = by_mail_id.get(str(mail["Message-ID"]).strip("<>").partition("@")[0], "")
            body = mail.get_body(("plain",))  # beside it there may be an invitation
            told.setdefault((Channel.EMAIL, found), []).append(f"{mail['Subject']}\n{body and body.get_content()}")
        for person in people:
            for entry in await self.here.client.inbox(person, limit=MANY):
                told.setdefault((Channel.PORTAL, entry.message_id), []).append(f"{entry.subject}\n{entry.body}")
        return told


async def _asked(question: Callable[[], Awaitable[T]]) -> T:
    """The answer; a part that was just killed is asked again."""
    while True:
        answer = await _unless_away(question())
        if answer is not None:
            return answer
        await asyncio.sleep(PAUSE)


async def _unless_away(question: Awaitable[T]) -> T | None:
    """The answer; None where a part that was killed is not back yet."""
    try:
        return await question
    except Refused as problem:
        if problem.code not in AWAY:
            raise
        return None


def mail_id(message_id: str) -> str:
    """The local part of a mail's ``Message-ID``, as the mailer makes it."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]
