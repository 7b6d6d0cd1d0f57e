"""Commands about dated scenarios: run them, and print the schema of their files."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clients.cli.asking import read
from clients.cli.exit import Exit
from clients.cli.options import AsJson, PathwayId, State, example
from clients.cli.output import print_json, write_private
from clients.cli.protocol import PACKAGED, loaded

if TYPE_CHECKING:
    from clients.scenarios.reading import Script
    from clients.scenarios.running import Result

app = typer.Typer(help="Dated scenarios: run them on the rules or on a real server.", no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Scenario files.", show_default=False)]


@app.command(
    short_help="Play scenarios and compare with what they expect.",
    epilog=example("kap scenario run tests/scenarios/*.yaml --engine server --report report"),
)
def run(
    files: Files,
    engine: Annotated[
        Literal["rules", "server"],
        typer.Option(help="The rules alone, in milliseconds; or a whole installation, whose time is moved on."),
    ] = "rules",
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for a page that draws each timeline.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Tell the timeline also where nothing failed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Play scenarios and compare with what they expect; exit with 3 if anything is otherwise.

    On the server each has to record exactly what the rules alone do, to the second.
    """
    from clients.scenarios.reading import read_script
    from clients.scenarios.running import run_on_rules

    scripts = [read_script(file) for file in dict.fromkeys(files)]
    results: list[Result] = []

    def take(result: Result) -> None:
        results.append(result)
        if not as_json:
            _tell(result, verbose)

    if engine == "server":
        asyncio.run(_run_on_server(scripts, take))
    else:
        for script in scripts:
            take(run_on_rules(script))
    if report is not None:
        from clients.scenarios.reporting import write_report

        index = write_report(results, report)
        typer.secho(f"The report is in {index}", err=True)
    if as_json:
        print_json([_document(result) for result in results])
    if not all(result.passed for result in results):
        raise typer.Exit(Exit.REFUSED)


@app.command(epilog=example("kap scenario schema > scenario.schema.json"))
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors that complete and check while one writes."""
    from clients.publishing import documents

    print_json(documents()["scenario"])


@app.command(
    "from",
    short_help="Write a recorded pathway as a scenario.",
    epilog=example("kap scenario from p-3f9c2a --output course.yaml"),
)
def from_pathway(
    pathway: PathwayId,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where it goes; standard output if not given.")
    ] = None,
    protocol: Annotated[
        str, typer.Option(metavar="FILE", help="The protocol that it was opened under, if not the packaged one.")
    ] = PACKAGED,
    keep_dates: Annotated[
        bool, typer.Option("--keep-dates", help="Leave the dates as they were, not weeks before or after.")
    ] = False,
    state: State = None,
) -> None:
    """Write a pathway's journal as a scenario: what was said and when, and the facts that followed.

    People get aliases, words are replaced, and dates are moved by whole weeks. It is written only if it records the
    same again on the rules alone.
    """
    from clients.scenarios.recording import recorded

    version = loaded(protocol)
    view = read(state, lambda model: model.journal(pathway))
    text = recorded(view.events, version, protocol, keep_dates=keep_dates)
    if output is None:
        sys.stdout.write(text)
        return
    write_private(output, text)
    typer.secho(f"Written: {output}. Run it with: kap scenario run {output}", err=True)


@app.command(
    short_help="Say what would have differed under another protocol.",
    epilog=example("kap scenario what-if p-3f9c2a --protocol clinic.yaml"),
)
def what_if(
    pathways: Annotated[
        list[str] | None, typer.Argument(metavar="PATHWAY…", help="Whose journals; or --all.", show_default=False)
    ] = None,
    protocol: Annotated[str, typer.Option(metavar="FILE", help="The other protocol.")] = PACKAGED,
    every: Annotated[bool, typer.Option("--all", help="Every pathway that the journal knows.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="List every difference.")] = False,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Say recorded commands again under another protocol, and list what would have differed; exit with 3 if any does.

    Nothing is changed. After a command that the other protocol refuses, what was built on it differs, too.
    """
    from clients.cli.comparing import comparisons, tell_comparison

    if bool(pathways) is every:
        raise typer.BadParameter("Name pathways, or say --all.", param_hint="PATHWAY")
    other = loaded(protocol)
    found = read(state, lambda model: comparisons(model, pathways or [], other, every=every))
    if as_json:
        print_json(found)
    else:
        for one in found:
            tell_comparison(one, whole=verbose)
    if any(one.differences or one.stopped for one in found):
        raise typer.Exit(Exit.REFUSED)


async def _run_on_server(scripts: list[Script], take: Callable[[Result], None]) -> None:
    from clients.scenarios.running import run_on_server

    async for result in run_on_server(scripts):
        take(result)


def _tell(result: Result, verbose: bool) -> None:
    from clients.scenarios.telling import told

    for line in told(result, whole=verbose):
        typer.secho(line, fg="red" if line.lstrip().startswith("✗") else None)


def _document(result: Result) -> dict[str, object]:
    return {
        "file": result.play.script.file,
        "engine": result.record.engine,
        "passed": result.passed,
        "seconds": round(result.seconds, 3),
        "events": len(result.record.events),
        "failures": [
            {"line": one.line, "at": one.at, "expected": one.expected, "found": one.found} for one in result.failures
        ],
    }
