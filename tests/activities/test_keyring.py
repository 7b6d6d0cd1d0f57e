"""Key files: made once, never overwritten, closed to others, rotated without losing what is sealed."""

import json
import multiprocessing
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.cipher import Cipher, NotAuthentic
from activities.keyring import (
    PERSON_INDEX,
    Keyring,
    KeyringError,
    UnknownKey,
    activate_key,
    create_keyring,
    load_keyring,
    rotate_keyring,
)


def test_new_key_file_is_private_and_complete(tmp_path: Path) -> None:
    path = tmp_path / "made" / "keyring.json"
    created = create_keyring(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keyring(path) == created
    assert created.active == "k1"
    assert [entry.name for entry in path.parent.iterdir()] == ["keyring.json"]


def test_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    create_keyring(path)
    before = path.read_bytes()
    with pytest.raises(KeyringError, match="exists already"):
        create_keyring(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["keyring.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keyring.json"
    create_keyring(path)
    path.chmod(mode)
    with pytest.raises(KeyringError, match="chmod 600"):
        load_keyring(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"version": 1}',
        '{"version": 1, "active": "k1", "keys": [{"id": "k1", "secret": "not base64!"}]}',
        '{"version": 1, "active": "k1", "keys": [{"id": "k1", "secret": "c2hvcnQ="}]}',
        '{"version": 1, "active": "k2", "keys": []}',
        '{"version": 1, "active": "k1", "keys": [{"id": [], "secret": {}}]}',
    ],
)
def test_damaged_key_file_is_refused_without_quoting_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keyring.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyringError) as refused:
        load_keyring(path)
    assert "c2hvcnQ=" not in str(refused.value)
    assert "not base64" not in str(refused.value)


def test_missing_key_file_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="No such file"):
        load_keyring(tmp_path / "none.json")


def test_rotation_seals_anew_and_still_opens_the_old(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    old = Cipher(create_keyring(path))
    key_id, sealed = old.seal("journal", b"first", b"row 1")
    new = Cipher(rotate_keyring(path))
    assert new.open("journal", key_id, sealed, b"row 1") == b"first"
    assert new.seal("journal", b"second")[0] == "k2"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_running_process_reads_the_file_again_when_it_meets_a_new_key(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    running = Cipher(create_keyring(path))
    sealed = Cipher(rotate_keyring(path)).seal("journal", b"text")
    assert running.open("journal", *sealed) == b"text"
    assert running.seal("journal", b"text")[0] == "k2"


def test_unreadable_replacement_takes_no_key_away(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    running = Cipher(create_keyring(path))
    sealed = running.seal("journal", b"text")
    path.write_text("torn")
    with pytest.raises(UnknownKey):
        running.open("journal", "k2", b"\0" * 40)
    assert running.open("journal", *sealed) == b"text"


def test_key_can_be_distributed_before_it_seals(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    create_keyring(path)
    assert rotate_keyring(path, activate=False).active == "k1"
    assert activate_key(path, "k2").active == "k2"
    with pytest.raises(KeyringError, match="no key k3"):
        activate_key(path, "k3")


def test_rotations_at_once_lose_no_key(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    create_keyring(path)
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        pool.map(rotate_keyring, [path] * 6)
    assert list(load_keyring(path).keys) == [f"k{number}" for number in range(1, 8)]


def test_person_index_outlives_rotation_and_nothing_else_does(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    before, after = create_keyring(path), rotate_keyring(path)
    assert after.derive(PERSON_INDEX) == before.derive(PERSON_INDEX)
    assert after.derive("journal") != before.derive("journal")
    assert after.derive("journal", "k1") == before.derive("journal")


def test_purposes_share_no_key() -> None:
    keyring = Keyring.in_memory()
    derived = {keyring.derive(purpose) for purpose in ("temporal-payload", "journal", PERSON_INDEX)}
    assert len(derived) == 3
    assert keyring.keys["k1"] not in derived


def test_secrets_are_in_no_repr(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    keyring = create_keyring(path)
    keyring.derive("journal")
    secret = json.loads(path.read_text())["keys"][0]["secret"]
    assert secret not in repr(keyring)
    assert repr(keyring.keys["k1"]) not in repr(keyring)


@given(plaintext=st.binary(max_size=200), aad=st.binary(max_size=20), flip=st.integers(min_value=0))
def test_any_altered_bit_is_noticed(plaintext: bytes, aad: bytes, flip: int) -> None:
    cipher = Cipher(Keyring.in_memory())
    key_id, sealed = cipher.seal("journal", plaintext, aad)
    assert cipher.open("journal", key_id, sealed, aad) == plaintext
    altered = bytearray(sealed)
    altered[flip % len(sealed)] ^= 1 << (flip % 8)
    with pytest.raises(NotAuthentic):
        cipher.open("journal", key_id, bytes(altered), aad)


def test_purpose_context_key_and_length_are_bound() -> None:
    one = Keyring.in_memory()
    same_secret_twice = Keyring("k1", {"k1": one.keys["k1"], "k2": one.keys["k1"]})
    cipher = Cipher(same_secret_twice)
    key_id, sealed = cipher.seal("journal", b"text", b"row 1")
    for purpose, key, text, aad in (
        ("other", key_id, sealed, b"row 1"),
        ("journal", key_id, sealed, b"row 2"),
        ("journal", "k2", sealed, b"row 1"),
        ("journal", key_id, sealed[:27], b"row 1"),
        ("journal", key_id, b"", b"row 1"),
    ):
        with pytest.raises(NotAuthentic):
            cipher.open(purpose, key, text, aad)
    with pytest.raises(UnknownKey, match="no such key"):
        cipher.open("journal", "Wren Fable", sealed)
