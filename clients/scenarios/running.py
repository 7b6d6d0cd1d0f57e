"""Running scenarios: played, judged, and compared from engine to engine."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from clients.errors import PATHWAY_CLOSED
from clients.scenarios.invariants import objections
from clients.scenarios.judging import Finding, Judge
from clients.scenarios.playing import Play, Player
from clients.scenarios.reading import Script
from clients.scenarios.record import KILLED, Record, Taken
from schemas.answers import Receipt
from schemas.refusals import Refusal


@dataclass(frozen=True)
class Result:
    """A scenario that was run on one engine."""

    play: Play
    record: Record
    findings: Sequence[Finding]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether everything is as expected."""
        return all(finding.met for finding in self.findings)

    def version_after(self, step: int) -> int:
        """How many events there were when a step had ended."""
        versions = [taken.version for taken in self.record.taken if taken.act.step <= step]
        return min(versions[-1] if versions else 0, len(self.record.events))

    @property
    def failures(self) -> list[Finding]:
        """What is not as expected."""
        return [finding for finding in self.findings if not finding.met]


def run_on_rules(script: Script) -> Result:
    """Play a scenario on the rules alone."""
    began = time.monotonic()
    play, record = Player(script).run()
    return Result(play, record, _findings(play, record), time.monotonic() - began)


async def run_on_server(scripts: Sequence[Script]) -> AsyncIterator[Result]:
    """Play scenarios on a whole installation, one after another; each has to record exactly what the rules alone do.

    Raises:
        Refused: The installation cannot be started, or failed.
    """
    # Temporal's SDK takes its time.
    from clients.scenarios.installation import installation
    from clients.scenarios.server_engine import run_on

    async with installation() as here:
        for script in scripts:
            alone = run_on_rules(script)
            began = time.monotonic()
            record = await run_on(here, alone.play)
            findings = [*_findings(alone.play, record), *differences(alone.play, alone.record, record)]
            yield Result(alone.play, record, findings, time.monotonic() - began)


def _findings(play: Play, record: Record) -> list[Finding]:
    against = objections(record, play.script.protocol)
    always = [Finding(False, 1, "what always holds", sentence, at=at) for at, sentence in against]
    return [*Judge(play, record).findings(), *(always or [Finding(True, 1, "what always holds")])]


def differences(play: Play, one: Record, other: Record) -> list[Finding]:
    """Where two engines recorded, answered or told something else; the first of each."""
    journals = zip(one.lines(), other.lines(), strict=False)
    place = next((n for n, (mine, its) in enumerate(journals) if mine != its), min(len(one.events), len(other.events)))
    found = []
    if place < max(len(one.events), len(other.events)):
        event = (one.events[place:] or other.events[place:])[0]
        told = [record.lines()[place] if place < len(record.events) else "nothing more" for record in (one, other)]
        sentence = f"event {place + 1}: {one.engine} {told[0]}; {other.engine} {told[1]}"
        found.append(Finding(False, 1, "both engines to record the same", sentence, at=event.recorded_at))
    for act, same in zip(one.taken, other.taken, strict=False):
        if not _agree(act.answer, same.answer):
            line, at = play.script.line("steps", act.act.step), act.act.at
            sentence = f"{one.engine}: {_told(act)}; {other.engine}: {_told(same)}"
            found.append(Finding(False, line, "both engines to answer the same", sentence, act.act.step, at))
            break
    # Where a part of the installation was away, what is said meanwhile goes later, though not to anybody else.
    outage = any(act.happening in KILLED for act in play.acts)
    messages = [_letters(record, timed=not outage) for record in (one, other)]
    if messages[0] != messages[1]:
        first = next((pair for pair in zip_longest(*messages) if pair[0] != pair[1]), (None, None))
        sentence = f"{one.engine}: {first[0]}; {other.engine}: {first[1]}"
        found.append(Finding(False, 1, "both engines to tell people the same", sentence))
    return found or [Finding(True, 1, "both engines to record, answer and tell the same")]


def _agree(one: Receipt | Refusal | None, other: Receipt | Refusal | None) -> bool:
    """Whether two answers are the same. For a closed pathway no engine answers, but the client, in its own words."""
    if isinstance(one, Refusal) and isinstance(other, Refusal) and one.code == PATHWAY_CLOSED:
        return other.code == PATHWAY_CLOSED
    return one == other


def _told(taken: Taken) -> str:
    return "nothing" if taken.answer is None else taken.answer.model_dump_json(exclude_none=True)


def _letters(record: Record, *, timed: bool) -> list[tuple[str, int, str, str, str]]:
    return sorted(
        (str(one.at) if timed else "", one.version, one.to.id, one.channel.value, one.text) for one in record.sent
    )
