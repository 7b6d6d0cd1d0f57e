"""Converter: models in and out; refusals carry code, field and sentence, and drag nothing behind them."""

import traceback
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.failure.v1 import Failure
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from activities.cipher import Cipher
from activities.keyring import Keyring
from schemas.public import Phrase, PublicText
from tests.support.tally import Add
from workers.codec import EncryptionCodec, undecipherable
from workers.converter import CarePayloadConverter, care_data_converter

CONVERTER = CarePayloadConverter()
ADD = Add(amount=1, at=datetime(2026, 1, 1, tzinfo=UTC))


def payload(encoding: bytes, data: bytes = b"", **metadata: bytes) -> Payload:
    return Payload(metadata={"encoding": encoding, **metadata}, data=data)


def refused(sent: Payload, hint: Any = Add) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        CONVERTER.from_payloads([sent], [hint])
    return caught.value


@pytest.mark.parametrize("value", [ADD, [ADD], None, b"bytes", "text", 1, WorkflowExecution(workflow_id="x")])
def test_value_survives(value: Any) -> None:
    payloads = CONVERTER.to_payloads([value])
    hint: Any = list[Add] if isinstance(value, list) else type(value)
    assert CONVERTER.from_payloads(payloads, [hint]) == [value]


def test_public_text_is_plain_text_to_whoever_reads_it() -> None:
    [sent] = CONVERTER.to_payloads([Phrase.CARE_PATHWAY.text()])
    [read] = CONVERTER.from_payloads([sent], [str])
    assert read == "Care pathway"
    assert type(read) is not PublicText


def test_raw_value_passes_whatever_it_is() -> None:
    sent = payload(b"binary/nonsense", b"x")
    assert CONVERTER.from_payloads([sent], [RawValue])[0].payload == sent


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (payload(b"json/plain", b"{"), "malformed_json"),
        (payload(b"json/plain", b"{}"), "field_missing"),
        (payload(b"json/plain", b'{"amount": 1, "at": "2026-01-01T00:00:00"}'), "naive_datetime"),
        (payload(b"binary/null"), "wrong_type"),
        (payload(b"binary/null", b"x"), "malformed_payload"),
        (payload(b"binary/plain", b"{}"), "malformed_payload"),
        (payload(b"binary/nonsense"), "malformed_payload"),
        (payload(b"\xff\xfe"), "malformed_payload"),
        (Payload(data=b"{}"), "malformed_payload"),
        (payload(b"json/protobuf", b"{}", messageType=b"temporal.api.common.v1.Payload"), "malformed_payload"),
        (payload(b"binary/protobuf", b"{}", messageType=b"no.such.Message"), "malformed_payload"),
        (payload(b"json/protobuf", b"{}", messageType=b"\xff"), "malformed_payload"),
        (undecipherable(payload(b"binary/encrypted"), "unknown_key"), "undecipherable_payload"),
    ],
)
def test_what_does_not_fit_is_refused(sent: Payload, code: str) -> None:
    error = refused(sent)
    assert error.type == code
    assert error.non_retryable
    assert error.details[0]["code"] == code
    assert error.message == error.details[0]["sentence"]


def test_reason_of_an_undecipherable_payload_is_a_fact() -> None:
    assert refused(undecipherable(Payload(), "unknown_key")).details[0]["facts"] == {"reason": "unknown_key"}
    assert refused(payload(b"binary/undecipherable")).details[0]["facts"] == {"reason": "unknown"}


def test_refusal_drags_no_value_behind_it() -> None:
    error = refused(payload(b"json/plain", b'{"amount": "Wren Fable", "at": "Wren Fable"}'))
    assert error.__cause__ is None
    assert error.__context__ is None
    assert "Wren" not in "".join(traceback.format_exception(error))


async def test_external_reference_is_undecipherable_instead_of_fatal() -> None:
    converter = care_data_converter(EncryptionCodec(Cipher(Keyring.in_memory())))
    for sent in (
        payload(b"json/external-storage-reference", b"{}"),
        payload(b"json/plain", b"{}", __temporal_external_storage_reference=b"true"),
        payload(b"json/protobuf", b"{}", messageType=b"temporal.api.sdk.v1.ExternalStorageReference"),
    ):
        with pytest.raises(ApplicationError) as caught:
            await converter.decode([sent], [Add])
        assert caught.value.type == "undecipherable_payload"


async def test_failures_show_their_type_only() -> None:
    converter = care_data_converter(EncryptionCodec(Cipher(Keyring.in_memory())))
    failure = Failure()
    await converter.encode_failure(ApplicationError("of Wren", {"name": "Wren"}, type="dose_too_high"), failure)
    assert b"Wren" not in failure.SerializeToString()
    assert failure.application_failure_info.type == "dose_too_high"
    error = await converter.decode_failure(failure)
    assert isinstance(error, ApplicationError)
    assert (error.message, error.details) == ("of Wren", ({"name": "Wren"},))
