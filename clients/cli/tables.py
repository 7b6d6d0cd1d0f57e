"""Tables and pages for people. Imported only by commands that print one: rich takes its time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from clients.catalogue import ExplainedVerb, Verb
from clients.cli.output import local, words
from schemas.answers import Check, RiskStatus, SessionStatus, Status, TeamStatus
from schemas.events import Event
from schemas.messages import Contact
from schemas.treatment import Approval
from schemas.views import LinkRow, PathwayRow, WorkRow

_LONGEST = 100
"""Characters of a fact's content that a line of the journal shows; --json shows all."""


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table in the style of all of them; ids and times are never cut."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left", title_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def status_page(status: Status) -> Iterable[RenderableType]:
    """Where a pathway stands, most urgent first."""
    yield (
        f"[bold]{status.pathway_id}[/]  [bold cyan]{words(status.phase)}[/], cycle {status.cycle}, "
        f"{status.sessions_given} of {status.sessions_planned} sessions given   [dim]{status.protocol}, "
        f"version {status.version}[/]"
    )
    if status.closure is not None:
        course = f", {words(status.closure.course)}" if status.closure.course else ""
        yield f"Closed {local(status.closure.at)}: [bold]{words(status.closure.end)}[/]{course}"
        return
    yield f"Next step: [bold]{escape(status.next_step)}[/]"
    yield f"As of {local(status.now)}"
    if status.team is not None:
        yield from _team(status.team)
    if status.approval is not None:
        yield _approval_line(status.approval)
    if status.session is not None:
        session = status.session
        ends = f", observation ends {local(session.observation_ends_at)}" if session.observation_ends_at else ""
        state = "discharged" if session.discharged else "checked in" if session.checked_in else _booked(session)
        yield f"Session {session.id}: {local(session.starts_at)}, {state}, {session.doses} doses{ends}"
        if session.obstacles:
            yield f"[yellow]Tentative[/]: {', '.join(words(code) for code in session.obstacles)}"
    if status.session_ahead is not None:
        ahead = status.session_ahead
        yield f"Session {ahead.id}: {local(ahead.starts_at)}, {_booked(ahead)}, waits for the integration before it"
    for caution in status.cautions:
        yield f"[yellow]To be known before the next dose: {words(caution)}[/]"
    if status.risk is not None:
        yield _risk_line(status.risk)
    yield _checks(status)
    if status.work:
        yield _work(status)
    if status.checkins:
        yield _checkins(status)
    if status.plan:
        yield _plan(status)
    if status.due:
        soonest = status.due[0]
        yield f"Next due: {local(soonest.at)} ({_from(soonest.at, status.now)}): {words(soonest.reason)}"
    if status.unwritten_events:
        yield f"[yellow]{status.unwritten_events} events are not in the journal yet: PostgreSQL is away.[/]"
    if status.withheld_messages:
        yield f"[yellow]{status.withheld_messages} messages wait for the patient's release of information.[/]"
    if status.unsent_messages:
        yield f"[yellow]{status.unsent_messages} messages are not sent yet.[/]"


def _booked(session: SessionStatus) -> str:
    return "booked, confirmed by the patient" if session.confirmed_at is not None else "booked"


def _team(team: TeamStatus) -> Iterable[str]:
    """One line for those who are there, one for what is missing, one for those who have left."""
    people, missing = [], []
    for one in team.members:
        external = f" of {one.practice_id}" if one.practice_id else ""
        instead = f", until {local(one.covered_until)} {one.covered_by}" if one.covered_until else ""
        people.append(f"{words(one.seat)} {one.person_id or '[red]nobody[/]'}{external}{instead}")
        if one.lacking:
            missing.append(f"{words(one.seat)}: {', '.join(words(what) for what in one.lacking)}")
    yield f"Care team: {'; '.join(people)}"
    if missing:
        yield f"[red]Not verified[/]: {'; '.join(missing)}"
    waits = {"the new therapist's preparation": team.preparation_awaited, "a physician's word": team.decision_awaited}
    if any(waits.values()):
        yield f"[red]The team changed[/]; dosing waits for {' and '.join(what for what, due in waits.items() if due)}"
    for person, left_at in team.departed.items():
        yield f"[dim]{person} left {local(left_at)}, and may still tell what was observed before.[/]"


