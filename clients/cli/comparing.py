"""How ``kap scenario what-if`` reads recorded pathways and tells what would have differed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.progress import track

from clients.cli.output import local, show, words
from clients.cli.tables import table
from clients.errors import Refused
from clients.read_model import ReadModel
from clients.scenarios.comparing import Comparison, compare
from schemas.protocol import Protocol

LISTED = 20
"""Differences that are told unless all of them are asked for."""

PAGE = 1_000
"""Pathways that are asked for at a time."""


async def comparisons(model: ReadModel, pathways: Sequence[str], other: Protocol, *, every: bool) -> list[Comparison]:
    """Each pathway under the other protocol; of ``every`` one that cannot be played again says why, and others go on.

    Raises:
        Refused: PostgreSQL does not answer; or one of those that were named cannot be played again.
    """
    pathways = await _every(model) if every else pathways
    found = []
    for pathway in track(pathways, "Playing again", disable=len(pathways) == 1, transient=True):
        try:
            view = await model.journal(pathway)
            found.append(compare(view.events, pathway, other))
        except Refused as problem:
            if not every:
                raise
            found.append(Comparison(pathway, (), stopped=f"{problem.refusal.sentence} ({problem.code})"))
    return found


async def _every(model: ReadModel) -> list[str]:
    """Every pathway that the journal knows, once, however many episodes it has."""
    known: dict[str, None] = {}
    after: tuple[str, str] | None = None
    while page := await model.list_pathways(limit=PAGE, after=after):
        known |= dict.fromkeys(row.pathway_id for row in page)
        after = page[-1].pathway_id, page[-1].episode
    return list(known)


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
