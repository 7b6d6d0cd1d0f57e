"""The file of subscribers: read strictly, and refused with the place of the mistake. Secrets are held, never shown."""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from standardwebhooks import Webhook

from activities.strict_yaml import FileInvalid, read_file
from schemas.refusals import Refusal
from schemas.webhooks import SecretSource, WebhooksFile

SECRET_MISSING: Final = "secret_missing"  # noqa: S105  a code
SECRET_MALFORMED: Final = "secret_malformed"  # noqa: S105  a code

_PREFIX: Final = "whsec_"
_BYTES: Final = range(24, 65)
"""How long a secret may be by the specification."""


class WebhooksInvalid(FileInvalid):
    """A file of subscribers that cannot be used."""

    def __str__(self) -> str:
        return f"{self.file}: {self.refusal.sentence} ({self.refusal.code}, {self.refusal.field or 'the whole file'})"


@dataclass(frozen=True)
class Subscriber:
    """A service that is told, ready to be written to."""

    id: str
    url: str
    types: tuple[str, ...] | None
    """Types of facts that it is told of; None for all."""
    signers: tuple[Webhook, ...] = field(repr=False)
    """One for each secret: while a secret is changed, both old and new one sign."""

    def signature(self, message_id: str, at: datetime, body: str) -> str:
        """The header ``webhook-signature`` of a request that is sent at an instant."""
        return " ".join(signer.sign(message_id, at, body) for signer in self.signers)


def load_subscribers(file: Path) -> tuple[Subscriber, ...]:
    """The subscribers that a YAML or JSON file names, with their secrets.

    Raises:
        WebhooksInvalid: It is no such file, or a secret is not where the file says.
    """
    entries = read_file(str(file), file, WebhooksFile, WebhooksInvalid).subscribers
    found: list[Subscriber] = []
    wrong: list[Refusal] = []
    for place, entry in enumerate(entries):
        try:
            found.append(Subscriber(entry.id, entry.url, entry.types, _signers(file, entry.secret)))
        except _Unusable as flaw:
            wrong.append(Refusal(code=flaw.code, field=f"subscribers.{place}.secret", sentence=flaw.sentence))
    if wrong:
        raise WebhooksInvalid(str(file), *wrong)
    return tuple(found)


class _Unusable(Exception):
    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code)
        self.code, self.sentence = code, sentence


def _signers(file: Path, source: SecretSource) -> tuple[Webhook, ...]:
    if source.env is not None:
        text = os.environ.get(source.env, "")
    else:
        try:
            text = (file.parent / str(source.file)).read_text(encoding="ascii")
        except OSError as error:
            raise _Unusable(SECRET_MISSING, f"The secret's file cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            text = "?"
    if not text.strip():
        raise _Unusable(SECRET_MISSING, "The file or variable that the secret is to be in holds nothing.")
    return tuple(_signer(word) for word in text.split())


def _signer(secret: str) -> Webhook:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if not secret.startswith(_PREFIX) or len(key) not in _BYTES:
        raise _Unusable(SECRET_MALFORMED, "The secret must be whsec_ and 24 to 64 bytes in base64.")
    return Webhook(key)
