"""Commands of the key file that the payload codec and the sealed columns use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from clients.cli.options import AsJson, KeyFile, example
from clients.cli.output import print_json, show

if TYPE_CHECKING:
    from activities.keyring import Keyring

app = typer.Typer(help="The key file. Keep a copy of it: nothing else opens what it sealed.", no_args_is_help=True)


@app.command(epilog=example("kap keys create /etc/kap/keyring.json"))
def create(file: KeyFile, as_json: AsJson = False) -> None:
    """Make a key file with one key; a file that exists is left as it is."""
    from activities.keyring import create_keyring

    _tell(lambda: create_keyring(file), as_json)


@app.command(epilog=example("kap keys rotate /etc/kap/keyring.json"))
def rotate(
    file: KeyFile,
    later: Annotated[
        bool,
        typer.Option("--later", help="Add the key but do not use it yet: first copy the file to every machine."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a key that seals from now on. The old ones stay: they open what they sealed."""
    from activities.keyring import rotate_keyring

    _tell(lambda: rotate_keyring(file, activate=not later), as_json)


@app.command(epilog=example("kap keys activate /etc/kap/keyring.json k2"))
def activate(
    file: KeyFile,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Id of a key in the file.")],
    as_json: AsJson = False,
) -> None:
    """Let another key of the file seal from now on."""
    from activities.keyring import activate_key

    _tell(lambda: activate_key(file, key), as_json)


def _tell(change: Callable[[], Keyring], as_json: bool) -> None:
    """Make the change and say which keys there are now; never what they are."""
    from activities.keyring import KeyringError
    from clients.errors import KEYRING_UNUSABLE, refused

    try:
        keyring = change()
    except KeyringError as error:
        raise refused(KEYRING_UNUSABLE, str(error)) from error
    except OSError as error:
        raise refused(KEYRING_UNUSABLE, f"The key file cannot be written: {error.strerror}.") from error
    if as_json:
        print_json({"file": str(keyring.path), "active": keyring.active, "keys": list(keyring.keys)})
    else:
        show(f"{keyring.path}: {', '.join(keyring.keys)}; {keyring.active} seals from now on.")
