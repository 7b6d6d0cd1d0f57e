"""Commands that start and drive pathways."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from clients.cli.asking import ask, text_of
from clients.cli.options import ACTOR, AsJson, CommandId, Data, PathwayId, Reason, State, actor_of, example
from clients.cli.output import print_json, show, show_receipt, words

app = typer.Typer()


@app.command(short_help="Open a pathway for a referral.", epilog=example("kap refer --data referral.yaml"))
def refer(data: Data, state: State = None, as_json: AsJson = False) -> None:
    """Open a pathway for a referral, or learn that the person has one.

    The same referral number of the same sender counts once, however often it is sent.
    """
    from clients.parsing import parse_model
    from schemas.referral import Referral

    referral = parse_model(Referral, text_of(data))
    receipt = ask(state, lambda client: client.refer(referral))
    if as_json:
        print_json(receipt)
    else:
        show(
            f"Pathway [bold]{receipt.pathway_id}[/]: {words(receipt.status)}.",
            f"Look at it with: kap status {receipt.pathway_id}",
        )


@app.command(short_help="Show where a pathway stands and what is missing.", epilog=example("kap status p-3f9c2a"))
def status(pathway: PathwayId, state: State = None, as_json: AsJson = False) -> None:
    """Show where a pathway stands, who owes what, and why the next dose is or is not allowed."""
    answer = ask(state, lambda client: client.status(pathway))
    if as_json:
        print_json(answer)
    else:
        from clients.cli.tables import status_page

        show(*status_page(answer))


@app.command(
    short_help="Have a pathway record or decide something.",
    epilog=example("kap do p-3f9c2a capture_insight --as therapist:th-fern --data insight.yaml"),
)
def do(
    pathway: PathwayId,
    verb: Annotated[str, typer.Argument(metavar="VERB", help="What to record or decide; kap verbs lists them.")],
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="FILE|-", help="The verb's fields as JSON or YAML; - for standard input."),
    ] = None,
    actor: Annotated[str | None, ACTOR] = None,
    reason: Reason = None,
    command_id: CommandId = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Have a pathway record or decide something, in the name of somebody."""
    from clients.parsing import parse_command

    defaults: dict[str, Any] = {
        "actor": actor_of(actor) if actor is not None else None,
        "reason": reason,
        "command_id": command_id,
    }
    given = {name: value for name, value in defaults.items() if value is not None}
    command = parse_command(verb, text_of(data), given)
    receipt = ask(state, lambda client: client.do(pathway, command))
    if as_json:
        print_json(receipt)
    else:
        show_receipt(receipt)


@app.command(short_help="List or explain what can be recorded or decided.", epilog=example("kap verbs approve_dosing"))
def verbs(
    verb: Annotated[
        str | None, typer.Argument(metavar="VERB", help="A verb to explain; all are listed unless given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what can be recorded and decided, by whom; or explain one verb with its schema and an example."""
    from clients import catalogue
    from clients.parsing import command_model

    if verb is None:
        entries = catalogue.all_verbs()
        if as_json:
            print_json(entries)
        else:
            from clients.cli.tables import verbs_table

            show(verbs_table(entries), "", "Explain one with its schema and an example: kap verbs VERB")
        return
    explained = catalogue.explained(command_model(verb))
    if as_json:
        print_json(explained)
    else:
        from clients.cli.tables import verb_page

        show(*verb_page(explained))