def _approval_line(approval: Approval) -> str:
    warned = "".join(f"; [yellow]{words(warning)}[/]" for warning in approval.warnings or ())
    return (
        f"Approval {approval.id}: {words(approval.status)}, {approval.route}, {approval.setting}, at most "
        f"{approval.max_dose_mg:g} mg, {approval.sessions_used} of {approval.sessions} sessions used, until "
        f"{local(approval.valid_until)}{warned}"
    )


def _risk_line(risk: RiskStatus) -> str:
    level = f", counts as [bold]{words(risk.level)}[/]" if risk.level is not None and risk.assessed else ""
    waits = " and ".join(words(role) for role in risk.waits_for)
    first = "" if risk.assessed else "a finished C-SSRS, then "
    reasons = ", ".join(words(reason) for reason in risk.reasons)
    return f"[red]Suicide risk[/]: {reasons}, since {local(risk.since)}{level}; waits for {first}{waits}"


def _checkins(status: Status) -> Table:
    made = table("Check-in", "Due", "", title="Check-ins")
    for one in status.checkins:
        late = one.open and one.due_at <= status.now
        state = "[red]overdue[/]" if late else "open" if one.open else f"opens {_from(one.opens_at, status.now)}"
        tried = f", {one.attempts} without an answer" if one.attempts else ""
        made.add_row(f"{words(one.kind)} [dim]({one.id})[/]", local(one.due_at), f"{state}{tried}")
    return made


def _plan(status: Status) -> Table:
    made = table("Id", "Kind", "Since cycle", "Agreed on", title="Integration plan")
    for item in status.plan:
        made.add_row(item.id, words(item.kind), str(item.since_cycle), escape(item.text))
    return made


def _checks(status: Status) -> Table:
    title = "The next dose is allowed." if status.dose_allowed else "The next dose is not allowed:"
    checks = Table(box=None, show_header=False, pad_edge=False, title=title, title_justify="left", title_style="")
    for check in status.checks:
        mark = "[green]✓[/]" if check.passed else "[red]✗[/]"
        # The sentence says what is wrong, so it is shown only where something is.
        checks.add_row(mark, words(check.name), f"[red]{escape(check.sentence)}[/]" if check.sentence else "")
    return checks


def _work(status: Status) -> Table:
    made = table("Owed", "By", "Due", "", "Raised", title="Work")
    for item in sorted(status.work, key=lambda item: item.due_at):
        late = item.due_at <= status.now
        made.add_row(
            f"{words(item.kind)} [dim]({item.subject})[/]",
            _owner(item.owner_role, item.owner_id),
            local(item.due_at),
            f"[red]overdue, {_from(item.due_at, status.now)}[/]" if late else _from(item.due_at, status.now),
            str(item.steps or ""),
        )
    return made


def pathways_table(rows: Sequence[PathwayRow]) -> Table:
    """Pathways with where they stand."""
    made = table("Pathway", "Phase", "Cycle", "Sessions", "Next due", "Why", "Opened", "Protocol")
    for row in rows:
        made.add_row(
            row.pathway_id,
            words(row.phase),
            str(row.cycle),
            f"{row.sessions_given} of {row.sessions_planned}",
            local(row.next_due_at),
            words(row.next_due_reason or ""),
            local(row.opened_at),
            row.protocol,
        )
    return made


def worklist_table(rows: Sequence[WorkRow]) -> Table:
    """Open work, in the order in which it was given."""
    made = table("", "Owed", "By", "Due", "Raised", "Next deadline", "Marks", "Pathway", "Phase")
    for row in rows:
        pressing = f"[bold red]{row.priority.value}[/] " if row.priority and row.priority.is_pressing else ""
        made.add_row(
            f"{pressing}{'[red]overdue[/]' if row.overdue else ''}".strip(),
            f"{words(row.kind)} [dim]({row.subject})[/]",
            _owner(row.owner_role, row.owner_id),
            local(row.due_at),
            str(row.steps or ""),
            local(row.next_deadline),
            "\n".join(_marks(row)),
            row.pathway_id,
            words(row.phase),
        )
    return made


def _marks(row: WorkRow) -> Iterable[str]:
    """What colleagues did about it, in a few words each."""
    if row.help_asked_at is not None:
        yield f"[yellow]help asked[/] {local(row.help_asked_at)}"
    if row.offered_to is not None:
        yield f"offered to {row.offered_to} until {local(row.offer_expires_at)}"
    if row.reminded_at is not None:
        yield f"reminded {local(row.reminded_at)}"
    if row.taken_over:
        yield "taken over"


