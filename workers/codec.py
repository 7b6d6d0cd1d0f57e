"""Payload codec: everything Temporal stores is ciphertext, and nothing unreadable ever stops a workflow.

A codec that raises while a workflow task is decoded fails the whole task, again and again, for as long as the bad
payload is there: one stranger's update would stop a pathway. So decoding here never raises. What cannot be read becomes
a payload of encoding :data:`UNDECIPHERABLE`, which the payload converter refuses as a single argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from google.protobuf.message import DecodeError
from pydantic import TypeAdapter, ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.converter import PayloadCodec

from activities.cipher import Cipher, NotAuthentic
from activities.keyring import UnknownKey
from schemas.public import is_public

PURPOSE: Final = "temporal-payload"
"""Sub-key under which payloads are sealed."""

ENCRYPTED: Final = b"binary/encrypted"
UNDECIPHERABLE: Final = b"binary/undecipherable"

KEY_ID: Final = "encryption-key-id"
"""Metadata key that names the key; the same one as in Temporal's own samples."""

REASON: Final = "undecipherable-reason"
"""Metadata key of an undecipherable payload: ``unknown_key``, ``not_authentic`` or ``external_storage``."""

PUBLIC: Final = "kap-public"
"""Metadata key by which the payload converter marks a :class:`~schemas.public.PublicText`."""

_WORKFLOW_METADATA = WorkflowMetadata.DESCRIPTOR.full_name.encode()
_TEXT = TypeAdapter(str)


class EncryptionCodec(PayloadCodec):
    """Seals each payload whole, metadata included, under the active key.

    Two kinds of payload stay readable, because they say nothing about a person by construction: the answer to the
    metadata query (handler names and the workflow's current details) and texts made of fixed phrases.

    The workflow id is not bound to the ciphertext: codec servers and list views decode without knowing it.
    """

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal what is not public. What could not be deciphered goes out again as it came in."""
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open what is sealed and pass on what is not, such as clear JSON from another SDK. Never raises."""
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        if _stays_readable(payload):
            return payload
        if payload.metadata.get("encoding") == UNDECIPHERABLE and (original := _parsed(payload.data)) is not None:
            return original
        key_id, sealed = self._cipher.seal(PURPOSE, payload.SerializeToString())
        return Payload(metadata={"encoding": ENCRYPTED, KEY_ID: key_id.encode()}, data=sealed)

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCRYPTED:
            return payload
        try:
            key_id = payload.metadata.get(KEY_ID, b"").decode("ascii", "replace")
            opened = _parsed(self._cipher.open(PURPOSE, key_id, payload.data))
        except UnknownKey:
            return undecipherable(payload, "unknown_key")
        except NotAuthentic:
            return undecipherable(payload, "not_authentic")
        return undecipherable(payload, "not_authentic") if opened is None else opened


def undecipherable(payload: Payload, reason: str) -> Payload:
    """Stands for a payload that cannot be read, and carries it along, so that encoding it again loses nothing."""
    return Payload(
        metadata={"encoding": UNDECIPHERABLE, REASON: reason.encode()},
        data=payload.SerializeToString(),
    )


def _parsed(data: bytes) -> Payload | None:
    """The payload in ``data``, or None. One without an encoding was made by nobody and counts as none."""
    try:
        payload = Payload.FromString(data)
    except DecodeError:
        return None
    return payload if "encoding" in payload.metadata else None


def _stays_readable(payload: Payload) -> bool:
    if payload.metadata.get("messageType") == _WORKFLOW_METADATA:
        return True
    if PUBLIC not in payload.metadata:
        return False
    try:
        # The mark alone is not trusted: whoever may set metadata could publish anything with it.
        return is_public(_TEXT.validate_json(payload.data))
    except ValidationError:
        return False
