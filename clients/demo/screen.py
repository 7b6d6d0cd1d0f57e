"""The demo's screen: a live table on a terminal, plain lines anywhere else, and the summary at the end."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from clients.cli.output import words
from clients.cli.stack import state_flag
from clients.cli.tables import table
from clients.demo.cast import ZONE
from clients.demo.course import Course
from schemas.events import Event
from schemas.facts import DosingApproved, MessageRequested, WorkItemOverdue
from schemas.treatment import Setting
from schemas.work import WorkKind
from workers.stack import Addresses, read_mails


class Screen:
    """Shows the courses while they happen. Use it as a context manager."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._courses: Sequence[Course] = ()
        console = Console()
        self._live = Live(console=console, get_renderable=self._picture, refresh_per_second=5, auto_refresh=True)
        self._is_live = console.is_terminal

    def __enter__(self) -> Self:
        """Begin to show."""
        print(f"Temporal UI: {self._addresses.ui_url}  (one second is six hours of pathway time)")
        if self._is_live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last picture standing."""
        if self._is_live:
            self._live.stop()

    def cast(self, courses: Sequence[Course]) -> None:
        """Say whom to show."""
        self._courses = courses

    def changed(self, course: Course) -> None:
        """Something happened to one patient; without a terminal that is a line."""
        if not self._is_live:
            phase = words(course.status.phase) if course.status else ""
            print(
                f"{_clock(course.happened_at or course.now):<19}{phase:<15}{course.patient} {course.happened}",
                flush=True,
            )

    def _picture(self) -> Group:
        made = table("Patient", "Phase", "Pathway time", "Sessions", "What just happened")
        for course in self._courses:
            status = course.status
            given = f"{status.sessions_given} of {status.sessions_planned}" if status else ""
            phase = f"[bold cyan]{words(status.phase)}[/]" if status else ""
            colour = "red" if course.problem else "green" if course.closure else "default"
            made.add_row(course.patient, phase, _clock(course.now), given, f"[{colour}]{course.happened}[/]")
        mails = read_mails(self._addresses.mail_dir)
        latest = f", the last one: {mails[-1]['Subject']}" if mails else ""
        return Group(made, f" {len(mails)} mails caught{latest}", f" Look into it: {self._addresses.ui_url}")


def outcome_table(courses: Sequence[Course], journals: Sequence[Sequence[Event]], addresses: Addresses) -> Table:
    """What happened to whom, as the journal has it."""
    made = table(
        "Patient", "Where", "Sessions given", "Held", "Approvals", "Insights", "Mails", "Days", "Outcome",
        title="What happened",
    )  # fmt: skip
    sent = Counter(str(mail["X-Envelope-To"]) for mail in read_mails(addresses.mail_dir))
    for course, events in zip(courses, journals, strict=True):
        facts = Counter(event.fact.type for event in events)
        days = (events[-1].recorded_at - events[0].recorded_at).days if events else 0
        closure = course.closure
        outcome = words(f"{closure.end}, {closure.course}") if closure else "[red]not completed[/]"
        made.add_row(
            course.patient,
            "at home" if course.referral.setting is Setting.HOME else "in the clinic",
            str(closure.sessions_given if closure else facts["drug_administered"]),
            str(facts["session_held"]),
            str(facts["dosing_approved"]),
            str(facts["insight_captured"]),
            str(sent[course.referral.patient.email]),
            str(days),
            outcome,
        )
    team = sum(sent.values()) - sum(sent[course.referral.patient.email] for course in courses)
    made.caption = f"{team} more mails went to the care team. {sum(map(len, journals))} events are in the journal."
    return made


def ladder_table(course: Course, events: Sequence[Event]) -> Table:
    """How the approval that nobody gave was raised, and whom each step reached, as the journal has it."""
    made = table("When", "What", "Told", title=f"{course.patient}: the approval that nobody gave")
    for number, event in enumerate(events):
        fact = event.fact
        if getattr(fact, "kind", None) is WorkKind.APPROVE_DOSING and isinstance(fact, WorkItemOverdue):
            told = takewhile(lambda one: isinstance(one.fact, MessageRequested), events[number + 1 :])
            names = [one.fact.message.to_id for one in told if isinstance(one.fact, MessageRequested)]
            made.add_row(_clock(event.recorded_at), f"raised, step {fact.step}", ", ".join(names))
        if isinstance(fact, DosingApproved):
            made.add_row(_clock(event.recorded_at), "approved", fact.approval.approved_by)
            return made
    return made


def closing_lines(addresses: Addresses) -> Iterable[str]:
    """How to look in while the stack is kept running."""
    flag = state_flag(addresses)
    yield "The stack is left running. From another terminal:"
    yield f"  kap{flag} list"
    yield f"  kap{flag} worklist"
    yield f"  kap{flag} journal PATHWAY --verify"
    yield f"Temporal UI: {addresses.ui_url}"
    yield "Stop with Ctrl-C."
    sys.stdout.flush()


def _clock(instant: datetime) -> str:
    return f"{instant.astimezone(ZoneInfo(ZONE)):%d %b %Y %H:%M}"
