"""Data converter: pydantic models in and out, and a clear refusal for whatever is no such model.

What the world sends is refused with a code, a field and a sentence (:class:`~schemas.refusals.Refusal`). What a
workflow wrote itself is another matter: state carried from one run to the next, or the result of an activity, can only
be unreadable because *we* are at fault, through a key that has not reached this machine or a release that cannot read
the last one's data. To fail a patient's pathway for that would be final; so the workflow task fails instead, and is
tried again until a worker can read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Final

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.api.sdk.v1 import ExternalStorageReference
from temporalio.common import RawValue
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    BinaryNullPayloadConverter,
    BinaryPlainPayloadConverter,
    BinaryProtoPayloadConverter,
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    EncodingPayloadConverter,
    JSONProtoPayloadConverter,
    PayloadCodec,
)
from temporalio.exceptions import ApplicationError

from schemas.public import PublicText
from schemas.refusals import (
    MALFORMED_COMMAND,
    MALFORMED_PAYLOAD,
    UNDECIPHERABLE_PAYLOAD,
    Refusal,
    refusal_from_validation,
)
from workers.codec import PUBLIC, REASON, UNDECIPHERABLE, undecipherable

FRESH: Final = "kap-fresh"
"""Metadata key that marks the arguments of a new workflow: a stranger may have sent them, and nothing is lost yet."""

MISCOUNTED: Final = b"binary/miscounted"
"""Encoding of a payload put in the place of arguments whose number is wrong."""

_REFERENCE_ENCODING: Final = b"json/external-storage-reference"
_REFERENCE_MARK: Final = "__temporal_external_storage_reference"
_REFERENCE_MESSAGE: Final = ExternalStorageReference.DESCRIPTOR.full_name.encode()


class Unreadable(Exception):
    """What a workflow wrote itself cannot be read by this worker; another one, or a later release, may."""


class _Refused(Exception):
    """Carries a refusal from where it is found to where it is known what it means."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class _Json(PydanticJSONPlainPayloadConverter):
    """Pydantic JSON, with the mark that lets the codec pass public texts."""

    def to_payload(self, value: Any) -> Payload | None:
        payload = super().to_payload(value)
        if payload is not None and isinstance(value, PublicText):
            payload.metadata[PUBLIC] = b"phrase"
        return payload


# The SDK makes a payload converter for each workflow run. These keep no state, except that the JSON one remembers how
# to read each type, which is worth sharing.
_CONVERTERS: Final[tuple[EncodingPayloadConverter, ...]] = (
    BinaryNullPayloadConverter(),
    BinaryPlainPayloadConverter(),
    JSONProtoPayloadConverter(),
    BinaryProtoPayloadConverter(),
    _Json(),
)


