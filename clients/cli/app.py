"""All commands of ``kap`` in one application."""

from __future__ import annotations

import typer

from clients.cli import (
    catcher,
    keys,
    links,
    messages,
    operating,
    pathways,
    people,
    protocol,
    reading,
    running,
    scenario,
)
from clients.cli.exit import MEANING
from clients.cli.options import State, example

_CODES = "\n".join(f"  {int(code):>3}  {meaning}" for code, meaning in MEANING.items())

_EPILOG = f"\b\nExit codes:\n{_CODES}\n\n{example('kap up, and in another terminal: kap refer --data referral.yaml')}"

app = typer.Typer(
    name="kap",
    help="Conduct ketamine-assisted psychotherapy pathways: refer, look, decide, and run what it takes.",
    epilog=_EPILOG,
    rich_markup_mode=None,  # half a second of imports for a frame around the help
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root(state: State = None) -> None:
    del state  # commands find it through their own option of the same name


app.add_typer(pathways.app)
app.add_typer(reading.app)
app.add_typer(messages.app)
app.add_typer(running.app)
app.add_typer(people.app, name="people")
app.add_typer(links.app, name="link")
app.add_typer(catcher.app, name="catcher")
app.add_typer(keys.app, name="keys")
app.add_typer(protocol.app, name="protocol")
app.add_typer(scenario.app, name="scenario")
app.add_typer(operating.app, name="ops")
