"""Where answers go: tables and messages for people, or one JSON document for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from schemas.answers import Receipt

_WIDE = 240
"""Columns where the output is no terminal: nothing may be cut off that a program or a file is to keep."""


def print_json(answer: Any) -> None:
    """Print models, named tuples, lists and mappings of them as the one document on standard output."""
    from pydantic_core import to_json

    sys.stdout.write(to_json(answer, indent=2).decode() + "\n")


def console() -> Console:
    """The console on standard output."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)


def show(*parts: RenderableType) -> None:
    """Print for people, on standard output."""
    console().print(*parts, sep="\n")
    sys.stdout.flush()  # somebody may follow a file to which a long-running command writes


def show_receipt(receipt: Receipt) -> None:
    """Print what was recorded."""
    show(
        f"[bold]{words(receipt.verb).capitalize()}[/] was recorded at {local(receipt.recorded_at)}, "
        f"version {receipt.version}. Phase: [bold]{words(receipt.phase)}[/]",
        *(f"  {words(fact)}" for fact in receipt.facts),
        *(f"  [yellow]Warning: {words(warning)}[/]" for warning in receipt.warnings),
    )


@contextmanager
def told_whole() -> Iterator[None]:
    """Tell everything that is wrong with a file that the block reads, each with its field.

    Raises:
        Refused: The file cannot be used; for the first thing that is wrong. The others are printed before.
    """
    import typer

    from activities.strict_yaml import FileInvalid
    from clients.errors import refused

    try:
        yield
    except FileInvalid as invalid:
        first, *more = invalid.refusals
        for one in more:
            typer.secho(f"{one.field or invalid.file}: {one.sentence}", err=True, fg="red")
        raise refused(first.code, f"{invalid.file}: {first.sentence}", first.field) from None


def write_private(file: Path, text: str) -> None:
    """Write what is about a patient: readable by whoever asked for it alone.

    Raises:
        BadParameter: The file cannot be written.
    """
    import typer

    try:
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise typer.BadParameter(f"It cannot be written: {problem.strerror}.", param_hint="--output") from None


def local(instant: datetime | None) -> str:
    """An instant on the clock of whoever reads it."""
    return "" if instant is None else f"{instant.astimezone():%Y-%m-%d %H:%M %Z}"


def words(name: str) -> str:
    """A code as words: ``approve_dosing`` as "approve dosing"."""
    return name.replace("_", " ")
