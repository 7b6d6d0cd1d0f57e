"""Commands that read what PostgreSQL keeps: lists, worklists, journals."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clients.cli.asking import ask, read
from clients.cli.exit import Exit
from clients.cli.options import AsJson, Limit, PathwayId, PhaseName, RoleName, State, example
from clients.cli.output import print_json, show, write_private
from clients.cli.protocol import PACKAGED, loaded

if TYPE_CHECKING:
    from clients.client import KapClient
    from clients.read_model import JournalView


app = typer.Typer()


@app.command("list", short_help="List the pathways.", epilog=example("kap list --phase session"))
def list_pathways(
    phase: Annotated[PhaseName | None, typer.Option(help="Only pathways that stand there.")] = None,
    limit: Limit = 100,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """List the pathways, the one opened last first."""
    from schemas.pathway import Phase

    wanted = Phase(phase) if phase else None
    rows = read(state, lambda model: model.list_pathways(wanted, limit=limit))
    if as_json:
        print_json(rows)
        return
    from clients.cli.tables import pathways_table

    show(pathways_table(rows) if rows else "There are no such pathways. Open one with: kap refer --data FILE")


@app.command(short_help="Show who owes what, the oldest risk first.", epilog=example("kap worklist --role physician"))
def worklist(
    role: Annotated[RoleName | None, typer.Option(help="Only what this role owes.")] = None,
    person: Annotated[str | None, typer.Option(metavar="ID", help="Only what this person owes or is offered.")] = None,
    limit: Limit = 100,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Show who owes what, the oldest risk first."""
    from schemas.actors import Role

    wanted = Role(role) if role else None
    rows = read(state, lambda model: model.worklist(wanted, person, limit=limit))
    if as_json:
        print_json(rows)
        return
    from clients.cli.tables import worklist_table

    show(worklist_table(rows) if rows else "Nothing is owed.")


@app.command(
    short_help="Say why the next dose may or may not be given, now or then.",
    epilog=example("kap why p-3f9c2a --at 2027-01-12T10:00:00-07:00"),
)
def why(
    pathway: PathwayId,
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="With its offset from UTC; from the journal alone.")
    ] = None,
    protocol: Annotated[
        str, typer.Option(metavar="FILE", help="The protocol that was in force then, if not the packaged one.")
    ] = PACKAGED,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Say of each check of the next dose whether it is met, on which facts, and who can lift it."""
    from clients.cli.tables import why_page

    if at is None:
        status = ask(state, lambda client: client.status(pathway))
        checks, instant, step = status.checks, status.now, status.next_step
    else:
        from clients.parsing import parse_instant
        from clients.rederiving import state_at
        from workflows.rules.standing import next_step
        from workflows.rules.status import checks_of

        instant = parse_instant(at, "at")
        view = read(state, lambda model: model.journal(pathway))
        then = state_at(view.events, loaded(protocol), pathway, instant)
        checks, step = checks_of(then, instant), next_step(then)
    if as_json:
        print_json({"at": instant, "next_step": step, "checks": checks})
        return
    show(*why_page(checks, instant, step))


@app.command(
    short_help="Show what the care team tells each other.", epilog=example("kap thread p-3f9c2a --for th-fern")
)
def thread(
    pathway: PathwayId,
    person: Annotated[
        str | None, typer.Option("--for", metavar="ID", help="Only what this person of the care team may see.")
    ] = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Show the thread of a pathway: every version of every message, and who has said to have read it."""
    from clients.thread import thread_of

    messages = thread_of(read(state, lambda model: model.journal(pathway)).events, person)
    if as_json:
        print_json(messages)
        return
    from clients.cli.message_tables import thread_page

    nothing = "Nothing was said yet. Say something with: kap do PATHWAY post_message; kap verbs post_message explains"
    show(*(thread_page(messages) if messages else (nothing,)))


@app.command(short_help="Show every event of a pathway.", epilog=example("kap journal p-3f9c2a --for th-fern"))
def journal(
    pathway: PathwayId,
    person: Annotated[
        str | None, typer.Option("--for", metavar="ID", help="Only what this person of the care team may see.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Exit with 3 unless the chain of hashes is whole and nothing is missing.")
    ] = False,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Show every event of a pathway, with who, when and why."""
    if verify:
        view, missing = ask(state, lambda client: _counted(client, pathway))
    else:
        view, missing = read(state, lambda model: model.journal(pathway)), 0
    events = view.events
    if person is not None:
        from clients.seeing import seen_by

        events = seen_by(events, person)
    if as_json:
        print_json({"events": events, "broken_at": view.broken_at, "missing_at_end": missing})
    else:
        from clients.cli.tables import journal_table

        show(journal_table(events))
    if not verify:
        return
    problem = None
    if view.broken_at is not None:
        problem = f"Event {view.broken_at} is not what was written."
    elif missing:
        problem = f"{missing} events are missing at the end."
    if problem is not None:
        typer.secho(f"{problem} Keep the database as it is and find out why.", err=True, fg="red")
        raise typer.Exit(Exit.REFUSED)
    typer.secho(f"The chain of {len(view.events)} events is whole.", err=True)


@app.command(
    short_help="Tell the therapeutic story of a pathway.", epilog=example("kap narrative p-3f9c2a --output story.html")
)
def narrative(
    pathway: PathwayId,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there: HTML where it ends in .html, else Markdown.")
    ] = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Tell intentions, insights, debriefs and integration of every cycle as one story, gaps included.

    It is put together from the journal alone, and is as confidential as that.
    """
    from clients.narrative import narrative as told
    from clients.storytelling import as_html, as_markdown

    story = told(read(state, lambda model: model.journal(pathway)).events, pathway)
    if output is not None:
        write_private(output, as_html(story) if output.suffix == ".html" else as_markdown(story))
    if as_json:
        print_json(story)
    elif output is None:
        from rich.markdown import Markdown

        show(Markdown(as_markdown(story)))


async def _counted(client: KapClient, pathway: str) -> tuple[JournalView, int]:
    """The journal, and how many events Temporal says it should have beyond its last one."""
    from clients.errors import Refused

    written = 0
    # Asked first, so that what is written meanwhile does not count as missing.
    with suppress(Refused):  # Temporal forgets closed pathways after a while; the journal does not
        status = await client.status(pathway)
        written = status.version - status.unwritten_events
    view = await client.journal(pathway)
    return view, max(0, written - len(view.events))
