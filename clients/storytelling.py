"""A narrative as a page to read: Markdown, or HTML. What people wrote is quoted as it is and never interpreted."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from clients.narrative import CycleStory, Integrated, Narrative, PlanWord, Prepared

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!<>|~])")


class Block(NamedTuple):
    """One part of the page: a heading, a paragraph, an item of a list, or somebody's words."""

    kind: str
    text: str


def blocks(story: Narrative) -> Iterator[Block]:
    """The page, top to bottom."""
    zone = ZoneInfo(story.zone)
    yield Block("h1", "A therapeutic narrative")
    yield Block("p", f"Pathway {story.pathway_id}, from its record up to {_when(story.until, zone)}.")
    if not story.cycles:
        yield Block("p", "Nothing therapeutic is recorded yet.")
    for cycle in story.cycles:
        yield from _cycle(cycle, zone)
    if story.plan:
        yield Block("h2", "What goes on")
        for item in story.plan:
            yield Block("li", f"{_words(item.kind)}: {item.text} ({item.id}, since cycle {item.since_cycle})")
    if story.outcome is not None:
        yield Block("h2", f"Outcome, {_when(story.outcome.at, zone)}")
        yield Block("quote", story.outcome.text)


def _cycle(cycle: CycleStory, zone: ZoneInfo) -> Iterator[Block]:
    yield Block("h2", f"Cycle {cycle.number}")
    for visit in cycle.prepared:
        yield from _prepared(visit, zone)
    if cycle.session_at is not None:
        yield Block("h3", f"Session, {_when(cycle.session_at, zone)}")
        for insight in cycle.insights:
            yield Block("p", f"In the patient's words, {_when(insight.at, zone)}:")
            yield Block("quote", insight.text)
        for debrief in cycle.debriefs:
            yield Block("p", f"Debrief, {_when(debrief.at, zone)}:")
            yield Block("quote", debrief.text)
    for held in cycle.integrated:
        yield from _integrated(held, zone)
    if cycle.gaps:
        yield Block("h3", "Not as planned, or not recorded")
        for gap in cycle.gaps:
            yield Block("li", f"{_when(gap.at, zone)}: {gap.text}")


def _prepared(visit: Prepared, zone: ZoneInfo) -> Iterator[Block]:
    minutes = f", {visit.minutes:g} minutes" if visit.minutes is not None else ""
    amended = ". The roadmap was amended" if visit.amended else ""
    yield Block("h3", f"Preparation ({visit.kind.value}), {_when(visit.held_at, zone)}{minutes}{amended}")
    for name, lines in (
        ("Intention", visit.intentions),
        ("Recent stressor", visit.recent_stressors),
        ("Goal", visit.goals),
    ):
        for line in lines:
            yield Block("li", f"{name}: {line}")


def _integrated(held: Integrated, zone: ZoneInfo) -> Iterator[Block]:
    which = "Integration" if held.visit == 1 else f"Integration, visit {held.visit}"
    late = ", late" if held.late else ""
    yield Block("h3", f"{which}, {_when(held.held_at, zone)}{late}")
    yield Block("quote", held.summary)
    for one in held.asked_about:
        said = f": {one.word}" if one.word else ""
        yield Block("li", f"{_item(one)}: {one.result.value if one.result else ''}{said}")
    for one in held.added:
        yield Block("li", f"New: {_item(one)}")


def _item(one: PlanWord) -> str:
    return f"{_words(one.kind)}, {one.text}" + (f" ({one.item_id})" if one.item_id else "")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _when(at: datetime, zone: ZoneInfo) -> str:
    """On the patient's clock."""
    return f"{at.astimezone(zone):%d %B %Y, %H:%M %Z}"


_PREFIX = {"h1": "# ", "h2": "## ", "h3": "### ", "p": "", "li": "- ", "quote": "> "}


def as_markdown(story: Narrative) -> str:
    """The page as Markdown."""
    parts: list[str] = []
    before = ""
    for block in blocks(story):
        if block.kind != "li" or before != "li":
            parts.append("")
        lines = [_MARKUP.sub(r"\\\1", line) for line in block.text.splitlines()] or [""]
        follows = "> " if block.kind == "quote" else "  " if block.kind == "li" else ""
        parts.append(_PREFIX[block.kind] + f"\n{follows}".join(lines))
        before = block.kind
    return "\n".join(parts[1:]) + "\n"


_STYLE = (
    "body{font:17px/1.6 Georgia,serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#222}"
    "h1,h2,h3{font-family:system-ui,sans-serif;line-height:1.25}h2{margin-top:2.5rem;border-bottom:1px solid #ddd}"
    "blockquote{margin:.5rem 0;padding:.2rem 1rem;border-left:3px solid #9ab;white-space:pre-line}"
)


def as_html(story: Narrative) -> str:
    """The page as one HTML file that loads nothing."""
    tags = {"quote": "blockquote"}
    body: list[str] = []
    listing = False
    for block in blocks(story):
        if listing is not (block.kind == "li"):
            listing = not listing
            body.append("<ul>" if listing else "</ul>")
        tag = tags.get(block.kind, block.kind)
        body.append(f"<{tag}>{html.escape(block.text)}</{tag}>")
    if listing:
        body.append("</ul>")
    head = f'<meta charset="utf-8"><title>A therapeutic narrative</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(body) + "\n</body></html>\n"
