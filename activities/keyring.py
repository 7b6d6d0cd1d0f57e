"""Keys that keep stored data unreadable: one file, several generations, a sub-key for each purpose.

The same keys seal Temporal's payloads and the encrypted columns of the database, so they live where both workers and
activities may import them. The file is JSON, readable by its owner only::

    {"version": 1, "active": "k2", "keys": [{"id": "k1", "created": "…", "secret": "…"}, {"id": "k2", …}]}

Keys are never removed by this module: what an old key sealed must stay readable for as long as the records are kept.
No secret is used directly; :meth:`Keyring.derive` makes a sub-key for each purpose, so that a leak of one use does not
open another.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES: Final = 32
"""Length of a master secret and of every sub-key: AES-256."""

PERSON_INDEX: Final = "person-index"
"""Purpose of the sub-key that turns an identity into a blind index."""

STABLE_PURPOSES: Final = frozenset({PERSON_INDEX})
"""Purposes that always use the oldest key.

A blind index finds a person again by recomputing the same hash. Were it derived from the active key, rotation would
change every hash at once: the same person would be admitted twice, because nothing stored could be found any more.
"""

_KEY_ID = re.compile(r"k[1-9][0-9]{0,5}")


class KeyringError(Exception):
    """The key file is absent, readable by others, damaged, or already there; the message says what to do."""


class UnknownKey(Exception):
    """Sealed under a key that this keyring does not hold."""

    def __init__(self, key_id: str) -> None:
        # The id may come from a stranger's payload, so only one that looks like ours is repeated.
        super().__init__(f"no key {key_id}" if _KEY_ID.fullmatch(key_id) else "no such key")


@dataclass(frozen=True)
class Keyring:
    """Generations of a master secret, oldest first; the active one seals, all of them open."""

    active: str
    keys: Mapping[str, bytes] = field(repr=False)
    path: Path | None = None
    """File it was read from, so that a key added later can be found there; None for one made in memory."""
    _derived: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a keyring that could not work.

        Raises:
            KeyringError: The active key is not among the keys, an id is malformed, or a secret has the wrong length.
        """
        if self.active not in self.keys:
            raise KeyringError("The keyring's active key is not among its keys.")
        for key_id, secret in self.keys.items():
            if not _KEY_ID.fullmatch(key_id) or len(secret) != SECRET_BYTES:
                raise KeyringError("A key of the keyring has a malformed id or a secret of the wrong length.")

    @property
    def oldest(self) -> str:
        """Id of the first generation."""
        return next(iter(self.keys))

    def derive(self, purpose: str, key_id: str | None = None) -> bytes:
        """A 32-byte sub-key for ``purpose`` (HKDF-SHA256), such as ``temporal-payload`` or ``journal``.

        Args:
            purpose: What the sub-key is for; different purposes share nothing.
            key_id: Generation to derive from; the active one by default. Ignored for :data:`STABLE_PURPOSES`, which
                always use the oldest.

        Raises:
            UnknownKey: The keyring holds no such generation.
        """
        chosen = self.oldest if purpose in STABLE_PURPOSES else key_id or self.active
        if chosen not in self.keys:
            raise UnknownKey(chosen)
        if (purpose, chosen) not in self._derived:
            hkdf = HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=None, info=b"kap/1/" + purpose.encode())
            self._derived[purpose, chosen] = hkdf.derive(self.keys[chosen])
        return self._derived[purpose, chosen]

    @classmethod
    def in_memory(cls) -> Keyring:
        """A keyring of one fresh key that is stored nowhere; what it seals is lost with the process."""
        return cls("k1", {"k1": secrets.token_bytes(SECRET_BYTES)})


def load_keyring(path: Path) -> Keyring:
    """Read a key file.

    Raises:
        KeyringError: There is none, others may read it, or it is damaged.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read()
    except OSError as error:
        raise KeyringError(f"The key file {path} cannot be read: {error.strerror}.") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyringError(f"The key file {path} is open to other users. Close it with: chmod 600 {path}")
    try:
        document = json.loads(content)
        keys = {str(key["id"]): base64.b64decode(key["secret"], validate=True) for key in document["keys"]}
        version, active = document["version"], str(document["active"])
    except (ValueError, KeyError, TypeError, binascii.Error):
        # Not chained: the text of a parsing error quotes the document, which holds the secrets.
        raise KeyringError(f"The key file {path} is damaged.") from None
    if version != 1:
        raise KeyringError(f"The key file {path} was written by a newer release.")
    return Keyring(active, keys, path)


def create_keyring(path: Path) -> Keyring:
    """Make a key file with one key, complete or not at all.

    Raises:
        KeyringError: There is a file already; it is never overwritten, for its keys may be the only ones that open
            what is stored.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.parent), _written(path, {"version": 1, "active": "k1", "keys": [_fresh_key("k1")]}) as new:
        try:
            os.link(new, path)  # unlike rename, it fails where the name is taken
        except FileExistsError:
            raise KeyringError(f"The key file {path} exists already and is left as it is.") from None
    return load_keyring(path)


def rotate_keyring(path: Path, *, activate: bool = True) -> Keyring:
    """Add a key; old keys still open what they sealed.

    Where one file serves every process, the default is enough: processes that still run with the old keys read the
    file again when they meet the new one. Where the file is copied to several machines, add with ``activate=False``,
    distribute, then :func:`activate_key` and distribute again, so that nobody meets a key that has not reached them.

    Args:
        path: The key file.
        activate: Whether the new key seals from now on.

    Raises:
        KeyringError: See :func:`load_keyring`.
    """
    with _locked(path.parent):
        document = _document(path)
        number = max(int(key["id"].removeprefix("k")) for key in document["keys"]) + 1
        document["keys"].append(_fresh_key(f"k{number}"))
        if activate:
            document["active"] = f"k{number}"
        return _replace(path, document)


def activate_key(path: Path, key_id: str) -> Keyring:
    """Let another key of the file seal from now on.

    Raises:
        KeyringError: See :func:`load_keyring`; or the file holds no such key.
    """
    with _locked(path.parent):
        document = _document(path)
        if key_id not in {key["id"] for key in document["keys"]}:
            raise KeyringError(f"The key file {path} holds no key {key_id}.")
        return _replace(path, {**document, "active": key_id})


def signature(path: Path | None) -> tuple[int, int] | None:
    """What changes when a key file is replaced; None where there is none."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns) if found else None


def _fresh_key(key_id: str) -> dict[str, str]:
    secret = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    return {"id": key_id, "created": datetime.now(UTC).isoformat(timespec="seconds"), "secret": secret}


def _document(path: Path) -> dict[str, Any]:
    """The file's content, once :func:`load_keyring` has found it sound."""
    load_keyring(path)
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def _replace(path: Path, document: dict[str, Any]) -> Keyring:
    with _written(path, document) as new:
        os.replace(new, path)
    return load_keyring(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold off other writers of key files in ``folder``, and make what was renamed there survive a power cut."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise KeyringError(f"The folder {folder} cannot be opened: {error.strerror}.") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _written(path: Path, document: dict[str, Any]) -> Iterator[Path]:
    """A complete file beside ``path``, readable by its owner only, that is gone afterwards unless it was renamed."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            json.dump(document, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        yield new
    finally:
        new.unlink(missing_ok=True)
