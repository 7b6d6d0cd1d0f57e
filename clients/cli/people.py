"""Commands of the directory: who can be reached, and how."""

from __future__ import annotations

from typing import Annotated

import typer

from clients.cli.asking import read, text_of
from clients.cli.options import AsJson, Data, RoleName, State, example
from clients.cli.output import print_json, show

app = typer.Typer(help="The directory of people whom messages reach.", no_args_is_help=True)


@app.command(epilog=example("kap people put --data team.yaml"))
def put(data: Data, state: State = None, as_json: AsJson = False) -> None:
    """Add one person or a list of them to the directory, or replace what is known of them.

    Each has an id, a role, a name, an e-mail address and a time zone.
    """
    from clients.parsing import parse_models
    from schemas.messages import Contact

    contacts = parse_models(Contact, text_of(data))
    read(state, lambda model: model.put_people(contacts))
    if as_json:
        print_json({"ids": [contact.id for contact in contacts]})
    else:
        show(f"The directory has {', '.join(contact.id for contact in contacts)}.")


@app.command("list", epilog=example("kap people list --role therapist"))
def list_people(
    role: Annotated[RoleName | None, typer.Option(help="Only people in this role.")] = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """List the people of the directory."""
    from schemas.actors import Role

    wanted = Role(role) if role else None
    contacts = read(state, lambda model: model.list_people(wanted))
    if as_json:
        print_json(contacts)
        return
    from clients.cli.tables import people_table

    show(people_table(contacts) if contacts else "Nobody is there. Add somebody with: kap people put --data FILE")