class CarePayloadConverter(CompositePayloadConverter):
    """Payloads from and to pydantic models; whatever does not fit its declared type is refused."""

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Values of the declared types.

        Raises:
            ApplicationError: A payload is not what it should be. The error's type is the refusal's code, its message
                the sentence, and its only detail the refusal itself.
            Unreadable: The same, inside a workflow, about something that the workflow wrote itself.
        """
        return [self._value(payload, hint) for payload, hint in zip_longest(payloads, type_hints or ())]

    def _value(self, payload: Payload, hint: Any) -> Any:
        if hint is RawValue:
            return RawValue(payload)
        try:
            return self._converted(payload, hint)
        except _Refused as refused:
            refusal = refused.refusal
        # Outside the handler, so that the causes stay behind: their texts quote what was sent.
        if _came_from_outside(payload):
            raise refused_error(refusal)
        raise Unreadable(f"{refusal.code}: {refusal.sentence}")

    def _converted(self, payload: Payload, hint: Any) -> Any:
        encoding = payload.metadata.get("encoding", b"")
        converter = self.converters.get(encoding)
        if converter is None:
            raise _Refused(_unspoken(payload, encoding))
        try:
            value = converter.from_payload(payload, hint)
            if not isinstance(converter, _Json) and hint is not None:
                _check(value, hint)
        except ValidationError as error:
            raise _Refused(refusal_from_validation(error)) from error
        except PydanticUserError:
            raise  # the declared type is at fault, not what was sent
        except (RuntimeError, ValueError, TypeError) as error:
            sentence = "What was sent does not hold what its encoding promises."
            raise _Refused(Refusal(code=MALFORMED_PAYLOAD, sentence=sentence)) from error
        return value


@dataclass(frozen=True)
class CareDataConverter(DataConverter):
    """Payload converter, failure converter and codec of the project.

    Failure messages and stack traces are encoded with the payloads; only the failure's type stays readable.
    """

    payload_converter_class: type[CarePayloadConverter] = CarePayloadConverter
    failure_converter_class: type[DefaultFailureConverterWithEncodedAttributes] = (
        DefaultFailureConverterWithEncodedAttributes
    )

    async def _decode_reference_payload_sequence(self, payloads: Sequence[Payload]) -> list[Payload]:
        """First step of decoding. A reference to external storage, which is not in use, would raise in the next one."""
        return [
            undecipherable(payload, "external_storage") if _is_reference(payload) else payload for payload in payloads
        ]


def care_data_converter(codec: PayloadCodec | None) -> CareDataConverter:
    """The project's converter, encrypting where a codec is given."""
    return CareDataConverter(payload_codec=codec)


def refused_error(refusal: Refusal) -> ApplicationError:
    """The form in which a refusal travels: type is the code, message the sentence, detail the whole."""
    return ApplicationError(refusal.sentence, refusal.model_dump(), type=refusal.code, non_retryable=True)


def _came_from_outside(payload: Payload) -> bool:
    """Whether a stranger may have sent this, so that refusing it is safe.

    Inside the sandbox but outside the workflow's own loop, the SDK converts what a run starts with and the results of
    activities and children; inside the loop, the arguments of updates and queries.
    """
    if not workflow.unsafe.in_sandbox() or FRESH in payload.metadata:
        return True
    if not workflow.in_workflow():
        return False
    return workflow.current_update_info() is not None or workflow.unsafe.is_read_only()


def _unspoken(payload: Payload, encoding: bytes) -> Refusal:
    """Why a payload of an encoding without converter is refused."""
    if encoding == UNDECIPHERABLE:
        reason = payload.metadata.get(REASON, b"").decode("ascii", "replace")
        facts: dict[str, str | int | float | bool | None] = {
            "reason": reason if reason in {"unknown_key", "not_authentic", "external_storage"} else "unknown"
        }
        sentence = "What was sent is encrypted and cannot be deciphered here."
        return Refusal(code=UNDECIPHERABLE_PAYLOAD, sentence=sentence, facts=facts)
    if encoding == MISCOUNTED:
        sentence = "Exactly the declared arguments are taken, neither more nor fewer."
        return Refusal(code=MALFORMED_COMMAND, sentence=sentence)
    return Refusal(code=MALFORMED_PAYLOAD, sentence="What was sent is in an encoding that is not understood here.")


@lru_cache(maxsize=1024)
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)


def _check(value: Any, hint: Any) -> None:
    """Hold nulls, bytes and protobuf messages to the declared type too: their converters ignore it.

    Raises:
        ValidationError: A null came where none was declared.
        TypeError: Bytes or a protobuf message came where none were declared.
    """
    if value is None:
        _adapter(hint).validate_python(value)
    elif hint is not Any and not (isinstance(hint, type) and isinstance(value, hint)):
        raise TypeError("not of the declared type")


def _is_reference(payload: Payload) -> bool:
    metadata = payload.metadata
    return (
        metadata.get("encoding") == _REFERENCE_ENCODING
        or metadata.get("messageType") == _REFERENCE_MESSAGE
        or _REFERENCE_MARK in metadata
    )
