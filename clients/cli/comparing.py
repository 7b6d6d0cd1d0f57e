"""How ``kap scenario what-if`` reads recorded pathways and tells what would have differed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.progress import track

from clients.cli.asking import read
from clients.cli.output import local, show, words
from clients.cli.tables import table
from clients.errors import Refused
from clients.scenarios.comparing import Comparison, compare
from schemas.protocol import Protocol

LISTED = 20
"""Differences that are told unless all of them are asked for."""

MANY = 10_000


def comparisons(
    state: Path | None, pathways: Sequence[str], recorded_under: Protocol, other: Protocol, *, every: bool
) -> list[Comparison]:
    """Each pathway under the other protocol. One that cannot be played again says why, and the others go on."""
    if every:
        rows = read(state, lambda model: model.list_pathways(limit=MANY))
        pathways = list(dict.fromkeys(row.pathway_id for row in rows))
    return list(_compared(state, pathways, recorded_under, other, quiet=len(pathways) == 1, raises=not every))


def _compared(
    state: Path | None,
    pathways: Sequence[str],
    recorded_under: Protocol,
    other: Protocol,
    *,
    quiet: bool,
    raises: bool,
) -> Iterator[Comparison]:
    for pathway in track(pathways, "Playing again", disable=quiet, transient=True):
        try:
            view = read(state, lambda model, one=pathway: model.journal(one))  # type: ignore[misc]
            yield compare(view.events, pathway, recorded_under, other)
        except Refused as problem:
            if raises:
                raise
            yield Comparison(pathway, (), stopped=f"{problem.refusal.sentence} ({problem.code})")


def tell_comparison(one: Comparison, *, whole: bool) -> None:
    """Print one for people."""
    if one.stopped is not None:
        show(f"{one.pathway_id}: [red]cannot be played to its end:[/] {one.stopped}")
    elif not one.differences:
        show(f"{one.pathway_id}: nothing would have differed.")
    if not one.differences:
        return
    counts = Counter(difference.kind for difference in one.differences)
    told = ", ".join(f"{number} {kind}" for kind, number in counts.items())
    listed = one.differences if whole else one.differences[:LISTED]
    made = table("When", "How", "What", "", title=f"{one.pathway_id}: {told}")
    for difference in listed:
        made.add_row(local(difference.at), difference.kind, words(difference.what), difference.detail)
    show(made)
    if len(listed) < len(one.differences):
        show(f"{len(one.differences) - len(listed)} more: --verbose lists them all.")
