"""What was expected and what happened: every expectation of a scenario, compared with the record of one engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from clients.scenarios.matching import Matcher
from clients.scenarios.moments import Unknown, doses_in
from clients.scenarios.playing import Play
from clients.scenarios.reading import Script
from clients.scenarios.record import Record, Sent
from clients.scenarios.values import value_at
from clients.yaml_text import Path as Place
from schemas.answers import Receipt
from schemas.events import Event
from schemas.pathway import Pathway
from schemas.refusals import Refusal
from schemas.scenario import Expect, FactMatch, Never, RefusalMatch, Step
from workflows.rules.gate import gate
from workflows.rules.standing import phase_of
from workflows.rules.status import status_of


@dataclass(frozen=True)
class Finding:
    """One expectation, and whether it was met."""

    met: bool
    line: int
    expected: str
    found: str = ""
    step: int | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Moment:
    """Where an expectation looks: the state at the end of a step, and what happened since the one before."""

    at: datetime
    state: Pathway
    events: Sequence[Event]
    sent: Sequence[Sent]


class Judge:
    """Compares one record with its scenario."""

    def __init__(self, play: Play, record: Record) -> None:
        self._play = play
        self._script: Script = play.script
        self._record = record
        self._doses = doses_in(record.events)

    def findings(self) -> list[Finding]:
        """Everything that was expected, in the order of the file."""
        return [*self._steps(), *self._journal(), *self._nevers()]

    def _steps(self) -> Iterator[Finding]:
        for number, step in enumerate(self._script.scenario.steps):
            if number >= len(self._play.ends):
                why = self._play.stopped or "the step before it could not be taken"
                line = self._script.line("steps", number)
                yield Finding(False, line, "the step to be taken", f"{why}", number)
                return
            for finding in self._step(number, step):
                yield replace(finding, step=number, at=self._moment(number).at)

    def _moment(self, number: int) -> Moment:
        """The end of a step in this record, which may not be where it is in another one."""
        ends = [taken for taken in self._record.taken if taken.act.step <= number]
        mine = [taken for taken in ends if taken.act.step == number]
        before = max((taken.version for taken in ends if taken.act.step < number), default=0)
        version = mine[-1].version if mine else before
        began = ends[len(ends) - len(mine) - 1].act.at if len(ends) > len(mine) else self._play.calendar.starts
        at = mine[-1].act.at if mine else self._play.ends[number].at
        return Moment(
            at,
            self._record.states[min(version, len(self._record.events))],
            self._record.events[before:version],
            [
                one
                for one in self._record.sent
                if (began < one.at <= at if one.rested else before < one.version <= version)
            ],
        )

    def _step(self, number: int, step: Step) -> Iterator[Finding]:
        if step.do is not None or step.send is not None:
            yield from self._answer(number, step)
        if step.expect is not None:
            yield from self._expected(number, step.expect)

    # Answers

    def _answer(self, number: int, step: Step) -> Iterator[Finding]:
        answer = next(
            (taken.answer for taken in reversed(self._record.taken) if taken.act.step == number and taken.answer), None
        )
        line = self._script.line("steps", number, "refused" if step.refused is not None else "do")
        told = _told_answer(answer)
        if step.refused is None:
            yield Finding(isinstance(answer, Receipt), line, f"{step.do or step.send} is accepted", told)
        else:
            match = step.refused if isinstance(step.refused, RefusalMatch) else RefusalMatch(code=step.refused)
            met = (
                isinstance(answer, Refusal)
                and answer.code == match.code
                and match.field in (None, answer.field)
                and all(value_at(answer.facts, name) == value for name, value in match.facts.items())
            )
            where = f" for {match.field}" if match.field else ""
            yield Finding(met, line, f"{step.do or step.send} is refused with {match.code}{where}", told)
        if step.warned is not None:
            warnings = answer.warnings if isinstance(answer, Receipt) else ()
            line = self._script.line("steps", number, "warned")
            yield Finding(warnings == step.warned, line, f"warned of {', '.join(step.warned)}", ", ".join(warnings))

    # Expectations after a step

    def _expected(self, number: int, expect: Expect) -> Iterator[Finding]:
        place: Place = ("steps", number, "expect")
        moment = self._moment(number)
        matcher = Matcher(self._script, lambda text: self._instant(text, moment.at, moment.state))
        try:
            yield from self._of_state(place, expect, moment, matcher)
            yield from self._of_work(place, expect, moment, matcher)
            yield from self._of_span(place, expect, self._since(expect, moment), matcher)
        except Unknown as problem:
            yield Finding(False, self._script.line(*place), "what is expected can be told", str(problem))

    def _instant(self, text: str, at: datetime, state: Pathway) -> datetime:
        return self._play.calendar.instant(text, at, state, self._doses)

    def _since(self, expect: Expect, moment: Moment) -> Moment:
        if expect.since is None:
            return moment
        since, version = self._instant(expect.since, moment.at, moment.state), moment.state.version
        return Moment(
            moment.at,
            moment.state,
            [event for event in self._record.events[:version] if event.recorded_at >= since],
            [one for one in self._record.sent if since <= one.at <= moment.at and one.version <= version],
        )

    def _of_state(self, place: Place, expect: Expect, moment: Moment, matcher: Matcher) -> Iterator[Finding]:
        state, line = moment.state, self._script.line
        if expect.phase is not None:
            found = phase_of(state)
            yield Finding(found is expect.phase, line(*place, "phase"), f"phase {expect.phase}", f"phase {found}")
        status = status_of(state, moment.at, 0, 0)
        if expect.dose_allowed is not None:
            failing = ", ".join(check.code or check.name for check in status.checks if not check.passed)
            met = status.dose_allowed is expect.dose_allowed
            said = "a dose is allowed" if expect.dose_allowed else "no dose is allowed"
            yield Finding(met, line(*place, "dose_allowed"), said, failing or "every check passes")
        checks = {check.name: "passed" if check.passed else check.code for check in gate(state, moment.at)}
        for name, expected in expect.checks.items():
            answer = checks.get(name)
            near = ", ".join(get_close_matches(name, checks, n=3, cutoff=0.3))
            told = answer or f"there is no such check now; near it are {near}"
            yield Finding(answer == expected, line(*place, "checks", name), f"check {name}: {expected}", told)
        for name, root, values in (
            ("approval", state.approval, expect.approval or {}),
            ("status", status, expect.status),
            ("state", state, expect.state),
        ):
            for path, value in values.items():
                actual = value_at(root, path)
                said = f"{name}.{path} is {matcher.told(value)}"
                yield Finding(matcher.same(actual, value), line(*place, name, path), said, matcher.told(actual))

    def _of_work(self, place: Place, expect: Expect, moment: Moment, matcher: Matcher) -> Iterator[Finding]:
        work = moment.state.work
        told = matcher.told_work(work) or "nothing is owed"
        for wanted, name, matches in ((True, "owed", expect.owed), (False, "not_owed", expect.not_owed)):
            for number, match in enumerate(matches):
                met = any(matcher.is_owed(item, match) for item in work) is wanted
                said = f"{'owed' if wanted else 'not owed'}: {matcher.told(match)}"
                yield Finding(met, self._script.line(*place, name, number), said, told)

    def _of_span(self, place: Place, expect: Expect, span: Moment, matcher: Matcher) -> Iterator[Finding]:
        told = matcher.told_sent(span.sent) or "no message went"
        for wanted, name, matches in ((True, "sent", expect.sent), (False, "not_sent", expect.not_sent)):
            for number, match in enumerate(matches):
                met = any(matcher.is_sent(one, match) for one in span.sent) is wanted
                said = f"{'sent' if wanted else 'not sent'}: {matcher.told(match)}"
                yield Finding(met, self._script.line(*place, name, number), said, told)
        yield from self._in_order((*place, "journal"), expect.journal, span.events, matcher)
        for number, fact in enumerate(expect.not_journal):
            found = [event for event in span.events if matcher.is_event(event, fact)]
            line = self._script.line(*place, "not_journal", number)
            yield Finding(not found, line, f"not recorded: {matcher.told(fact)}", matcher.told_events(found))

    def _in_order(
        self, place: Place, facts: Sequence[str | FactMatch], events: Sequence[Event], matcher: Matcher
    ) -> Iterator[Finding]:
        rest = iter(events)
        for number, fact in enumerate(facts):
            met = any(matcher.is_event(event, fact) for event in rest)
            said = f"recorded{', after those before it' if number else ''}: {matcher.told(fact)}"
            yield Finding(met, self._script.line(*place, number), said, matcher.told_events(_telling(events, fact)))

    # The whole timeline

    def _whole(self) -> Matcher:
        starts, final = self._play.calendar.starts, self._record.states[-1]
        return Matcher(self._script, lambda text: self._instant(text, starts, final))

    def _journal(self) -> Iterator[Finding]:
        yield from self._in_order(("journal",), self._script.scenario.journal, self._record.events, self._whole())

    def _nevers(self) -> Iterator[Finding]:
        matcher = self._whole()
        for number, never in enumerate(self._script.scenario.never):
            line = self._script.line("never", number)
            why = f" ({never.because})" if never.because else ""
            try:
                found = next(self._broken(never, matcher), None)
            except Unknown as problem:
                yield Finding(False, line, f"never{why}", str(problem))
                continue
            said = f"never {matcher.told(_kind(never))}{why}"
            yield Finding(found is None, line, said, found[1] if found else "", at=found[0] if found else None)

    def _broken(self, never: Never, matcher: Matcher) -> Iterator[tuple[datetime, str]]:
        """Where it was the case all the same, and what it was."""
        starts, final = self._play.calendar.starts, self._record.states[-1]
        since = self._instant(never.since, starts, final) if never.since else starts
        last = self._play.ends[-1].at if self._play.ends else starts
        until = self._instant(never.until, starts, final) if never.until else last + timedelta(days=1)
        for one in self._record.sent:
            if never.sent is not None and since <= one.at <= until and matcher.is_sent(one, never.sent):
                yield one.at, matcher.told_sent([one])
        for event in self._record.events:
            here = since <= event.recorded_at <= until
            if never.journal is not None and here and matcher.is_event(event, never.journal):
                yield event.recorded_at, matcher.told_events([event])
        if never.owed is not None or never.status is not None or never.state is not None:
            yield from self._broken_state(never, matcher, since, until)

    def _broken_state(
        self, never: Never, matcher: Matcher, since: datetime, until: datetime
    ) -> Iterator[tuple[datetime, str]]:
        first, last = self._record.version_at(since), self._record.version_at(until)
        for version in range(first, last + 1):
            state = self._record.states[version]
            at = max(since, self._record.events[version - 1].recorded_at) if version else since
            for item in state.work:
                if never.owed is not None and matcher.is_owed(item, never.owed):
                    yield at, matcher.told_work([item])
            if never.state is not None and matcher.same(state, never.state):
                yield at, matcher.told(never.state)
            if never.status is not None and matcher.same(status_of(state, at, 0, 0), never.status):
                yield at, matcher.told(never.status)


def _kind(never: Never) -> Any:
    return never.model_dump(exclude_none=True, exclude={"because"})


def _telling(events: Sequence[Event], fact: str | FactMatch) -> list[Event]:
    """Those of the same type where there are any; else all but what follows from others."""
    kind = fact if isinstance(fact, str) else fact.fact
    same = [event for event in events if event.fact.type == kind]
    noise = ("work_item_opened", "work_item_closed", "work_item_overdue", "message_requested")
    return same or [event for event in events if event.fact.type not in noise]


def _told_answer(answer: Receipt | Refusal | None) -> str:
    if isinstance(answer, Receipt):
        return "accepted"
    if answer is None:
        return "nothing was said"
    return f"refused with {answer.code}{f' for {answer.field}' if answer.field else ''}: {answer.sentence}"
