"""A timeline as a drawing: phases, approvals, holds, work, messages and expectations over one axis of time.

Nights and weeks in which nothing happens are drawn shorter than the minutes of a session, so that both can be read.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from html import escape
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from clients.scenarios.record import Record
from clients.scenarios.running import Result
from schemas import facts as f
from schemas.pathway import Pathway
from schemas.treatment import ApprovalStatus
from workflows.rules.calendar import at_local_time
from workflows.rules.standing import phase_of

MARGIN: Final = 190
"""Pixels for the names of the lanes."""
TOP: Final = 34
ROW: Final = 22
BAR: Final = 12
SHORTEST: Final = 5.0
PER_DECADE: Final = 26.0
"""Pixels of a gap: a little for any, and so much for each factor of ten in its minutes."""
LETTER: Final = 6.3
"""Pixels of a letter, roughly."""
LONGEST_NAME: Final = 28
NEWLINE: Final = "\n"


class Bar(NamedTuple):
    """A span of a lane."""

    begins: datetime
    ends: datetime
    style: str
    text: str
    """Told when the pointer rests on it."""
    label: str = ""


class Dot(NamedTuple):
    """An instant of a lane."""

    at: datetime
    style: str
    text: str


@dataclass
class Lane:
    """One row of the drawing."""

    name: str
    bars: list[Bar]
    dots: list[Dot]


class Axis:
    """Maps instants to pixels."""

    def __init__(self, instants: Sequence[datetime]) -> None:
        self._instants = sorted(set(instants))
        self._places = [10.0]
        for before, after in zip(self._instants, self._instants[1:], strict=False):
            minutes = (after - before) / timedelta(minutes=1)
            self._places.append(self._places[-1] + SHORTEST + PER_DECADE * math.log10(1 + minutes) / 2)

    @property
    def width(self) -> float:
        """Of everything."""
        return self._places[-1] + 40

    @property
    def ends(self) -> datetime:
        """The last instant."""
        return self._instants[-1]

    def place(self, instant: datetime) -> float:
        """Where an instant is; those in a gap lie where they do in time."""
        after = bisect_right(self._instants, instant)
        if after == 0:
            return self._places[0]
        if after == len(self._instants):
            return self._places[-1]
        begins, ends = self._instants[after - 1], self._instants[after]
        share = (instant - begins) / (ends - begins)
        return self._places[after - 1] + share * (self._places[after] - self._places[after - 1])

    def days(self, zone: ZoneInfo) -> Iterator[tuple[datetime, float]]:
        """Local midnights that lie far enough from each other to be told apart."""
        day, last = at_local_time(self._instants[0], 0, time(0), zone.key), -math.inf
        while day <= self.ends:
            x = self.place(day)
            if day >= self._instants[0] and x - last >= 11 * LETTER:
                yield day, x
                last = x
            day = at_local_time(day, 1, time(0), zone.key)


def drawn(result: Result) -> str:
    """The timeline as SVG."""
    record, zone = result.record, ZoneInfo(result.play.script.scenario.zone)
    ends = max([record.events[-1].recorded_at, *(end.at for end in result.play.ends)])
    instants = [event.recorded_at for event in record.events] + [end.at for end in result.play.ends] + [ends]
    axis = Axis(instants)
    lanes = _lanes(result, axis.ends, zone)
    height = TOP + ROW * len(lanes) + 8
    rows = [(lane, TOP + ROW * number) for number, lane in enumerate(lanes)]
    names = [
        f'<text class="lane" x="{MARGIN - 8}" y="{y + BAR}" text-anchor="end">{_name(lane)}</text>' for lane, y in rows
    ]
    drawing = [_days(axis, zone, height), *(_lane(lane, y, axis) for lane, y in rows)]
    title = f"<title>Timeline of {escape(result.play.script.scenario.scenario)}</title>"
    return _svg("names", MARGIN, height, names) + _svg("time", axis.width, height, [title, *drawing])


def _svg(name: str, width: float, height: int, parts: Sequence[str]) -> str:
    size = f'width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" class="{name}" {size}>{NEWLINE.join(parts)}</svg>'


def _name(lane: Lane) -> str:
    return escape(lane.name[:LONGEST_NAME])


def _lanes(result: Result, ends: datetime, zone: ZoneInfo) -> list[Lane]:
    record = result.record
    lanes = [
        Lane("Expected", [], list(_expected(result, zone))),
        Lane("Phase", list(_phases(record, ends, zone)), []),
        Lane("Dosing approval", list(_approvals(record, ends, zone)), []),
        Lane("Hold", list(_holds(record, ends, zone)), []),
        Lane("Session", list(_sessions(record, ends, zone)), list(_doses(record, zone))),
        *_work(record, ends, zone),
        *_messages(record, zone),
    ]
    return [lane for lane in lanes if lane.bars or lane.dots]


def _spans(record: Record, ends: datetime) -> Iterator[tuple[Pathway, datetime, datetime]]:
    """Each state, and from when to when it was so."""
    for number, event in enumerate(record.events):
        after = record.events[number + 1].recorded_at if number + 1 < len(record.events) else ends
        if after > event.recorded_at or number + 1 == len(record.events):
            yield record.states[number + 1], event.recorded_at, after


def _joined(bars: Iterator[Bar]) -> Iterator[Bar]:
    """Neighbours that say the same are one."""
    last: Bar | None = None
    for bar in bars:
        if last is not None and last.ends == bar.begins and (last.style, last.label) == (bar.style, bar.label):
            last = last._replace(ends=bar.ends)
            continue
        if last is not None:
            yield last
        last = bar
    if last is not None:
        yield last


def _told(bars: Iterator[Bar], zone: ZoneInfo) -> Iterator[Bar]:
    for bar in bars:
        yield bar._replace(text=f"{bar.text}: {clock(bar.begins, zone)} to {clock(bar.ends, zone)}")


def _phases(record: Record, ends: datetime, zone: ZoneInfo) -> Iterator[Bar]:
    bars = (
        Bar(begins, until, f"phase-{phase_of(state).value}", words(phase_of(state)), words(phase_of(state)))
        for state, begins, until in _spans(record, ends)
    )
    return _told(_joined(bars), zone)


def _approvals(record: Record, ends: datetime, zone: ZoneInfo) -> Iterator[Bar]:
    bars = (
        Bar(
            begins,
            until,
            "good" if state.approval.status is ApprovalStatus.IN_FORCE else "bad",
            f"{state.approval.id} {words(state.approval.status)}",
            f"{state.approval.id} {words(state.approval.status)}",
        )
        for state, begins, until in _spans(record, ends)
        if state.approval is not None and state.ending is None and state.closure is None
    )
    return _told(_joined(bars), zone)


def _holds(record: Record, ends: datetime, zone: ZoneInfo) -> Iterator[Bar]:
    bars = (
        Bar(begins, until, "hold", reason, reason)
        for state, begins, until in _spans(record, ends)
        if (reason := _held(state)) is not None
    )
    return _told(_joined(bars), zone)


def _held(state: Pathway) -> str | None:
    if state.hold is not None:
        return words(state.hold.code)
    return "suicide risk" if state.risk.blocked else None


def _sessions(record: Record, ends: datetime, zone: ZoneInfo) -> Iterator[Bar]:
    bars = (
        Bar(begins, until, "session" if session.checked_in_at else "booked", f"{session.id} {how}", session.id)
        for state, begins, until in _spans(record, ends)
        if (session := state.cycle.session) is not None and session.discharged_at is None
        for how in ["under way" if session.checked_in_at else "booked"]
    )
    return _told(_joined(bars), zone)


def _doses(record: Record, zone: ZoneInfo) -> Iterator[Dot]:
    for event in record.events:
        if isinstance(event.fact, f.DrugAdministered | f.UnauthorisedAdministration):
            given = event.fact.dose
            outside = "" if given.approval_id else ", outside the gate"
            said = f"{given.dose_mg:g} mg {given.route}{outside}: {clock(given.given_at, zone)}"
            yield Dot(given.given_at, "dose", said)


def _work(record: Record, ends: datetime, zone: ZoneInfo) -> Iterator[Lane]:
    """A lane for each kind of work; its items follow each other, and reminders are dots."""
    lanes: dict[str, Lane] = {}
    open_: dict[str, tuple[f.WorkItemOpened, datetime]] = {}
    for event in record.events:
        fact, at = event.fact, event.recorded_at
        if isinstance(fact, f.WorkItemOpened):
            open_[fact.item.id] = (fact, at)
            lanes.setdefault(fact.item.kind, Lane(words(fact.item.kind), [], []))
        elif isinstance(fact, f.WorkItemOverdue):
            lanes[fact.kind].dots.append(Dot(at, "late", f"overdue, step {fact.step}: {clock(at, zone)}"))
        elif isinstance(fact, f.WorkItemClosed) and fact.item_id in open_:
            opened, begins = open_.pop(fact.item_id)
            lanes[fact.kind].bars.append(_item(opened, begins, at))
    for opened, begins in open_.values():
        lanes[opened.item.kind].bars.append(_item(opened, begins, ends))
    for lane in lanes.values():
        lane.bars = list(_told(iter(lane.bars), zone))
        # What is done in the moment it is owed is no work that anybody waited for.
        if any(bar.ends > bar.begins for bar in lane.bars):
            yield lane


def _item(opened: f.WorkItemOpened, begins: datetime, ends: datetime) -> Bar:
    item = opened.item
    return Bar(begins, ends, "work", f"{item.id} {words(item.kind)}, owed by {item.owner_id or item.owner_role}")


def _messages(record: Record, zone: ZoneInfo) -> Iterator[Lane]:
    lanes: dict[str, Lane] = {}
    for sent in record.sent:
        lane = lanes.setdefault(sent.to.role, Lane(f"✉ {sent.to.role}", [], []))
        lane.dots.append(Dot(sent.at, "message", f"{words(sent.message.template)}: {clock(sent.at, zone)}"))
    yield from lanes.values()


def _expected(result: Result, zone: ZoneInfo) -> Iterator[Dot]:
    for number, end in enumerate(result.play.ends):
        mine = [finding for finding in result.findings if finding.step == number]
        if mine:
            style = "met" if all(finding.met for finding in mine) else "unmet"
            line = result.play.script.line("steps", number)
            yield Dot(end.at, style, f"line {line}, {len(mine)} expectations: {clock(end.at, zone)}")
    for finding in result.findings:
        if finding.step is None and not finding.met and finding.at is not None:
            yield Dot(finding.at, "unmet", f"line {finding.line}: {finding.expected}")


# SVG


def _days(axis: Axis, zone: ZoneInfo, height: int) -> str:
    parts = []
    for day, x in axis.days(zone):
        name = f"{day.astimezone(zone):%a %d %b}"
        parts.append(f'<line class="day" x1="{x:.1f}" x2="{x:.1f}" y1="22" y2="{height}"/>')
        parts.append(f'<text class="day" x="{x + 3:.1f}" y="16">{name}</text>')
    return "\n".join(parts)


def _lane(lane: Lane, y: int, axis: Axis) -> str:
    parts = [f'<line class="lane" x1="0" x2="{axis.width:.0f}" y1="{y + ROW - 4}" y2="{y + ROW - 4}"/>']
    for bar in lane.bars:
        x, end = axis.place(bar.begins), axis.place(bar.ends)
        width = max(3.0, end - x - 1)
        parts.append(
            f'<rect class="{bar.style}" x="{x:.1f}" y="{y + 1}" width="{width:.1f}" height="{BAR + 2}" rx="3">'
            f"<title>{escape(bar.text)}</title></rect>"
        )
        if bar.label and len(bar.label) * LETTER + 6 < width:
            parts.append(f'<text class="on" x="{x + 5:.1f}" y="{y + BAR}">{escape(bar.label)}</text>')
    for dot in lane.dots:
        x = axis.place(dot.at)
        parts.append(
            f'<g class="{dot.style}"><title>{escape(dot.text)}</title>{_mark(dot.style, x, y + BAR / 2 + 2)}</g>'
        )
    return "\n".join(parts)


def _mark(style: str, x: float, y: float) -> str:
    match style:
        case "met":
            return f'<path d="M{x - 4:.1f} {y:.1f}l3 4 5 -8"/>'
        case "unmet":
            return f'<path d="M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8"/>'
        case "dose":
            return f'<path d="M{x:.1f} {y - 6:.1f}l6 6-6 6-6-6z"/>'
        case _:
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'


def clock(instant: datetime, zone: ZoneInfo) -> str:
    """An instant as people say it."""
    return f"{instant.astimezone(zone):%a %d %b %H:%M %Z}"


def words(code: str) -> str:
    """A code as words."""
    return str(code).replace("_", " ")
