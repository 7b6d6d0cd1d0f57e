"""Tokens of links: what was sealed comes back, and nothing else opens."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.cipher import Cipher
from activities.keyring import Keyring, create_keyring, rotate_keyring
from activities.tokens import TokenInvalid, make_token, open_token

CIPHER = Cipher(Keyring.in_memory())


@given(st.binary(max_size=300))
def test_a_token_gives_back_what_it_stands_for(content: bytes) -> None:
    assert open_token(CIPHER, "link", make_token(CIPHER, "link", content)) == content


def test_a_token_says_nothing_readable() -> None:
    assert "p-secret" not in make_token(CIPHER, "link", b"p-secret")


def test_a_token_opens_for_its_purpose_only() -> None:
    token = make_token(CIPHER, "link", b"p-1")
    with pytest.raises(TokenInvalid):
        open_token(CIPHER, "other", token)


def test_a_token_of_another_installation_is_refused() -> None:
    with pytest.raises(TokenInvalid):
        open_token(Cipher(Keyring.in_memory()), "link", make_token(CIPHER, "link", b"p-1"))


@given(st.data())
def test_no_altered_token_opens(data: st.DataObject) -> None:
    token = make_token(CIPHER, "link", b"p-1")
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda sign: sign != token[place]))
    changed = token[:place] + other + token[place + 1 :]
    try:
        # Base64's last sign may have spare bits, which stand for nothing.
        assert open_token(CIPHER, "link", changed) == b"p-1"
        assert place == len(token) - 1
    except TokenInvalid:
        pass


@pytest.mark.parametrize("text", ["", "k1", "k1.", "k1.short", "k9." + "A" * 60, "k1." + "A" * 61, "k1." + "é" * 40])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenInvalid):
        open_token(CIPHER, "link", text)


def test_a_token_outlives_the_rotation_of_keys(tmp_path: Path) -> None:
    cipher = Cipher(create_keyring(tmp_path / "keys.json"))
    token = make_token(cipher, "link", b"p-1")
    assert open_token(Cipher(rotate_keyring(tmp_path / "keys.json")), "link", token) == b"p-1"
