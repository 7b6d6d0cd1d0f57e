"""Commands about links by which a therapist of another practice works without an account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from clients.cli.asking import ask, settings_for
from clients.cli.options import AsJson, PathwayId, State, example
from clients.cli.output import local, print_json, show, told_whole

if TYPE_CHECKING:
    from clients.client import KapClient
    from clients.portal.links import Desk

T = TypeVar("T")

app = typer.Typer(help="Links for therapists of other practices, who have no account.", no_args_is_help=True)


@app.command(
    short_help="Make a link for the pathway's therapist in another practice.",
    epilog=example("kap link create p-3f9c2a --for th-fern"),
)
def create(
    pathway: PathwayId,
    person: Annotated[str, typer.Option("--for", metavar="ID", help="The therapist, as the care team names them.")],
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Make a link for the pathway's therapist in another practice, and print it. It is shown once and kept nowhere.

    Whoever has the link reads what the patient's release covers, says to have read it, and sends messages in that
    name: hand it to nobody else.
    """
    from activities.protocols import load_protocol

    settings = settings_for(state)
    with told_whole():
        protocol = load_protocol(settings.protocol)
    link, token = _asked(state, lambda desk: desk.create(pathway, person, protocol))
    url = f"{settings.link_url.rstrip('/')}/t/{token}"
    if as_json:
        print_json({"link_id": link.link_id, "url": url, "expires_at": link.expires_at})
        return
    show(f"Link {link.link_id}, until {local(link.expires_at)}:", f"[bold]{url}[/]")


@app.command(
    "list",
    short_help="Show the links of a pathway, without the links themselves.",
    epilog=example("kap link list p-3f9c2a"),
)
def list_links(pathway: PathwayId, state: State = None, as_json: AsJson = False) -> None:
    """Show the links of a pathway: for whom, until when, and when something was said by each last."""
    rows = _asked(state, lambda desk: desk.of_pathway(pathway))
    if as_json:
        print_json(rows)
        return
    from clients.cli.tables import links_table

    show(links_table(rows) if rows else "No links were made.")


@app.command(short_help="End a link at once.", epilog=example("kap link revoke L5f1c0a9be2d47c83"))
def revoke(
    link: Annotated[str, typer.Argument(metavar="LINK", help="Id of the link, as kap link list shows it.")],
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """End a link at once: from now on it opens nothing."""
    row = _asked(state, lambda desk: desk.revoke(link))
    if as_json:
        print_json(row)
    else:
        show(f"Link {row.link_id} opens nothing any more.")


def _asked(state: Path | None, question: Callable[[Desk], Awaitable[T]]) -> T:
    from clients.portal.serving import desk_of

    async def answered(client: KapClient) -> T:
        return await question(await desk_of(client))

    return ask(state, answered)
