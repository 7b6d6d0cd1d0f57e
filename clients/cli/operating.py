"""Commands for those who install, try and release: preparing the servers, setting a clock, publishing schemas."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from clients.cli.asking import ask, settings_for
from clients.cli.exit import Exit
from clients.cli.options import PathwayId, State, example
from clients.cli.output import print_json, show

app = typer.Typer(help="Operations: prepare servers, publish schemas.", no_args_is_help=True)


@app.command(epilog=example("KAP_DATABASE_URL=postgres://… TEMPORAL_ADDRESS=… kap ops bootstrap"))
def bootstrap(state: State = None) -> None:
    """Create what is missing: Temporal namespace, search attributes, database schema. Run it as often as you like."""
    from activities.keyring import KeyringError
    from clients.errors import KEYRING_UNUSABLE, SERVER_UNREACHABLE, refused
    from workers.bootstrap import BootstrapFailed
    from workers.bootstrap import bootstrap as prepare
    from workers.plugin import ServerUnreachable

    settings = settings_for(state)
    try:
        asyncio.run(prepare(settings, report=show))
    except ServerUnreachable as error:
        raise refused(SERVER_UNREACHABLE, str(error)) from error
    except BootstrapFailed as error:
        raise refused("bootstrap_failed", str(error)) from error
    except KeyringError as error:
        raise refused(KEYRING_UNUSABLE, str(error)) from error


@app.command(epilog=example("kap ops forward p-2n4x 1d2h"))
def forward(
    pathway: PathwayId,
    span: Annotated[str, typer.Argument(metavar="SPAN", help="How far, in days, hours, minutes: 24h, 1d2h, 45m.")],
    state: State = None,
) -> None:
    """Set the simulated clock of a pathway forward; every deadline on the way passes. A real clock cannot be set."""
    from clients.errors import refused
    from schemas.refusals import Unacceptable
    from schemas.scenario.when import parsed

    try:
        when = parsed(f"+{span}")
    except Unacceptable:
        when = None
    if when is None or when.anchor is not None or not when.offset:
        raise refused("span_invalid", f"{span!r} is no span of time; write it as 24h, 1d2h or 45m.", "span")
    offset = when.offset
    now = ask(state, lambda client: client.forward(pathway, offset))
    show(f"The pathway's clock shows {now:%Y-%m-%d %H:%M} UTC.")


@app.command(epilog=example("kap ops schemas --check"))
def schemas(
    write: Annotated[bool, typer.Option("--write", help="Write them to schemas/published.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit with 3 unless the files there are current.")] = False,
) -> None:
    """Print the JSON Schemas of all that goes in and out, as one JSON document; or write or check the files."""
    from clients import publishing

    if write:
        written = publishing.write()
        show(*[f"Written: {path}" for path in written] or ["Every file was current."])
    if check:
        outdated = publishing.outdated()
        for name in outdated:
            typer.secho(f"Not current: {name}", err=True, fg="red")
        if outdated:
            typer.secho("Write them anew with: kap ops schemas --write", err=True)
            raise typer.Exit(Exit.REFUSED)
    if not write and not check:
        print_json(publishing.documents())
