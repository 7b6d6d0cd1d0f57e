"""Units and magnitudes: a number in another unit than its field means, or one that can only be a slip of the pen."""

import re
from collections.abc import Iterator
from typing import Final

from schemas.protocol.checks.problem import Problem
from schemas.protocol.document import Protocol
from schemas.protocol.leaves import Leaf, numbers

_UNITS: Final = (
    (r"(systolic|diastolic)", r"mmHg"),
    (r"(heart_rate|respiratory_rate)\w*", r"1/min"),
    (r"spo2_for_s", r"s"),
    (r"spo2\w*", r"%"),
    (r"padss_min", r"points"),
    (r"\w*_mg_per_kg", r"mg/kg"),
    (r"\w*_mg", r"mg.*"),
    (r"\w*_percent", r"%.*"),
    (r"\w*_c", r"°C"),
    (r"(\w+_)?hours(_\w+)?|\w*_h", r"h"),
    (r"(\w+_)?days(_\w+)?", r"d"),
    (r"\w*_weeks", r"weeks"),
    (r"\w*_months", r"months"),
    (r"\w*_years", r"years"),
    (r"\w*_min", r"min"),
    (r"\w*_s", r"s"),
)
"""What the name of a field says about its unit; the first that fits. The rules count in these units."""

_MOST: Final = {
    "s": 86_400,
    "min": 10_080,
    "h": 17_544,
    "d": 3_660,
    "weeks": 520,
    "months": 120,
    "years": 120,
    "mmHg": 300,
    "1/min": 300,
    "%": 100,
    "°C": 45,
    "mg": 2_000,
    "mg/kg": 20,
    "points": 1_000,
    "grade": 5,
}
"""Beyond it a number is a slip of the pen, whatever anybody thinks is right: seconds of a day, hours of two years."""

_WHOLE: Final = ("sessions", "doses", "refills", "readings", "items", "item number", "points", "grade")
"""Units that are counted."""


def problems(protocol: Protocol) -> Iterator[Problem]:
    """Each number by itself."""
    for leaf in numbers(protocol):
        if not isinstance(leaf.value, str):
            yield from _of(leaf)


def _of(leaf: Leaf) -> Iterator[Problem]:
    value, unit = float(leaf.value), leaf.unit
    name = next(part for part in reversed(leaf.path.split(".")) if not part.isdigit())
    meant = next((meant for pattern, meant in _UNITS if re.fullmatch(pattern, name)), None)
    if meant is not None and not re.fullmatch(meant, unit):
        yield Problem(leaf.path, f"The rules count it in {meant.removesuffix('.*')}; another unit is given.")
    elif value < 0:
        yield Problem(leaf.path, "It is negative.")
    elif value > _MOST.get(unit, float("inf")):
        yield Problem(leaf.path, f"It is more than {_MOST[unit]:g} {unit}: a slip of the pen.")
    elif unit in _WHOLE and value != int(value):
        yield Problem(leaf.path, "It is counted, and is no whole number.")
