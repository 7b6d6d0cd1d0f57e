"""The blood pressure rule before a dose.

One reading in range is a go. One above it is repeated, and the mean of the last two decides; a single very high
reading holds at once. Limits and number of repeats are the protocol's (sources: there, ``vitals``).
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum

from schemas.protocol import BloodPressure, VitalsRules
from schemas.treatment import Reading, Setting


class Verdict(StrEnum):
    """What the readings so far mean."""

    MISSING = "missing"
    GO = "go"
    REPEAT = "repeat"
    PHYSICIAN = "physician"
    HOLD = "hold"


def assess(readings: Sequence[Reading], rules: VitalsRules, setting: Setting) -> Verdict:
    """Judge the readings of one arrival, in the order in which they were measured.

    A reading without both pressures can only hold; the gate reports it as missing.
    """
    if any(_reaches(r.vitals.systolic or 0, r.vitals.diastolic or 0, rules.immediate_hold) for r in readings):
        return Verdict.HOLD
    pressures = list(_counted(readings, rules))
    if not pressures:
        return Verdict.MISSING
    limits = rules.predose[setting]
    last_two = pressures[-2:]
    systolic = sum(pair[0] for pair in last_two) / len(last_two)
    diastolic = sum(pair[1] for pair in last_two) / len(last_two)
    if not _exceeds(systolic, diastolic, limits.go):
        return Verdict.GO
    if len(pressures) <= rules.max_repeats.value:
        return Verdict.REPEAT
    return Verdict.HOLD if _exceeds(systolic, diastolic, limits.hold_above) else Verdict.PHYSICIAN


def _counted(readings: Sequence[Reading], rules: VitalsRules) -> Iterator[tuple[int, int]]:
    """Whole readings in order of time; one that is taken too soon after the last that counts is no repetition."""
    gap = timedelta(minutes=rules.repeat_gap_min.value if rules.repeat_gap_min is not None else 0)
    last = None
    for reading in sorted(readings, key=lambda r: r.measured_at):
        systolic, diastolic = reading.vitals.systolic, reading.vitals.diastolic
        soon = last is not None and reading.measured_at - last < gap
        if systolic is not None and diastolic is not None and not soon:
            last = reading.measured_at
            yield systolic, diastolic


def _exceeds(systolic: float, diastolic: float, limit: BloodPressure) -> bool:
    return systolic > limit.systolic.value or diastolic > limit.diastolic.value


def _reaches(systolic: float, diastolic: float, limit: BloodPressure) -> bool:
    return systolic >= limit.systolic.value or diastolic >= limit.diastolic.value
