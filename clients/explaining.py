"""Finding a value of a protocol by its path, or by what is nearly its path."""

from __future__ import annotations

import difflib
from typing import Final

from schemas.protocol import Protocol
from schemas.protocol.leaves import Leaf, leaves, numbers

MOST_SUGGESTIONS: Final = 5


def found(protocol: Protocol, wanted: str) -> list[Leaf]:
    """The value at a path; or else the numbers whose path contains what is wanted, or else such words."""
    everything = list(leaves(protocol))
    exact = [one for one in everything if one.path == wanted]
    if exact:
        return exact
    alike = [one for one in everything if wanted.casefold() in one.path.casefold()]
    return [one for one in alike if one.numeric] or alike


def suggestions(protocol: Protocol, wanted: str) -> list[str]:
    """Paths that are spelled much like what is wanted."""
    return difflib.get_close_matches(wanted, [one.path for one in numbers(protocol)], MOST_SUGGESTIONS, 0.5)