def links_table(rows: Sequence[LinkRow]) -> Table:
    """Links without an account."""
    made = table("Link", "For", "Made", "Until", "Said something", "Revoked")
    for row in rows:
        revoked = f"[yellow]{local(row.revoked_at)}[/]" if row.revoked_at else ""
        made.add_row(
            row.link_id, row.person_id, local(row.created_at), local(row.expires_at), local(row.last_used_at), revoked
        )
    return made


def journal_table(events: Sequence[Event]) -> Table:
    """Events in order, each with who and why, and the beginning of what it says."""
    made = table("#", "Recorded", "Fact", "By", "Reason", "Content")
    for event in events:
        actor = f"{event.actor.role}:{event.actor.id}" if event.actor else "[dim]orchestrator[/]"
        made.add_row(
            str(event.seq),
            local(event.recorded_at),
            words(event.fact.type),
            actor,
            escape(event.reason or ""),
            f"[dim]{escape(_content(event))}[/]",
        )
    return made


def people_table(contacts: Sequence[Contact]) -> Table:
    """The directory."""
    made = table("Id", "Role", "Name", "E-mail", "Zone")
    for contact in contacts:
        made.add_row(contact.id, contact.role, escape(contact.name), escape(contact.email), contact.zone)
    return made


def verbs_table(verbs: Sequence[Verb]) -> Table:
    """Every verb with who may."""
    made = table("Verb", "Who may", "Reason", "What")
    for verb in verbs:
        who = "anyone" if len(verb.by) == 5 else ", ".join(verb.by)
        made.add_row(verb.verb, who, "needed" if verb.needs_reason else "", escape(verb.summary))
    return made


def verb_page(verb: ExplainedVerb) -> Iterable[RenderableType]:
    """All about one verb."""
    from rich.syntax import Syntax  # brings pygments, which nothing else here needs

    yield f"[bold]{verb.verb}[/]: {escape(verb.summary)}"
    yield f"Who may: {', '.join(verb.by)}. Reason: {'needed' if verb.needs_reason else 'if there is one'}."
    late = "may be recorded later, with observed_at" if verb.may_be_late else "counts from when it is made"
    yield f"It {late}."
    yield "\n[bold]Example[/]"
    yield Syntax(verb.usage, "bash", theme="ansi_dark", background_color="default", word_wrap=True)
    yield "\n[bold]Schema[/]"
    yield Syntax(json.dumps(verb.schema, indent=2), "json", theme="ansi_dark", background_color="default")


def _owner(role: str, person: str | None) -> str:
    return role if person is None else f"{role} [dim]{person}[/]"


def _from(instant: datetime, now: datetime) -> str:
    """How far an instant is away, in the unit a person would choose."""
    apart = instant - now
    past = apart < timedelta(0)
    minutes = abs(apart) / timedelta(minutes=1)
    if minutes < 90:
        text = f"{minutes:.0f} min"
    elif minutes < 48 * 60:
        text = f"{minutes / 60:.0f} h"
    else:
        text = f"{minutes / 60 / 24:.0f} days"
    return f"{text} ago" if past else f"in {text}"


def _content(event: Event) -> str:
    content: dict[str, Any] = event.fact.model_dump(mode="json", exclude={"type"}, exclude_none=True)
    text = ", ".join(f"{name}: {_short(value)}" for name, value in content.items())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def why_page(checks: Sequence[Check], at: datetime, next_step: str) -> Iterable[RenderableType]:
    """Each check that is not met with what it was decided on, and how many are met."""
    unmet = [check for check in checks if not check.passed]
    yield f"As of {local(at)}: {len(checks) - len(unmet)} of {len(checks)} checks of the next dose are met."
    yield f"Next step: [bold]{escape(next_step)}[/]"
    if not unmet:
        return
    made = table("Not met", "Why", "Decided on", "Who can lift it")
    for check in unmet:
        facts = ", ".join(f"{words(name)} {value}" for name, value in check.facts.items())
        who = ", ".join(role.value for role in check.lifted_by) or "nobody"
        made.add_row(words(check.name), escape(check.sentence or ""), escape(facts), who)
    yield made
