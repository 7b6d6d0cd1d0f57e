"""A run told in plain text: what failed with file and line, and the timeline around it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from clients.scenarios.playing import Play
from clients.scenarios.running import Result
from schemas.answers import Receipt
from schemas.scenario import Step
from workflows.rules.standing import phase_of

MET, UNMET = "✓", "✗"


def told(result: Result, *, whole: bool = False) -> Iterator[str]:
    """Lines for people. The timeline is told where something failed, or where the ``whole`` is asked for."""
    play, record = result.play, result.record
    script = play.script
    counts = f"{len(record.events)} events, {len(record.sent)} messages, {result.seconds:.1f} s"
    mark = MET if result.passed else UNMET
    expected = f"{len(result.findings) - len(result.failures)} of {len(result.findings)} expectations"
    yield f"{mark} {script.file} [{record.engine}] {script.scenario.scenario}: {expected}, {counts}"
    for failure in result.failures:
        at = f" ({local(play, failure.at)})" if failure.at is not None else ""
        yield f"    {script.file}:{failure.line}{at}"
        yield f"        expected  {failure.expected}"
        yield f"        happened  {failure.found or 'it was otherwise'}"
    if whole or not result.passed:
        yield from timeline(result)


def timeline(result: Result) -> Iterator[str]:
    """Every step: when, what, the answer, and where the pathway stood then."""
    play = result.play
    for number, step in enumerate(play.script.scenario.steps[: len(play.ends)]):
        state = result.record.states[result.version_after(number)]
        mark = MET if all(finding.met for finding in result.findings if finding.step == number) else UNMET
        line = f"line {play.script.line('steps', number):<4} {local(play, play.ends[number].at)}"
        yield f"    {mark} {line}  {what(step)}{answered(result, number)}  → {phase_of(state).value}"


def what(step: Step) -> str:
    """A step in a few words."""
    if step.do is not None or step.send is not None:
        act = f"{step.by} {step.do}" if step.do else f"raw {step.send}"
    elif step.go_on is not None:
        end = step.go_on.phase or step.go_on.past or f"{step.go_on.times} commands"
        act = f"a sensible team goes on to {end}"
    elif step.happens is not None:
        act = step.happens.value.replace("_", " ") + (f" for {step.to}" if step.to else "")
    else:
        act = "time passes"
    return f"{step.name}: {act}" if step.name else act


def answered(result: Result, number: int) -> str:
    """How what was said in a step was answered; nothing where nothing was said."""
    said = [taken.answer for taken in result.record.taken if taken.act.step == number and taken.answer is not None]
    if not said or result.play.script.scenario.steps[number].go_on is not None:
        return ""
    return ", accepted" if isinstance(said[-1], Receipt) else f", refused: {said[-1].code}"


def local(play: Play, instant: datetime) -> str:
    """An instant on the scenario's clock."""
    there = instant.astimezone(ZoneInfo(play.script.scenario.zone))
    return f"{there:%a %Y-%m-%d %H:%M}" + (f":{there:%S}" if there.second else "") + f" {there:%Z}"
