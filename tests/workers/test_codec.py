"""Codec: hides everything but public texts, and never raises on what it cannot read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.sdk.v1 import WorkflowMetadata

from activities.cipher import Cipher
from activities.keyring import Keyring
from schemas.public import Phrase
from workers.codec import ENCRYPTED, KEY_ID, PUBLIC, REASON, UNDECIPHERABLE, EncryptionCodec
from workers.converter import CarePayloadConverter

KEYRING = Keyring.in_memory()
CODEC = EncryptionCodec(Cipher(KEYRING))
CONVERTER = CarePayloadConverter()


def clear(text: str = "Wren Fable", **metadata: bytes) -> Payload:
    return Payload(metadata={"encoding": b"json/plain", **metadata}, data=json.dumps(text).encode())


async def test_payload_is_hidden_whole_and_comes_back() -> None:
    payload = clear(anything=b"Wren")
    [hidden] = await CODEC.encode([payload])
    assert hidden.metadata["encoding"] == ENCRYPTED
    assert hidden.metadata[KEY_ID] == b"k1"
    assert b"Wren" not in hidden.SerializeToString()
    assert b"json" not in hidden.SerializeToString()
    assert await CODEC.decode([hidden]) == [payload]


async def test_same_payload_never_looks_the_same() -> None:
    first, second = await CODEC.encode([clear(), clear()])
    assert first.data != second.data


async def test_clear_payload_passes_on_decoding() -> None:
    assert await CODEC.decode([clear()]) == [clear()]


async def test_workflow_metadata_stays_readable() -> None:
    [payload] = CONVERTER.to_payloads([WorkflowMetadata(current_details="Counting")])
    assert await CODEC.encode([payload]) == [payload]


async def test_public_text_stays_readable() -> None:
    [payload] = CONVERTER.to_payloads([Phrase.CARE_PATHWAY.text()])
    assert await CODEC.encode([payload]) == [payload]


async def test_same_words_without_the_type_are_hidden() -> None:
    [payload] = CONVERTER.to_payloads([str(Phrase.CARE_PATHWAY.value)])
    [hidden] = await CODEC.encode([payload])
    assert hidden.metadata["encoding"] == ENCRYPTED


@pytest.mark.parametrize("data", [b'"Wren Fable"', b'{"a": "Care pathway"}', b"Care pathway", b"\xff"])
async def test_mark_alone_publishes_nothing(data: bytes) -> None:
    forged = Payload(metadata={"encoding": b"json/plain", PUBLIC: b"phrase"}, data=data)
    [hidden] = await CODEC.encode([forged])
    assert hidden.metadata["encoding"] == ENCRYPTED


async def test_undecipherable_payload_says_why_and_is_not_lost() -> None:
    stranger = EncryptionCodec(Cipher(Keyring("k2", {"k2": bytes(32)})))
    [foreign] = await stranger.encode([clear()])
    [read] = await CODEC.decode([foreign])
    assert read.metadata["encoding"] == UNDECIPHERABLE
    assert read.metadata[REASON] == b"unknown_key"
    assert await CODEC.encode([read]) == [foreign]


async def test_wrong_key_of_the_same_name_is_told_from_an_unknown_one() -> None:
    namesake = EncryptionCodec(Cipher(Keyring.in_memory()))
    [read] = await CODEC.decode(await namesake.encode([clear()]))
    assert read.metadata[REASON] == b"not_authentic"


async def test_sealed_nonsense_is_undecipherable() -> None:
    key_id, sealed = Cipher(KEYRING).seal("temporal-payload", b"\x0a\xff")
    [read] = await CODEC.decode([Payload(metadata={"encoding": ENCRYPTED, KEY_ID: key_id.encode()}, data=sealed)])
    assert read.metadata["encoding"] == UNDECIPHERABLE


@given(
    key_id=st.none() | st.binary(max_size=8) | st.just(b"k1"),
    data=st.binary(max_size=80),
    encoding=st.sampled_from([ENCRYPTED, UNDECIPHERABLE, b"json/plain", b"\xff", b""]),
)
async def test_garbage_never_raises_and_is_answered_one_to_one(
    key_id: bytes | None, data: bytes, encoding: bytes
) -> None:
    payload = Payload(metadata={"encoding": encoding}, data=data)
    if key_id is not None:
        payload.metadata[KEY_ID] = key_id
    before = Payload.FromString(payload.SerializeToString())
    decoded = await CODEC.decode([payload, clear()])
    assert len(decoded) == 2
    assert len(await CODEC.encode(decoded)) == 2
    assert payload == before
