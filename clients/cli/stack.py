"""The local stack and the workers, as seen from a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from clients.cli.output import show
from clients.errors import KEYRING_UNUSABLE, SERVER_UNREACHABLE, refused
from workers.stack import Addresses, EventKind, Stack, StackEvent, StackFailed, StackInUse, StackOptions, StackStopped

if TYPE_CHECKING:
    from rich.table import Table

    from workers.settings import Settings


def run_stack(options: StackOptions) -> None:
    """Run a stack until it is told to stop.

    Raises:
        Refused: It is in use, or cannot run.
        Exit: It was stopped before everything was up.
    """
    try:
        asyncio.run(_stack(options))
    except StackInUse as error:
        raise refused("stack_in_use", str(error)) from error
    except StackFailed as error:
        raise refused("stack_failed", str(error)) from error
    except StackStopped as error:
        typer.secho(str(error), err=True)
        raise typer.Exit(130) from error


async def _stack(options: StackOptions) -> None:
    async with Stack(options, tell_event) as stack:
        addresses = stack.addresses
        show("", where(addresses), "", *_next_steps(addresses), "")
        await stack.wait()


def tell_event(event: StackEvent) -> None:
    """Say on standard error what happens to the stack."""
    colour = {EventKind.CRASHED: "red", EventKind.TAKEN_OVER: "yellow", EventKind.READY: "green"}.get(event.kind)
    typer.secho(event.sentence, err=True, fg=colour)


def where(addresses: Addresses) -> Table:
    """What runs where, and where its files are."""
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE, show_header=False, pad_edge=False)
    for name, place in (
        ("Temporal UI", addresses.ui_url),
        ("Temporal", f"{addresses.temporal_address}, namespace {addresses.namespace}"),
        ("Codec server", addresses.codec_url),
        ("Mail", f"{addresses.smtp_host}:{addresses.smtp_port}, kept in {addresses.mail_dir}"),
        ("Texts", f"{addresses.provider_url}, kept in {addresses.text_dir}"),
        *((("Callbacks", f"{addresses.callbacks_url}/reports"),) if addresses.callbacks_url else ()),
        *((("Links", f"{addresses.link_url}, see kap link create"),) if addresses.link_url else ()),
        ("PostgreSQL", addresses.database_url),
        ("Metrics", f"http://{addresses.metrics_address}/metrics"),
        ("Logs", str(addresses.log_dir)),
        ("Keys", f"{addresses.keyring} (keep a copy: nothing else opens what is stored)"),
    ):
        table.add_row(f"[bold]{name}[/]", place)
    return table


def state_flag(addresses: Addresses) -> str:
    """The flag by which other commands find this stack; empty where they find it without."""
    from workers.settings import DEFAULT_STATE_DIR

    return "" if addresses.state_dir == DEFAULT_STATE_DIR.resolve() else f" --state {addresses.state_dir}"


def _next_steps(addresses: Addresses) -> list[str]:
    flag = state_flag(addresses)
    return [
        "From another terminal:",
        f"  kap{flag} refer --data FILE   open a pathway",
        f"  kap{flag} list                see all of them",
        f"  kap{flag} catcher list        see the texts, and answer them: kap{flag} catcher reply NUMBER TEXT",
        "Stop with Ctrl-C; the next start goes on from here.",
    ]


def run_worker(settings: Settings, queues: Sequence[str] | None) -> None:
    """Run workers until they are told to stop.

    Args:
        settings: Where the server is.
        queues: Task queues to work on; None for all.

    Raises:
        Refused: A queue is unknown, the server does not answer, or a file of the settings cannot be used.
    """
    from activities.keyring import KeyringError
    from activities.strict_yaml import FileInvalid
    from schemas.records import TaskQueue
    from workers.main import NotConfigured, run_workers
    from workers.observability import configure_logging
    from workers.plugin import ServerUnreachable

    known = [queue.value for queue in TaskQueue]
    chosen = [TaskQueue(name) for name in queues or known if name in known]
    if len(chosen) != len(queues or known):
        raise refused("usage", f"There are the queues {', '.join(known)} and no others.", "queues")
    configure_logging(settings)
    try:
        asyncio.run(run_workers(settings, chosen))
    except (NotConfigured, FileInvalid) as error:
        raise refused("settings_invalid", str(error)) from error
    except ServerUnreachable as error:
        raise refused(SERVER_UNREACHABLE, str(error)) from error
    except KeyringError as error:
        raise refused(KEYRING_UNUSABLE, str(error)) from error
