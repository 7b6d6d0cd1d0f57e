"""Recognising medications: by ingredient, whatever name is on the package and whatever is written around it.

Nothing is guessed. A name that is only much like a known one, or that has words left over, is not recognised; a
physician looks at it, with the suggestion beside it.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable

from schemas.protocol import MedicationRules
from schemas.screening import Medication, MedicationAction

STRICTEST_FIRST = tuple(MedicationAction)
"""In the order of the enumeration."""

ALIKE = 0.8
"""Likeness of two spellings, between 0 and 1, from which one is suggested for the other; it decides nothing."""

_WORD = re.compile(r"[^\W\d_]+")

Words = tuple[str, ...]


def classify(names: Iterable[str], rules: MedicationRules) -> tuple[Medication, ...]:
    """Each name as the ingredients, classes and action it stands for, in the order given."""
    known = _known(rules)
    unspecific = {word for text in rules.unspecific_words for word in _words(text)}
    return tuple(_recognised(name, known, unspecific, rules) for name in names)


def _recognised(name: str, known: dict[Words, str], unspecific: set[str], rules: MedicationRules) -> Medication:
    words = _words(name)
    found: list[str] = []
    left: list[str] = []
    longest = max(map(len, known))
    at = 0
    while at < len(words):
        for length in range(longest, 0, -1):
            ingredient = known.get(words[at : at + length])
            if ingredient is not None:
                found.append(ingredient)
                at += length
                break
        else:
            if words[at] not in unspecific:
                left.append(words[at])
            at += 1
    ingredients = tuple(sorted(set(found)))
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
    )


def _known(rules: MedicationRules) -> dict[Words, str]:
    return {
        _words(name): ingredient
        for group in rules.classes.values()
        for ingredient, brands in group.ingredients.items()
        for name in (ingredient, *brands)
    }


def _suggestion(left: list[str], known: dict[Words, str]) -> str | None:
    single = {words[0]: ingredient for words, ingredient in known.items() if len(words) == 1}
    for word in left:
        for alike in difflib.get_close_matches(word, sorted(single), n=1, cutoff=ALIKE):
            return single[alike]
    return None


def _words(text: str) -> Words:
    """Letters only: doses, signs, accents and case say nothing about what it is."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return tuple(_WORD.findall("".join(sign for sign in plain if not unicodedata.combining(sign))))
