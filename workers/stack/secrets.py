"""What a stack makes at its first start and keeps to itself: the payload keys, and the secret of provider reports."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from activities.keyring import KeyringError, create_keyring, load_keyring
from workers.stack.errors import StackFailed
from workers.stack.options import Addresses
from workers.stack.state import write_private
from workers.stack.temporal import TEMPORAL_DATABASE

PROVIDER_SECRET_FILE = "provider.secret"  # noqa: S105  its name

_SECRET_BYTES = 32


def settle_keys(addresses: Addresses) -> None:
    """Make the payload keys at the first start, and never anew: what they sealed could not be read again.

    Raises:
        StackFailed: They are missing, or cannot be used.
    """
    try:
        if addresses.keyring.exists():
            load_keyring(addresses.keyring)
        elif (addresses.state_dir / TEMPORAL_DATABASE).exists():
            raise StackFailed(
                f"The key file {addresses.keyring} is missing, and nothing else opens what is stored beside it. "
                "Put it back, or choose another folder."
            )
        else:
            create_keyring(addresses.keyring)
    except KeyringError as error:
        raise StackFailed(str(error)) from error


def provider_secret(folder: Path) -> str:
    """What the catcher of texts signs its reports with, in Standard Webhooks' form; a lost one is made anew."""
    file = folder / PROVIDER_SECRET_FILE
    if not file.exists():
        write_private(file, f"whsec_{base64.b64encode(os.urandom(_SECRET_BYTES)).decode()}\n")
    return file.read_text().strip()
