"""Commands that run something: the local stack, the demo, workers, the codec server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clients.cli.asking import settings_for
from clients.cli.exit import Exit
from clients.cli.options import Port, State, example

app = typer.Typer()


@app.command(
    short_help="Run everything on this machine until Ctrl-C.", epilog=example("kap up --state .kap --ui-port 8233")
)
def up(
    state: State = None,
    temporal_port: Port = 0,
    ui_port: Port = 0,
    smtp_port: Port = 0,
    codec_port: Port = 0,
    metrics_port: Port = 0,
    callbacks_port: Port = 0,
    portal_port: Port = 0,
    protocol: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="A packaged protocol or a YAML file; else the default one.")
    ] = None,
    allow_simulation: Annotated[
        bool, typer.Option("--allow-simulation", help="Admit pathways whose clock is not the real one.")
    ] = False,
) -> None:
    """Run everything on this machine until Ctrl-C: Temporal with its UI, PostgreSQL, catchers, codec, workers, doors.

    The doors are what others come in by: reports and replies of the provider of texts, which the catcher plays, and
    links without an account. All state is in one folder, and the next start goes on from there.
    """
    from clients.cli.stack import run_stack
    from workers.settings import DEFAULT_STATE_DIR
    from workers.stack import StackOptions

    options = StackOptions(
        state or _folder_of_environment() or DEFAULT_STATE_DIR,
        temporal_port=temporal_port,
        ui_port=ui_port,
        smtp_port=smtp_port,
        codec_port=codec_port,
        metrics_port=metrics_port,
        callbacks_port=callbacks_port,
        portal_port=portal_port,
        doors=True,
        protocol=protocol,
        allow_simulation=allow_simulation,
    )
    run_stack(options)


@app.command(short_help="Watch three invented patients go through a course.", epilog=example("kap demo --keep"))
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running afterwards, until Ctrl-C.")] = False,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="DIR", help="Folder for the stack; a temporary one unless given."),
    ] = None,
) -> None:
    """Take three invented patients through a whole course in under two minutes, on a real stack that is thrown away."""
    from clients.demo import run_demo

    raise typer.Exit(run_demo(keep=keep, folder=state))


@app.command(short_help="Run workers until stopped.", epilog=example("kap worker --queues pathways,records"))
def worker(
    queues: Annotated[
        str | None, typer.Option(metavar="NAME,NAME", help="Task queues to work on; all unless given.")
    ] = None,
    state: State = None,
) -> None:
    """Run workers against the Temporal server that the settings name, until stopped."""
    from clients.cli.stack import run_worker

    run_worker(settings_for(state), None if queues is None else [name.strip() for name in queues.split(",")])


@app.command(
    "codec-server",
    short_help="Decrypt payloads for the Temporal UI.",
    epilog=example("kap codec-server --port 8081 --origin http://localhost:8233"),
)
def codec_server(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="TCP port to listen on.")],
    host: Annotated[str, typer.Option(help="Address to listen on; others than loopback need a token.")] = "127.0.0.1",
    origin: Annotated[
        list[str] | None, typer.Option(help="Web origin whose pages are answered, as browsers send it; repeat.")
    ] = None,
    keyring: Annotated[Path | None, typer.Option(help="Key file; that of the settings unless given.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="File with the token that every request must carry.")] = None,
    namespace: Annotated[list[str] | None, typer.Option(help="Namespace to serve; all unless given; repeat.")] = None,
) -> None:
    """Decrypt payloads for Temporal's UI and command line, for those who may read them."""
    from workers.codec_server import main

    arguments = ["--port", str(port), "--host", host]
    for flag, values in (("--origin", origin), ("--namespace", namespace)):
        for value in values or ():
            arguments += [flag, value]
    if keyring is not None:
        arguments += ["--keyring", str(keyring)]
    if token_file is not None:
        arguments += ["--token-file", str(token_file)]
    main(arguments)


@app.command(
    short_help="Take providers' reports on messages, and replies.",
    epilog=example("kap callbacks --port 8090"),
)
def callbacks(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="TCP port to listen on.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    state: State = None,
) -> None:
    """Take signed reports of what became of messages, and replies (STOP, START, CONFIRM), until stopped."""
    from clients.callbacks import NotConfigured, run_callbacks

    try:
        run_callbacks(settings_for(state), port=port, host=host)
    except NotConfigured as unusable:
        typer.secho(str(unusable), err=True, fg="red")
        raise typer.Exit(Exit.USAGE) from unusable


@app.command(
    short_help="Serve the page behind links without an account.",
    epilog=example("kap portal --port 8095"),
)
def portal(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="TCP port to listen on.")],
    host: Annotated[str, typer.Option(help="Address to listen on; put https before it.")] = "127.0.0.1",
    state: State = None,
) -> None:
    """Serve the page behind links without an account (kap link create), until stopped."""
    from clients.portal.serving import run_portal

    run_portal(settings_for(state), port=port, host=host)


def _folder_of_environment() -> Path | None:
    import os

    named = os.environ.get("KAP_STATE_DIR")
    return Path(named) if named else None
