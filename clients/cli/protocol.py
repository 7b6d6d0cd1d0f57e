"""Commands about protocol files: are they whole, where does a number come from, what changed."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clients.cli.asking import ask
from clients.cli.exit import Exit
from clients.cli.options import ActorName, AsJson, CommandId, PathwayId, Reason, State, actor_of, example
from clients.cli.output import print_json, show, show_receipt, told_whole

if TYPE_CHECKING:
    from schemas.protocol import Protocol

app = typer.Typer(
    help="Protocol files: check, explain, compare, draw, and move a pathway to another version.", no_args_is_help=True
)

PACKAGED = "kap-default"

FileOption = Annotated[str, typer.Option("--file", metavar="FILE", help="The protocol; the packaged one unless given.")]


def loaded(name: str) -> Protocol:
    """The protocol of a name or file.

    Raises:
        Refused: It cannot be used.
    """
    from activities.protocols import load_protocol

    with told_whole():
        return load_protocol(name)


@app.command(epilog=example("kap protocol check clinic.yaml"))
def check(
    files: Annotated[list[str] | None, typer.Argument(metavar="FILE…", help="The packaged one unless given.")] = None,
) -> None:
    """Check that protocols are whole and do not contradict themselves; exit with 3 at the first that does.

    Everything that is wrong with it is told, each with its field.
    """
    from schemas.protocol.leaves import numbers

    for name in files or [PACKAGED]:
        protocol = loaded(name)
        signed = (
            f"signed by {protocol.signature.signed_by} on {protocol.signature.signed_on}"
            if protocol.signature
            else "not signed: runs only where the settings allow it"
        )
        show(f"{name}: {protocol.name} is whole, {len(list(numbers(protocol)))} numbers, {signed}.")
        if protocol.business_days is not None:
            show(f"{name}: holidays are listed until {protocol.business_days.holidays_until}.")


@app.command(epilog=example("kap protocol explain integration.window_closes_h"))
def explain(
    path: Annotated[str | None, typer.Argument(metavar="PATH", help="Dotted path, or a part of one.")] = None,
    file: FileOption = PACKAGED,
    as_json: AsJson = False,
) -> None:
    """Say of any number of the protocol what it is, where it comes from, and who says otherwise."""
    from clients.cli.protocol_pages import leaf_page, leaves_table
    from clients.errors import refused
    from clients.explaining import found, suggestions
    from schemas.protocol.leaves import numbers

    protocol = loaded(file)
    chosen = list(numbers(protocol)) if path is None else found(protocol, path)
    if not chosen:
        alike = suggestions(protocol, path or "")
        hint = f" Did you mean: {', '.join(alike)}?" if alike else " List them all with: kap protocol explain"
        raise refused("unknown_number", f"The protocol has no number there.{hint}", "path")
    if as_json:
        print_json([one._asdict() for one in chosen])
    elif len(chosen) == 1:
        show(*leaf_page(chosen[0]))
    else:
        show(leaves_table(chosen))


@app.command(epilog=example("kap protocol diff kap-default clinic.yaml"))
def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE")],
    after: Annotated[str, typer.Argument(metavar="AFTER")],
) -> None:
    """Show what differs between two protocols; exit with 3 if anything does. What only explains is not compared."""
    from clients.cli.tables import table
    from schemas.protocol.leaves import differences

    changed = differences(loaded(before), loaded(after))
    if not changed:
        show("Nothing differs.")
        return
    listed = table("Path", "Before", "After")
    for one in changed:
        listed.add_row(one.path, *(leaf.written if leaf is not None else "—" for leaf in (one.before, one.after)))
    show(listed)
    raise typer.Exit(Exit.REFUSED)


@app.command(epilog=example("kap protocol diagram clinic.yaml --output clinic.svg"))
def diagram(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The packaged one unless given.")] = PACKAGED,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where the SVG goes; standard output if not given."),
    ] = None,
) -> None:
    """Draw the course of treatment as the protocol has it: steps, windows, limits, ladders."""
    from clients.diagram import drawn
    from clients.errors import refused

    picture = drawn(loaded(file))
    if output is None:
        sys.stdout.write(picture)
        return
    try:
        output.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise refused("file_unwritable", f"The file {output} cannot be written: {error.strerror}.", "output") from None
    show(f"Drawn: {output}")


@app.command(epilog=example("kap protocol move p-3f9c2a clinic.yaml --dry-run --as physician:dr-sage"))
def move(
    pathway: PathwayId,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The version to go on under.")],
    actor: ActorName,
    reason: Reason = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would change for this patient; record nothing.")
    ] = False,
    command_id: CommandId = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Move a pathway to another version of the protocol, which a physician decides with a reason."""
    from clients.parsing import validated
    from schemas.commands import MoveProtocol

    said = {"reason": "A dry run." if dry_run and reason is None else reason, "actor": actor_of(actor)}
    content = loaded(file).model_dump(mode="json", exclude_none=True)
    command = validated(MoveProtocol, {**said, "command_id": command_id or str(uuid.uuid4()), "protocol": content})
    if dry_run:
        preview = ask(state, lambda client: client.preview_move(pathway, command))
        if as_json:
            print_json(preview)
        else:
            from clients.cli.protocol_pages import move_page

            show(*move_page(preview))
        return
    receipt = ask(state, lambda client: client.do(pathway, command))
    if as_json:
        print_json(receipt)
    else:
        show_receipt(receipt)
