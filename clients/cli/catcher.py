"""Commands about the local catcher of texts and push messages, which plays the provider and the recipients' phones."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from clients.cli.options import AsJson, State, example
from clients.cli.output import print_json, show, words

app = typer.Typer(
    help="The local stack's catcher of texts and push messages: what was sent, and what recipients answer.",
    no_args_is_help=True,
)

_TAKEN: Final = 202


class _Catcher(NamedTuple):
    url: str
    folder: Path


@app.command("list", short_help="Show what was sent.", epilog=example("kap catcher list"))
def list_messages(state: State = None, as_json: AsJson = False) -> None:
    """Show the texts and push messages that were sent, the newest last. Nothing left this machine."""
    from workers.stack import read_texts

    messages = read_texts(_running(state).folder)
    if as_json:
        print_json(messages)
        return
    from rich.markup import escape

    from clients.cli.tables import table

    made = table("By", "To", "Text", "Reference")
    for one in messages:
        made.add_row(one["channel"], one["to"], escape(one["text"]), one["reference"])
    show(made if messages else "Nothing was sent.")


@app.command(short_help="Answer a text as its recipient.", epilog=example("kap catcher reply +13035550100 CONFIRM"))
def reply(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The recipient's, as kap catcher list shows it.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What they answer, such as STOP, START or CONFIRM.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="REFERENCE", help="The text that they answer; none unless given.")
    ] = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Answer a text as its recipient: the catcher reports it as a provider would, signed, to kap callbacks."""
    report = {"type": "message.replied", "sender": number, "text": text}
    _reported(_running(state), report | ({"reference": to} if to is not None else {}), as_json)


@app.command(
    short_help="Have a message come back as undeliverable.",
    epilog=example("kap catcher bounce 5c1f0a9be2d47c83"),
)
def bounce(
    reference: Annotated[
        str, typer.Argument(metavar="REFERENCE", help="Of the message, as kap catcher list shows it.")
    ],
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Have a message come back as undeliverable, be it days later: it goes on to the next channel."""
    _reported(_running(state), {"type": "message.bounced", "reference": reference}, as_json)


def _running(state: Path | None) -> _Catcher:
    """The catcher of the local stack, and of nothing else: a real provider is not to be asked such things.

    Raises:
        Refused: No stack runs there.
    """
    from clients.errors import refused
    from workers.settings import DEFAULT_STATE_DIR, STACK_FILE

    folder = state or Path(os.environ.get("KAP_STATE_DIR") or DEFAULT_STATE_DIR)
    try:
        told = json.loads((folder / STACK_FILE).read_text())
    except FileNotFoundError:
        sentence = f"No local stack runs in {folder}, and only there is a catcher. Start it with: kap up"
        raise refused("stack_not_running", sentence) from None
    return _Catcher(told["provider_url"], Path(told["text_dir"]))


def _reported(catcher: _Catcher, report: dict[str, Any], as_json: bool) -> None:
    """Have the catcher report something, and show what it led to.

    Raises:
        Refused: Nobody took it.
    """
    import httpx

    from clients.errors import refused

    try:
        answer = httpx.post(f"{catcher.url}/reports", json=report, timeout=60, trust_env=False)
        document = answer.json()
    except (httpx.HTTPError, ValueError):
        raise refused("callbacks_unreachable", "The catcher does not answer. Does kap up still run?") from None
    if answer.status_code != _TAKEN:
        raise refused(document["code"], document["sentence"])
    if as_json:
        print_json(document)
    else:
        show(f"Taken: [bold]{words(document['outcome'])}[/]")
