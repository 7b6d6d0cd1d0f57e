"""Commands for those who install and release: preparing the servers, publishing schemas."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from clients.cli.asking import settings_for
from clients.cli.exit import Exit
from clients.cli.options import State, example
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
