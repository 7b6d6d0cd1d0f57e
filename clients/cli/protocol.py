"""Commands about protocol files: are they whole, where does a number come from, what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clients.cli.exit import Exit
from clients.cli.options import AsJson, example
from clients.cli.output import print_json, show

if TYPE_CHECKING:
    from schemas.protocol import Protocol

app = typer.Typer(help="Protocol files: check, explain, compare.", no_args_is_help=True)

PACKAGED = "kap-default"

FileOption = Annotated[str, typer.Option("--file", metavar="FILE", help="The protocol; the packaged one unless given.")]


def loaded(name: str) -> Protocol:
    """The protocol of a name or file.

    Raises:
        Refused: It cannot be used.
    """
    from activities.protocols import ProtocolInvalid, load_protocol
    from clients.errors import refused

    try:
        return load_protocol(name)
    except ProtocolInvalid as invalid:
        refusal = invalid.refusal
        raise refused(refusal.code, f"{invalid.file}: {refusal.sentence}", refusal.field) from None


@app.command(epilog=example("kap protocol check clinic.yaml"))
def check(
    files: Annotated[list[str] | None, typer.Argument(metavar="FILE…", help="The packaged one unless given.")] = None,
) -> None:
    """Check that protocols are whole; exit with 3 at the first that is not, and say which field is wrong."""
    from clients.quantities import quantities

    for name in files or [PACKAGED]:
        protocol = loaded(name)
        signed = (
            f"signed by {protocol.signature.signed_by} on {protocol.signature.signed_on}"
            if protocol.signature
            else "not signed: runs only where the settings allow it"
        )
        show(f"{name}: {protocol.name} is whole, {len(quantities(protocol))} numbers, {signed}.")


@app.command(epilog=example("kap protocol explain integration.window_closes_h"))
def explain(
    path: Annotated[str | None, typer.Argument(metavar="PATH", help="Dotted path, or a part of one.")] = None,
    file: FileOption = PACKAGED,
    as_json: AsJson = False,
) -> None:
    """Say of any number of the protocol what it is, where it comes from, and who says otherwise."""
    from clients.cli.tables import quantity_page, table
    from clients.errors import refused
    from clients.quantities import found, quantities, suggestions

    protocol = loaded(file)
    chosen = quantities(protocol) if path is None else found(protocol, path)
    if not chosen:
        alike = suggestions(protocol, path or "")
        hint = f" Did you mean: {', '.join(alike)}?" if alike else " List them all with: kap protocol explain"
        raise refused("unknown_number", f"The protocol has no number there.{hint}", "path")
    if as_json:
        print_json([{"path": one.path, "meaning": one.meaning, **one.quantity.model_dump()} for one in chosen])
    elif len(chosen) == 1:
        show(*quantity_page(chosen[0]))
    else:
        listed = table("Path", "Value", "Unit", "Founded on")
        for one in chosen:
            listed.add_row(one.path, f"{one.quantity.value:g}", one.quantity.unit, one.quantity.provenance.value)
        show(listed)


@app.command(epilog=example("kap protocol diff kap-default clinic.yaml"))
def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE")],
    after: Annotated[str, typer.Argument(metavar="AFTER")],
) -> None:
    """Show which numbers differ between two protocols; exit with 3 if any does."""
    from clients.cli.tables import table
    from clients.quantities import differences

    changed = differences(loaded(before), loaded(after))
    if not changed:
        show("No number differs.")
        return
    listed = table("Path", "Before", "After")
    for one in changed:
        was, now = (f"{q.value:g} {q.unit}" if q is not None else "—" for q in (one.before, one.after))
        listed.add_row(one.path, was, now)
    show(listed)
    raise typer.Exit(Exit.REFUSED)
