"""Commands about messages: what was asked for, and what waits in the portal."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from clients.cli.asking import read
from clients.cli.options import AsJson, Limit, State, example
from clients.cli.output import print_json, show

app = typer.Typer()


@app.command(
    short_help="Show what was asked to be said, and where each message stands.",
    epilog=example("kap outbox p-3f9c2a --status undeliverable"),
)
def outbox(
    pathway: Annotated[str | None, typer.Argument(metavar="[PATHWAY]", help="Only messages of this pathway.")] = None,
    status: Annotated[
        Literal["requested", "sending", "sent", "withdrawn", "undeliverable"] | None,
        typer.Option(help="Only messages that stand so."),
    ] = None,
    limit: Limit = 100,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Show what was asked to be said, by which channel it went, how often it was tried, and why not. No addresses."""
    rows = read(state, lambda model: model.outbox(pathway, status, limit=limit))
    if as_json:
        print_json(rows)
        return
    from clients.cli.message_tables import outbox_table

    show(outbox_table(rows) if rows else "Nothing was asked to be said.")


@app.command(short_help="Show what waits for a person behind the portal's login.", epilog=example("kap inbox p-3f9c2a"))
def inbox(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Id in the directory; a patient's is the pathway's.")],
    limit: Limit = 100,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Show what waits for a person behind the portal's login, the newest first."""
    rows = read(state, lambda model: model.inbox(person, limit=limit))
    if as_json:
        print_json(rows)
        return
    from clients.cli.message_tables import inbox_page

    show(*inbox_page(rows) if rows else ("Nothing waits.",))
