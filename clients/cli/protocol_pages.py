"""Pages about protocols: one value explained, and what a move to another version would change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from clients.cli.output import local, words
from clients.cli.tables import table
from schemas.answers import Check
from schemas.moving import MovePreview, Shift
from schemas.protocol import Provenance
from schemas.protocol.leaves import Leaf
from schemas.work import WorkItem

_FOUNDED = {
    Provenance.SOURCED: "a published source",
    Provenance.GENERAL_KNOWLEDGE: "general professional knowledge, not looked up",
    Provenance.DESIGN_DEFAULT: "a design default without clinical authority; the clinic confirms it",
}


def leaf_page(one: Leaf) -> Iterable[RenderableType]:
    """One value of the protocol, in words."""
    yield f"[bold]{one.path}[/]: [bold cyan]{escape(one.written)}[/]"
    if one.meaning:
        yield escape(one.meaning)
    if one.provenance is not None:
        yield f"Founded on {_FOUNDED[one.provenance]}."
    if one.source:
        yield f"Source: {escape(one.source)}"
    if one.conflict:
        yield f"[yellow]Otherwise: {escape(one.conflict)}[/]"
    if one.provenance is None and not one.source:
        yield "No source is given."


def leaves_table(chosen: Iterable[Leaf]) -> Table:
    """Values with what they are founded on."""
    listed = table("Path", "Value", "Founded on")
    for one in chosen:
        listed.add_row(one.path, escape(one.written), one.provenance.value if one.provenance else escape(one.source))
    return listed


def move_page(preview: MovePreview) -> Iterator[RenderableType]:
    """What a move would change for the patient, the gravest first."""
    yield f"[bold]{preview.before}[/] → [bold]{preview.after}[/], as of {local(preview.at)}. Nothing was recorded."
    if preview.unsigned:
        yield "[yellow]No medical director has signed it: the workers take it only where their settings allow it.[/]"
    if preview.phase_before is not None and preview.phase_after is not None:
        stays = preview.phase_before is preview.phase_after
        yield f"Phase: {words(preview.phase_before)}" + ("" if stays else f" → [bold]{words(preview.phase_after)}[/]")
    if preview.approval_suspended:
        reasons = ", ".join(words(reason) for reason in preview.approval_suspended)
        yield f"[red]The dosing approval would be suspended[/]: {reasons}. A physician approves anew, or does not."
    for needed, kinds in (
        ("have to be recorded", preview.consents_needed),
        ("not be asked for", preview.consents_spared),
    ):
        if kinds:
            yield f"Consents that would {needed}: {', '.join(words(kind) for kind in kinds)}"
    if preview.checks:
        yield _checks(preview)
    if preview.work_opened or preview.work_closed:
        yield _work(preview)
    if preview.labs:
        yield _shifts("Good until", preview.labs)
    if preview.deadlines:
        yield _shifts("Deadline", preview.deadlines)
    if preview.messages:
        told = ", ".join(f"{words(one.template)} to the {words(one.to_role)}" for one in preview.messages)
        yield f"Messages at once: {told}"
    if preview.values:
        yield _values(preview)
    else:
        yield "No value that concerns this patient differs."
    if preview.other_values:
        yield f"{preview.other_values} other values differ: kap protocol diff shows them all."


def _checks(preview: MovePreview) -> Table:
    made = table("Check of the next dose", "Before", "After", "Who can lift it")
    for change in preview.checks:
        lifted = change.after.lifted_by if change.after is not None else ()
        made.add_row(words(change.name), _met(change.before), _met(change.after), ", ".join(lifted))
    return made


def _met(check: Check | None) -> str:
    if check is None:
        return "[dim]not asked[/]"
    return "[green]met[/]" if check.passed else f"[red]not met[/]: {escape(check.sentence or '')}"


def _work(preview: MovePreview) -> Table:
    made = table("Work", "", "By", "Due")
    changes: tuple[tuple[str, Iterable[WorkItem]], ...] = (
        ("opened", preview.work_opened),
        ("closed", preview.work_closed),
    )
    for what, items in changes:
        for item in items:
            made.add_row(what, f"{words(item.kind)} [dim]({item.subject})[/]", item.owner_role, local(item.due_at))
    return made


def _shifts(title: str, shifts: Iterable[Shift]) -> Table:
    made = table(title, "Before", "After")
    for one in shifts:
        made.add_row(f"{words(one.what)} [dim]({one.subject})[/]", local(one.before) or "—", local(one.after) or "—")
    return made


def _values(preview: MovePreview) -> Table:
    made = table("Value that concerns this patient", "Before", "After")
    for one in preview.values:
        made.add_row(one.path, escape(one.before or "—"), escape(one.after or "—"))
    return made
