"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

PhaseName: TypeAlias = Literal[
    "referral",
    "screening",
    "consent",
    "preparation",
    "approval",
    "session",
    "integration",
    "follow_up",
    "safety_contact",
    "closed",
]
RoleName: TypeAlias = Literal["patient", "physician", "therapist", "nurse", "coordinator"]
"""As in the schemas, whose import would take longer than all of the help; a test compares them."""


def _of_command_or_root(context: typer.Context, given: Path | None) -> Path | None:
    return given if given is not None else context.find_root().params.get("state")


State: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="DIR",
        help="Folder of the local stack; .kap, or what KAP_STATE_DIR says, unless given.",
        callback=_of_command_or_root,
        show_default=False,
    ),
]
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON document instead of a table, also where it is refused.")
]
PathwayId: TypeAlias = Annotated[
    str, typer.Argument(metavar="PATHWAY", help="Id of the pathway, as kap list shows it.")
]
Data: TypeAlias = Annotated[
    str, typer.Option("--data", metavar="FILE|-", help="File with JSON or YAML, or - for standard input.")
]
Limit: TypeAlias = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many rows.")]
Port: TypeAlias = Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 takes a free one and keeps it.")]
KeyFile: TypeAlias = Annotated[Path, typer.Argument(metavar="FILE", help="The key file.")]

ACTOR = typer.Option("--as", metavar="ROLE:ID", help="Who acts, such as physician:dr-sage.")
ActorName: TypeAlias = Annotated[str, ACTOR]
Reason: TypeAlias = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; some decisions need it.")]
CommandId: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--command-id", metavar="ID", help="Id of this command; sent twice, it counts once. A new one unless given."
    ),
]


def actor_of(text: str) -> dict[str, str]:
    """Role and id of who acts.

    Raises:
        BadParameter: It is not written so.
    """
    role, colon, person = text.partition(":")
    if not colon or not role or not person:
        raise typer.BadParameter("Give a role and an id, such as physician:dr-sage.", param_hint="--as")
    return {"role": role, "id": person}


def example(line: str) -> str:
    """The end of a command's help: one line to copy."""
    return f"\b\nExample:\n  {line}"
