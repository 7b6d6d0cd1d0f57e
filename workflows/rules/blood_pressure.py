"""The blood pressure rule before a dose.

A reading in range is a go. From the first one above it on, readings are repeated, and the mean of the last two decides;
when all repeats are used, a physician does. A single very high reading holds at once. Limits and number of repeats are
the protocol's (sources: there, ``vitals``).
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import dropwhile

from schemas.protocol import BloodPressure, VitalsRules
from schemas.treatment import Reading, Setting

Pressure = tuple[int, int]


class Verdict(StrEnum):
    """What the readings so far mean."""

    MISSING = "missing"
    GO = "go"
    REPEAT = "repeat"
    PHYSICIAN = "physician"
    HOLD = "hold"


def assess(readings: Sequence[Reading], rules: VitalsRules, setting: Setting, age_years: int | None = None) -> Verdict:
    """Judge the readings of one arrival, in the order in which they were measured.

    Half a pressure is never in range: above go it counts against the dose, else it is as if nothing was measured.
    """
    if any(holds_at_once(reading, rules) for reading in readings):
        return Verdict.HOLD
    hold_above, go = rules.predose[setting].hold_above, rules.predose[setting].go_at(age_years)
    pressures = _counted(readings, rules, go)
    if not pressures:
        return Verdict.MISSING
    verdict, series = Verdict.GO, list(dropwhile(lambda pair: not _exceeds(*pair, go), pressures))
    for number in range(1, len(series) + 1):
        last_two = series[:number][-2:]
        mean = (sum(pair[0] for pair in last_two) / len(last_two), sum(pair[1] for pair in last_two) / len(last_two))
        # Measured often enough, everybody is once in range: what went to a physician stays there.
        undecided = verdict in (Verdict.GO, Verdict.REPEAT)
        if undecided and not _exceeds(*mean, go) and not _exceeds(*last_two[-1], go):
            verdict = Verdict.GO
        elif number <= rules.max_repeats.value:
            verdict = Verdict.REPEAT
        elif verdict is Verdict.HOLD or _exceeds(*mean, hold_above):
            verdict = Verdict.HOLD
        else:
            verdict = Verdict.PHYSICIAN
    return verdict


def holds_at_once(reading: Reading, rules: VitalsRules) -> bool:
    """Whether a single reading is so high that it holds alone, be it half a pressure."""
    limit = rules.immediate_hold
    systolic, diastolic = reading.vitals.systolic or 0, reading.vitals.diastolic or 0
    return systolic >= limit.systolic.value or diastolic >= limit.diastolic.value


def is_above_go(reading: Reading, go: BloodPressure) -> bool:
    """Whether a reading, be it half a pressure, is above go."""
    return _exceeds(reading.vitals.systolic or 0, reading.vitals.diastolic or 0, go)


def _counted(readings: Sequence[Reading], rules: VitalsRules, go: BloodPressure) -> list[Pressure]:
    """Readings that count, in order of time: whole ones, and halves above go.

    One that is taken too soon after the last that counts is no repetition. Above go it is not passed over, either: it
    makes the one before as high as itself.
    """
    gap = timedelta(minutes=rules.repeat_gap_min.value if rules.repeat_gap_min is not None else 0)
    counted: list[Pressure] = []
    last = None
    for reading in sorted(readings, key=lambda r: r.measured_at):
        systolic, diastolic = reading.vitals.systolic or 0, reading.vitals.diastolic or 0
        high = _exceeds(systolic, diastolic, go)
        if not high and not (systolic and diastolic):
            continue
        if last is None or reading.measured_at - last >= gap:
            last = reading.measured_at
            counted.append((systolic, diastolic))
        elif high:
            counted[-1] = (max(counted[-1][0], systolic), max(counted[-1][1], diastolic))
    return counted


def _exceeds(systolic: float, diastolic: float, limit: BloodPressure) -> bool:
    return systolic > limit.systolic.value or diastolic > limit.diastolic.value
