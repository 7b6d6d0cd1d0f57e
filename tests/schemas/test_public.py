"""Public texts: phrases and whole numbers, nothing else."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.public import Phrase, PublicText, is_public


def test_phrase_with_its_numbers() -> None:
    assert Phrase.WRITE_JOURNAL.text(number=3) == "Write 3 journal entries"


@pytest.mark.parametrize("numbers", [{}, {"number": -1}, {"number": 1234567}])
def test_phrase_without_a_sound_number_is_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="phrase"):
        Phrase.WRITE_JOURNAL.text(**numbers)


@pytest.mark.parametrize(
    "text",
    [
        "Wren Fable",
        "Care pathway of Wren Fable",
        "Care pathway\n",
        "Write x journal entries",
        "Write ٣ journal entries",
        "",
    ],
)
def test_free_text_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="no public phrase") as refused:
        PublicText(text)
    assert not text or text not in str(refused.value)


@given(st.text())
def test_arbitrary_text_is_not_public(text: str) -> None:
    assert is_public(text) == (text in {phrase.value for phrase in Phrase})


def test_copies_stay_public() -> None:
    text = Phrase.NEXT_DUE.text()
    assert type(copy.deepcopy(text)) is PublicText
    assert type(pickle.loads(pickle.dumps(text))) is PublicText
