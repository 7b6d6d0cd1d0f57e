"""Commands for those who install, try and release: preparing the servers, setting a clock, publishing schemas."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from clients.cli import rounds
from clients.cli.asking import ask, read, settings_for
from clients.cli.exit import Exit
from clients.cli.options import AsJson, PathwayId, State, example
from clients.cli.output import print_json, show, told_whole

app = typer.Typer(help="Operations: prepare servers, publish schemas.", no_args_is_help=True)
app.add_typer(rounds.app)


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


@app.command(
    short_help="Show where each service stands that is told by webhook.",
    epilog=example("kap ops webhooks --resend scheduling"),
)
def webhooks(
    resend: Annotated[
        str | None, typer.Option(metavar="SUBSCRIBER", help="Send again what it did not take; ends its being disabled.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Only check a file of subscribers, secrets included.")
    ] = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Show where each service stands that is told by webhook: what waits, was sent and failed. No secrets."""
    if check is not None:
        _check_subscribers(check)
        return
    if resend is not None:
        count = read(state, lambda model: model.resend_webhooks(resend))
        if as_json:
            print_json({"subscriber": resend, "queued": count})
        else:
            show(f"{count} notices for {resend} are sent again.")
        return
    rows = read(state, lambda model: model.webhooks())
    if as_json:
        print_json(rows)
        return
    from clients.cli.message_tables import webhooks_table

    show(webhooks_table(rows) if rows else "Nobody is told by webhook.")


def _check_subscribers(file: Path) -> None:
    from activities.webhooks.subscribers import load_subscribers

    with told_whole():
        subscribers = load_subscribers(file)
    told = [f"{one.id} of {'everything' if one.types is None else f'{len(one.types)} types'}" for one in subscribers]
    show(f"{file} is whole. Told: {', '.join(told) or 'nobody'}.")
