"""Words that may stand readable in Temporal's store: summaries built from fixed phrases and counts, nothing else.

Everything else that reaches Temporal is encrypted, and an operator without the key sees only ciphertext. A text of this
type says nothing about a person by construction, so the codec lets it pass. Free text cannot become public by accident:
what matches no phrase below is refused on construction, and the codec checks once more.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Self


class Phrase(StrEnum):
    """Every sentence an operator may read without a key. ``{braces}`` take whole numbers, nothing else."""

    REFERRAL_INTAKE = "Referral intake"
    CARE_PATHWAY = "Care pathway"
    NEXT_DUE = "Next due instant"
    WRITE_JOURNAL = "Write {number} journal entries"
    SEND_MESSAGE = "Send message {number}"
    PAGE = "Page staff"
    RECORD_PAGES = "Record {number} pages"
    CLINIC_ROUND = "Clinic-wide round"
    COLLECT_DIGESTS = "Collect digests"
    TAKE_INVENTORY = "Compare records with pathways"

    def text(self, **numbers: int) -> PublicText:
        """The phrase with its numbers filled in.

        Raises:
            ValueError: A number is missing, or is no whole number of at most six digits.
        """
        try:
            return PublicText(self.value.format(**numbers))
        except KeyError as missing:
            raise ValueError(f"the phrase needs a number for {missing}") from None


_READABLE = re.compile(
    "|".join(re.sub(r"\\\{\w+\\\}", r"[0-9]{1,6}", re.escape(phrase.value)) for phrase in Phrase), re.ASCII
)


class PublicText(str):
    """A text made of one :class:`Phrase`; see there for how to build one."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Admit a text that matches a phrase.

        Raises:
            ValueError: It matches none. The text is not repeated, for it may be about a person.
        """
        if not is_public(text):
            raise ValueError("no public phrase reads like this")
        return super().__new__(cls, text)


def is_public(text: str) -> bool:
    """Whether a text is nothing but one of the fixed phrases with whole numbers filled in."""
    return _READABLE.fullmatch(text) is not None
