"""Tokens for links that need no account: sealed, so that a link neither tells of anybody nor can be made by anybody."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final

from activities.cipher import Cipher, NotAuthentic
from activities.keyring import UnknownKey

UNSUBSCRIBE: Final = "unsubscribe"
"""What an address is for by which a patient says that nothing more to read is wanted. It stands for the pathway."""

_FORM: Final = re.compile(r"(k[1-9][0-9]{0,5})\.([A-Za-z0-9_-]{20,2000})")


class TokenInvalid(Exception):
    """Not made here, altered, cut short, or made for another purpose. The message never repeats it."""


def make_token(cipher: Cipher, purpose: str, content: bytes) -> str:
    """A text for the path of a link, from which only :func:`open_token` gets the content back.

    Args:
        cipher: Seals under the active key; the token outlives its rotation.
        purpose: What the link is for; a token opens for the same purpose only.
        content: What the link stands for, an expiry included where there is one: the token itself has none.
    """
    key_id, sealed = cipher.seal(purpose, content)
    return f"{key_id}.{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"


def open_token(cipher: Cipher, purpose: str, token: str) -> bytes:
    """What a token stands for.

    Raises:
        TokenInvalid: It is none, or none for this purpose.
    """
    found = _FORM.fullmatch(token)
    if found is None:
        raise TokenInvalid("not the form of a token")
    key_id, text = found.groups()
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return cipher.open(purpose, key_id, sealed)
    except (binascii.Error, UnknownKey, NotAuthentic):
        raise TokenInvalid("not made here for this purpose") from None


def unsubscriber(cipher: Cipher, link_url: str) -> Callable[[str], str]:
    """Makes the address, below ``link_url``, by which a pathway's patient ends what they get to read."""
    return lambda pathway_id: f"{link_url.rstrip('/')}/u/{make_token(cipher, UNSUBSCRIBE, pathway_id.encode())}"
