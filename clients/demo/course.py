"""What the scripts are made of: one patient's pathway, acted on in the name of people, in compressed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from clients.cli.output import words
from clients.client import KapClient
from clients.demo.cast import ANSWERS, TEAM, ZONE
from clients.errors import Refused
from clients.parsing import command_model, validated
from schemas.actors import Actor, Role
from schemas.answers import Receipt, SessionStatus, Status
from schemas.pathway import Closure
from schemas.referral import Referral

_IDS: Final = {**{contact.role: contact.id for contact in reversed(TEAM)}, Role.PATIENT: "patient"}
"""Who acts in a role: the first one of it."""

_MOST_MEASUREMENTS: Final = 20
_RINGING: Final = timedelta(hours=3)
"""Somebody answers a while after a check-in is opened."""


class NotAsScripted(Exception):
    """The pathway did something else than the script expects; the message says what."""


class Course:
    """One patient's pathway and the latest that is known of it. ``on_change`` is called whenever that changes."""

    def __init__(
        self, client: KapClient, referral: Referral, on_change: Callable[[Course], None] = lambda _: None
    ) -> None:
        self.client = client
        self.referral = referral
        self.patient = f"{referral.patient.given_name} {referral.patient.family_name}"
        self.pathway_id = ""
        self.status: Status | None = None
        self.happened = "is about to be referred"
        self.happened_at: datetime | None = None
        self.closure: Closure | None = None
        self.last_dose_at: datetime | None = None
        self.problem: str | None = None
        self._on_change = on_change
        self._zero: datetime | None = None

    @property
    def now(self) -> datetime:
        """Pathway time, reckoned from what the pathway said last; never ahead of the pathway's own."""
        if self.closure is not None:
            return self.closure.at
        if self._zero is None:
            return self.referral.clock.epoch or datetime.now(UTC)
        return self._zero + self._passed()

    def _passed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() * self.referral.clock.scale)

    def _heard(self, said: datetime) -> None:
        """Set our clock by an instant that the pathway has just named, unless we knew better: it is heard too late."""
        zero = said - self._passed()
        self._zero = zero if self._zero is None else max(self._zero, zero)

    def tell(self, happened: str, at: datetime | None = None) -> None:
        """Say what just happened; now, unless ``at`` says when."""
        self.happened = happened
        self.happened_at = at or self.now
        self._on_change(self)

    async def look(self) -> Status:
        """Ask the pathway where it stands."""
        self.status = await self.client.status(self.pathway_id)
        self._heard(self.status.now)
        return self.status

    async def refer(self) -> None:
        """Open the pathway."""
        receipt = await self.client.refer(self.referral)
        self.pathway_id = receipt.pathway_id
        await self.look()

    async def do(self, who: Role | Actor, verb: str, said: str, **fields: Any) -> Receipt:
        """Have somebody, or the first one of a role, do something, and tell it in the words ``said``."""
        actor = (Actor(id=_IDS[who], role=who) if isinstance(who, Role) else who).model_dump(mode="json")
        command_id = f"{self.referral.referral_id}-{time.monotonic_ns()}"
        command = validated(command_model(verb), {"command_id": command_id, "actor": actor, **fields})
        receipt = await self.client.do(self.pathway_id, command)
        self._heard(receipt.recorded_at)
        await self.look()
        self.tell(said, receipt.recorded_at)
        return receipt

    async def do_freshly_measured(
        self, role: Role, verb: str, said: str, vitals: dict[str, int], **fields: Any
    ) -> None:
        """Do what needs recent vital signs. Time flies here, so they are measured again when they have become stale."""
        for _ in range(_MOST_MEASUREMENTS):
            await self.do(Role.NURSE, "record_vitals", "has vital signs taken", vitals=vitals)
            try:
                await self.do(role, verb, said, **fields)
            except Refused as refused:
                if refused.code == "reconciliation_too_old":
                    asked = {"new_medicines": [], "companion_arranged": True, "new_illness": False}
                    await self.do(Role.NURSE, "record_day_checklist", "is asked once more what is new", **asked)
                elif refused.code != "vitals_stale":
                    raise
            else:
                return
        raise NotAsScripted("This machine is too busy for the demo's clock: vital signs were always too old.")

    async def refusal_of(self, role: Role, verb: str, **fields: Any) -> str:
        """Try what must be refused; returns the code."""
        try:
            await self.do(role, verb, "", **fields)
        except Refused as refused:
            return refused.code
        raise NotAsScripted(f"The pathway accepted {verb}, which it has to refuse.")

    async def wait(self, hours: float) -> None:
        """Let so much pathway time pass."""
        await self.until(self.now + timedelta(hours=hours))

    async def until(self, instant: datetime) -> None:
        """Let pathway time pass until ``instant``; the patient is asked after on the way."""
        checkins = self.status.checkins if self.status is not None else ()
        for one in sorted(checkins, key=lambda one: one.opens_at):
            at = one.opens_at + _RINGING
            if at < instant:
                await self._sleep_until(at)
                answers = [{"instrument": name, "answers": ANSWERS[name]} for name in one.measures]
                said = {"checkin_id": one.id, "outcome": "reached", "measures": answers, "side_effects": []}
                await self.do(Role.NURSE, "record_checkin", f"is asked after ({words(one.kind)})", **said)
        await self._sleep_until(instant)

    async def _sleep_until(self, instant: datetime) -> None:
        await asyncio.sleep(max(0.0, (instant - self.now).total_seconds() / self.referral.clock.scale))

    async def session(self) -> SessionStatus:
        """The session of the cycle.

        Raises:
            NotAsScripted: There is none.
        """
        session = (await self.look()).session
        if session is None:
            raise NotAsScripted("A session was expected to be booked.")
        return session


def on_a_day(instant: datetime, later: int, hour: int) -> datetime:
    """``hour`` o'clock in the clinic's zone, on the local day ``later`` days after that of ``instant``."""
    day = instant.astimezone(ZoneInfo(ZONE)).date() + timedelta(days=later)
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(ZONE))
