"""Rounds as tables. Imported only by commands that print one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rich.table import Table

from clients.cli.output import local, words
from clients.cli.tables import table
from schemas.rounds import RoundReport
from schemas.views import EndingRow, FindingRow, RoundRow


def rounds_table(rows: Sequence[RoundRow]) -> Table:
    """Each round with what it did last."""
    made = table("Round", "Every", "Last due", "Begun", "It did", "Missed", "Next")
    for row in rows:
        made.add_row(
            words(row.kind),
            str(timedelta(seconds=row.every_s)),
            local(row.last_due_at),
            local(row.last_begun_at),
            _did(row.last),
            f"[red]{row.missed}[/]" if row.missed else "0",
            "[yellow]paused[/]" if row.paused else local(row.next_at),
        )
    return made


def findings_table(rows: Sequence[FindingRow]) -> Table:
    """Where records and pathways differed."""
    made = table("Pathway", "Found", "At", "Now")
    for row in rows:
        now = "[green]repaired[/]" if row.repaired else "[red]needs a look[/]"
        made.add_row(row.pathway_id, words(row.code), local(row.found_at), now)
    return made


def endings_table(rows: Sequence[EndingRow]) -> Table:
    """What ends by itself."""
    made = table("Ends", "What", "Of", "Pathway", "Seen")
    for row in rows:
        made.add_row(local(row.ends_at), words(row.kind), words(row.subject), row.pathway_id, local(row.seen_at))
    return made


def _did(report: RoundReport | None) -> str:
    if report is None:
        return ""
    if report.inventory is None:
        return f"{report.digests or 0} digests sent"
    seen = report.inventory
    return f"{seen.pathways} pathways, {seen.repaired} repaired, {seen.open} to see to, {seen.ending} end soon"
