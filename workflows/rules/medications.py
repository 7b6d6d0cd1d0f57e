"""Recognising medications: by ingredient, whatever name is on the package and whatever is written around it.

Nothing is guessed. A name that is only much like a known one, or that has words left over, is not recognised; a
physician looks at it, with the suggestion beside it.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from schemas.naming import squashed, words_of
from schemas.protocol import MedicationRules
from schemas.screening import Medication, MedicationAction

STRICTEST_FIRST = tuple(MedicationAction)
"""In the order of the enumeration."""

ALIKE = 0.8
"""Likeness of two spellings, between 0 and 1, from which one is suggested for the other; it decides nothing."""


class _Names(NamedTuple):
    meaning: Mapping[str, tuple[str, ...]]
    """Ingredients by name, without spaces and punctuation."""
    longest: int
    unspecific: frozenset[str]


def classify(names: Iterable[str], rules: MedicationRules) -> tuple[Medication, ...]:
    """Each name as the ingredients, classes and action it stands for, in the order given."""
    meaning = {squashed(name): ingredients for name, ingredients in rules.names()}
    unspecific = frozenset(word for text in rules.unspecific_words for word in words_of(text))
    known = _Names(meaning, max(map(len, meaning)), unspecific)
    return tuple(_recognised(name, known, rules) for name in names)


def _recognised(name: str, known: _Names, rules: MedicationRules) -> Medication:
    found, left, beside = _read(words_of(name), known)
    ingredients = tuple(sorted(found))
    classes = [
        (code, group) for code, group in rules.classes.items() if any(one in group.ingredients for one in ingredients)
    ]
    actions = [group.action for _, group in classes]
    recognised = bool(ingredients) and not left
    if not recognised:
        actions.append(rules.unrecognised)
    return Medication(
        name=name,
        ingredients=ingredients,
        classes=tuple(code for code, _ in classes),
        action=min(actions, key=STRICTEST_FIRST.index),
        recognised=recognised,
        suggestion=None if recognised else _suggestion(left, known),
        strength=beside if any(group.flag_above_mg is not None for _, group in classes) else None,
    )


def _read(words: tuple[str, ...], known: _Names) -> tuple[set[str], list[str], str | None]:
    """The ingredients named, the words that nothing explains, and what says how much and how often.

    Numbers are doses, unless they belong to a name.
    """
    found: set[str] = set()
    left: list[str] = []
    beside: list[str] = []
    start = 0
    while start < len(words):
        end = _end_of_name(words, start, known)
        if end is not None:
            found.update(known.meaning["".join(words[start:end])])
        elif not words[start].isdecimal() and words[start] not in known.unspecific:
            left.append(words[start])
        else:
            beside.append(words[start])
        start = end or start + 1
    return found, left, " ".join(beside) or None


def _end_of_name(words: tuple[str, ...], start: int, known: _Names) -> int | None:
    """Where the longest known name ends that begins at ``start``, spaced however it may be."""
    name, end = "", None
    for place in range(start, len(words)):
        name += words[place]
        if len(name) > known.longest:
            break
        if name in known.meaning:
            end = place + 1
    return end


def _suggestion(left: list[str], known: _Names) -> str | None:
    """An ingredient that what is left over is spelled much like, or its longest word.

    Not every word is tried: a long list of strange ones must not hold the pathway up.
    """
    for word in (max(left, key=len, default=""), "".join(left)):
        for alike in difflib.get_close_matches(word, sorted(known.meaning), n=1, cutoff=ALIKE):
            return known.meaning[alike][0]
    return None
