"""Running the demo: the stack, the patients side by side, and the end."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer
import yaml
from temporalio.client import Client
from temporalio.runtime import Runtime, TelemetryConfig

from activities.keyring import load_keyring
from activities.protocols import load_protocol
from clients.cli.exit import Exit
from clients.cli.stack import tell_event
from clients.client import KapClient
from clients.demo.cast import AT_HOME, HELD, IN_CLINIC, TEAM, UNANSWERED
from clients.demo.course import Course
from clients.demo.screen import Screen, closing_lines, ladder_table, outcome_table
from clients.demo.script import play
from clients.errors import Refused, refused
from schemas.protocol import Protocol, Provenance, Quantity
from workers.plugin import plumbing
from workers.stack import Addresses, Stack, StackFailed, StackInUse, StackOptions, StackStopped

SESSIONS: Final = 2
"""Of the demo's series; the default protocol has more, but they would only repeat."""

LIMIT: Final = 240.0
"""Seconds after which a course that has not ended is given up."""


def run_demo(*, keep: bool = False, folder: Path | None = None) -> int:
    """Show a whole course on a stack of its own, and say what happened.

    Args:
        keep: Leave the stack running until it is stopped.
        folder: Where the stack keeps its state; a temporary folder that is removed afterwards, unless given.

    Returns:
        The exit code: 0 if every patient completed the pathway.

    Raises:
        Refused: The stack cannot run.
    """
    chosen = folder or Path(tempfile.mkdtemp(prefix="kap-demo-"))
    try:
        return asyncio.run(_demo(chosen, keep))
    except StackInUse as error:
        raise refused("stack_in_use", str(error)) from error
    except StackFailed as error:
        raise refused("stack_failed", str(error)) from error
    except StackStopped as error:
        typer.secho(str(error), err=True)
        return Exit.INTERRUPTED
    finally:
        if folder is None:
            shutil.rmtree(chosen, ignore_errors=True)


async def _demo(folder: Path, keep: bool) -> int:
    protocol = _short_protocol()
    with tempfile.NamedTemporaryFile("w", prefix="kap-demo-", suffix=".yaml") as file:
        yaml.safe_dump(json.loads(protocol.model_dump_json()), file, sort_keys=False)
        file.flush()
        options = StackOptions(folder, ephemeral_speed=True, allow_simulation=True, protocol=file.name)
        async with Stack(options, tell_event) as stack:
            completed = await _show(stack.addresses, protocol)
            if keep:
                for line in closing_lines(stack.addresses):
                    typer.echo(line)
                await stack.wait()
    return Exit.DONE if completed else Exit.INTERNAL_ERROR


async def _show(addresses: Addresses, protocol: Protocol) -> bool:
    """Play every course, show it, and tell whether all of them were completed."""
    async with await _connected(addresses) as client:
        await client.put_people(TEAM)
        with Screen(addresses) as screen:
            courses = [Course(client, referral, screen.changed) for referral in (IN_CLINIC, AT_HOME, HELD)]
            screen.cast(courses)
            await asyncio.gather(*(_play(course, protocol) for course in courses))
        await _print_outcomes(client, courses, addresses)
    return all(course.closure is not None for course in courses)


async def _play(course: Course, protocol: Protocol) -> None:
    try:
        await asyncio.wait_for(play(course, protocol), LIMIT)
    except TimeoutError:
        course.problem = f"It took longer than {LIMIT:.0f} s. Is this machine very busy?"
        course.tell("is given up")


async def _print_outcomes(client: KapClient, courses: Sequence[Course], addresses: Addresses) -> None:
    from clients.cli.output import show

    journals = []
    for course in courses:
        try:
            journals.append((await client.journal(course.pathway_id)).events)
        except Refused:  # it never came so far
            journals.append(())
    show("", outcome_table(courses, journals, addresses))
    for course, events in zip(courses, journals, strict=True):
        if course.referral is UNANSWERED and events:
            show("", ladder_table(course, events))
    for course in courses:
        if course.problem is not None:
            typer.secho(f"{course.patient} did not complete the pathway: {course.problem}", err=True, fg="red")


async def _connected(addresses: Addresses) -> KapClient:
    """A client of exactly this stack: the environment may lead to somebody's production, where nobody is invented."""
    keyring = load_keyring(addresses.keyring)
    client = await Client.connect(
        addresses.temporal_address,
        namespace=addresses.namespace,
        plugins=[plumbing(keyring)],
        runtime=Runtime(telemetry=TelemetryConfig(logging=None)),  # nothing of the SDK's across the screen
    )
    return KapClient(client, keyring, database_url=addresses.database_url, timeout=30.0)


def _short_protocol() -> Protocol:
    """The default protocol with a shorter series."""
    default = load_protocol("kap-default")
    sessions = Quantity(
        value=SESSIONS, unit="sessions", provenance=Provenance.DESIGN_DEFAULT, source="shortened for the demo"
    )
    series = default.series.model_copy(update={"sessions": sessions})
    return default.model_copy(update={"id": "kap-demo", "title": "Shortened for the demo", "series": series})
