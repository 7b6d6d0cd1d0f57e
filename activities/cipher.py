"""Authenticated encryption under the keyring, for payloads and database columns alike."""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from activities.keyring import Keyring, KeyringError, UnknownKey, load_keyring, signature

NONCE_BYTES: Final = 12
"""Length of the random nonce before each sealed text. Rotate long before 2**32 texts under one key."""

TAG_BYTES: Final = 16
"""Length of the authentication tag at the end of each sealed text."""


class NotAuthentic(Exception):
    """Truncated, altered, or sealed for another purpose or context."""


class Cipher:
    """AES-256-GCM under a keyring, for payloads and database columns alike. Safe to share between threads.

    A text sealed under a key added to the file after this process read it is not lost: the file is read again as soon
    as an unknown key id is met and the file has changed.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._seen = signature(keyring.path)

    @property
    def keyring(self) -> Keyring:
        """The keys in use now."""
        return self._keyring

    def seal(self, purpose: str, plaintext: bytes, aad: bytes = b"") -> tuple[str, bytes]:
        """Encrypt under the active key.

        Args:
            purpose: Chooses the sub-key; the same one opens the text.
            plaintext: What to hide.
            aad: Context that is not stored but must be the same on opening, such as table, column and row.

        Returns:
            The key id to store beside the sealed text, and the text: nonce, ciphertext, tag.
        """
        keyring = self._keyring
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealer = AESGCM(keyring.derive(purpose, keyring.active))
        return keyring.active, nonce + sealer.encrypt(nonce, plaintext, _bound(keyring.active, aad))

    def open(self, purpose: str, key_id: str, sealed: bytes, aad: bytes = b"") -> bytes:
        """Decrypt what :meth:`seal` made with the same purpose and context.

        Raises:
            UnknownKey: No such key, here or in the file.
            NotAuthentic: Truncated, altered, or sealed for another purpose, key or context.
        """
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise NotAuthentic("shorter than any sealed text")
        opener = AESGCM(self._holder_of(key_id).derive(purpose, key_id))
        try:
            return opener.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(key_id, aad))
        except InvalidTag:
            raise NotAuthentic("altered, or sealed for another purpose or context") from None

    def _holder_of(self, key_id: str) -> Keyring:
        """The keyring, read again if it lacks the key and its file has changed since."""
        path = self._keyring.path
        if key_id not in self._keyring.keys and path is not None and signature(path) != self._seen:
            self._seen = signature(path)
            try:
                self._keyring = load_keyring(path)
            except KeyringError:
                # A file that is being replaced or damaged takes nothing away from what is already known.
                raise UnknownKey(key_id) from None
        return self._keyring


def _bound(key_id: str, aad: bytes) -> bytes:
    """Associated data that also binds the key id, so that it cannot be exchanged; no id contains a zero byte."""
    return key_id.encode() + b"\0" + aad
