"""The report: one page that needs nothing else, with a drawing of each timeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from clients.scenarios.drawing import drawn, words
from clients.scenarios.running import Result
from clients.scenarios.telling import answered, local, what
from workflows.rules.standing import phase_of

TITLE = "Scenarios"


def write_report(results: Sequence[Result], folder: Path) -> Path:
    """Write the page into a folder, which is made; returns where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(report(results), encoding="utf-8")
    return page


def report(results: Sequence[Result]) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("clients.scenarios"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    pages = [_page(number, result) for number, result in enumerate(results, start=1)]
    passed = sum(result.passed for result in results)
    return environment.get_template("report.html").render(title=TITLE, pages=pages, passed=passed)


def _page(number: int, result: Result) -> dict[str, Any]:
    play, record = result.play, result.record
    scenario = play.script.scenario
    return {
        "anchor": f"s{number}",
        "name": scenario.scenario,
        "about": scenario.about or "",
        "file": play.script.file,
        "engine": "on a whole installation" if record.engine == "server" else "on the rules alone",
        "counts": f"{len(record.events)} events, {len(record.sent)} messages, {result.seconds:.1f} s",
        "failures": [
            {
                "line": one.line,
                "at": local(play, one.at) if one.at else "",
                "expected": one.expected,
                "found": one.found,
            }
            for one in result.failures
        ],
        "findings": result.findings,
        "drawing": drawn(result),
        "steps": list(_steps(result)),
        "messages": [
            {"when": local(play, one.at), "to": words(one.to.role), "template": words(one.message.template)}
            for one in record.sent
        ],
        "journal": [
            {
                "seq": event.seq,
                "when": local(play, event.recorded_at),
                "who": event.actor.role.value if event.actor else "—",
                "fact": words(event.fact.type),
            }
            for event in record.events
        ],
    }


def _steps(result: Result) -> Iterator[dict[str, Any]]:
    play = result.play
    for number, step in enumerate(play.script.scenario.steps[: len(play.ends)]):
        state = result.record.states[result.version_after(number)]
        yield {
            "met": all(finding.met for finding in result.findings if finding.step == number),
            "line": play.script.line("steps", number),
            "when": local(play, play.ends[number].at),
            "what": what(step),
            "answer": answered(result, number),
            "then": words(phase_of(state)),
        }
