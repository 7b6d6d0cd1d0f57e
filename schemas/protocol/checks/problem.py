"""What a check finds."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple


class Problem(NamedTuple):
    """Something wrong: the dotted path, and a sentence."""

    path: str
    sentence: str


def unless(condition: object, path: str, sentence: str) -> Iterator[Problem]:
    """The problem, unless the condition holds."""
    if not condition:
        yield Problem(path, sentence)


def rising(values: Sequence[float], path: str, *, strictly: bool = True) -> Iterator[Problem]:
    """The first value of a list that does not follow the one before it."""
    for number, (before, after) in enumerate(pairwise(values), start=1):
        if after < before or (strictly and after == before):
            yield Problem(f"{path}.{number}", "It comes before the one that stands before it.")
            return
