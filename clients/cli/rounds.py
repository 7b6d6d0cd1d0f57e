"""Commands about the clinic's rounds: what they did, what they found, and what ends soon."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from clients.cli.asking import ask, read
from clients.cli.options import AsJson, Limit, State, example
from clients.cli.output import print_json, show

app = typer.Typer()


@app.command(
    short_help="Show the clinic's rounds, and what the last inventory found.", epilog=example("kap ops rounds --json")
)
def rounds(state: State = None, as_json: AsJson = False) -> None:
    """Show the clinic's rounds: when each was made last, what it did, and where records and pathways differed."""
    from clients.rounds import rounds as rounds_of

    rows = ask(state, rounds_of)
    found = read(state, lambda model: model.findings())
    if as_json:
        print_json({"rounds": rows, "findings": found})
        return
    from clients.cli.round_tables import findings_table, rounds_table

    show(rounds_table(rows), findings_table(found) if found else "Records and pathways agreed at the last inventory.")


@app.command(short_help="Compare every open pathway with its records now.", epilog=example("kap ops inventory --json"))
def inventory(state: State = None, as_json: AsJson = False) -> None:
    """Compare every open pathway with its records now, and make anew from the journal what differs in the read model.

    Nothing about anybody's care is changed. What cannot be repaired is listed by: kap ops rounds
    """
    from rich.console import Console

    from clients.rounds import take_inventory

    with Console(stderr=True).status("Asking every open pathway"):
        report = ask(state, take_inventory)
    if as_json:
        print_json(report)
        return
    left = f"[red]{report.open} need a look: kap ops rounds[/]" if report.open else "nothing is left to see to"
    show(f"{report.pathways} pathways answered, {report.repaired} were repaired, {left}. {report.ending} end soon.")


@app.command(
    short_help="Show consents, approvals, credentials and dated rules that end by themselves.",
    epilog=example("kap ops endings --within 30"),
)
def endings(
    within: Annotated[
        int | None, typer.Option(metavar="DAYS", min=1, max=3650, help="Only what ends in so many days.")
    ] = None,
    limit: Limit = 100,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Show what ends by itself in the open pathways, the soonest first, as the last inventory saw it."""
    span = timedelta(days=within) if within is not None else None
    rows = read(state, lambda model: model.endings(span, limit=limit))
    if as_json:
        print_json(rows)
        return
    from clients.cli.round_tables import endings_table

    show(endings_table(rows) if rows else "Nothing ends by itself, as far as the last inventory saw.")
