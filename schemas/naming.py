"""How a name that somebody wrote is compared with a known one: without case, accents, spaces and punctuation."""

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+|\d+")


@lru_cache(maxsize=4096)  # a protocol has a thousand names, and is read with every state that is taken over
def words_of(text: str) -> tuple[str, ...]:
    """The runs of letters and the runs of digits of a text, in plain lower case."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return tuple(_WORD.findall("".join(sign for sign in plain if not unicodedata.combining(sign))))


def squashed(text: str) -> str:
    """The letters and digits of a text, and nothing else."""
    return "".join(words_of(text))
