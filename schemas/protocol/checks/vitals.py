"""Contradictions between limits of vital signs: before a dose, after it, and in an emergency."""

from collections.abc import Iterator

from schemas.protocol.checks.problem import Problem, unless
from schemas.protocol.document import Protocol
from schemas.protocol.monitoring import MonitoringRules
from schemas.protocol.vitals import BloodPressure, VitalsRules

MOST_PADSS = 10
"""The post-anaesthetic discharge score has no more points."""


def problems(protocol: Protocol) -> Iterator[Problem]:
    """Limits in the order in which they are reached."""
    rules, monitoring = protocol.vitals, protocol.monitoring
    for setting, limits in rules.predose.items():
        path = f"vitals.predose.{setting}"
        yield from _pressure(limits.go, f"{path}.go")
        yield from _pressure(limits.hold_above, f"{path}.hold_above")
        yield from _at_most(limits.go, limits.hold_above, f"{path}.go", "hold_above of the same setting")
        yield from _at_most(limits.hold_above, rules.immediate_hold, f"{path}.hold_above", "immediate_hold")
        if limits.go_older is not None:
            yield from _pressure(limits.go_older.go, f"{path}.go_older.go")
            yield from _at_most(limits.go_older.go, limits.hold_above, f"{path}.go_older.go", "hold_above")
        pulse = rules.heart_rate_min.value < rules.heart_rate_max_in(setting).value <= rules.heart_rate_max.value
        sentence = "It is above heart_rate_max, or not above heart_rate_min."
        yield from unless(pulse, f"{path}.heart_rate_max", sentence)
        if monitoring is not None:
            yield from _at_most(limits.go, monitoring.alert.pressure, f"{path}.go", "what alarms after a dose")
    yield from _pressure(rules.immediate_hold, "vitals.immediate_hold")
    rates = rules.heart_rate_min.value < rules.heart_rate_max.value
    yield from unless(rates, "vitals.heart_rate_min", "It is not below heart_rate_max.")
    yield from unless(rules.valid_min.value > 0, "vitals.valid_min", "No reading would ever be recent.")
    if rules.repeat_gap_min is not None:
        gap = rules.repeat_gap_min.value * rules.max_repeats.value <= rules.valid_min.value
        sentence = "The first reading would be too old before the last repeat."
        yield from unless(gap, "vitals.repeat_gap_min", sentence)
    if monitoring is not None:
        yield from _monitoring(monitoring, rules)


def _pressure(limits: BloodPressure, path: str) -> Iterator[Problem]:
    below = limits.diastolic.value < limits.systolic.value
    yield from unless(below, f"{path}.diastolic", "A diastolic limit lies below the systolic one.")


def _at_most(low: BloodPressure, high: BloodPressure, path: str, what: str) -> Iterator[Problem]:
    for name in ("systolic", "diastolic"):
        fits = getattr(low, name).value <= getattr(high, name).value
        yield from unless(fits, f"{path}.{name}", f"It is above {what}.")


def _monitoring(rules: MonitoringRules, before: VitalsRules) -> Iterator[Problem]:
    alert, stop, emergency = rules.alert, rules.stop, rules.emergency
    for name, limits in (("alert", alert.pressure), ("stop", stop.pressure)):
        yield from _pressure(limits, f"monitoring.{name}.pressure")
    yield from _pressure(emergency.pressure_with_symptoms, "monitoring.emergency.pressure_with_symptoms")
    yield from _at_most(
        stop.pressure, emergency.pressure_with_symptoms, "monitoring.stop.pressure", "what is an emergency"
    )
    # Each lower limit gives way to a graver one further down; upper limits to one further up.
    for low, high, path, sentence in (
        (emergency.spo2_below, stop.spo2_below, "monitoring.stop.spo2_below", "It is below what is an emergency."),
        (stop.spo2_below, alert.spo2_below, "monitoring.alert.spo2_below", "It is below what stops further drug."),
        (alert.spo2_below, before.spo2_min, "vitals.spo2_min", "What is in range before a dose alarms after it."),
        (alert.heart_rate_above, stop.heart_rate_above, "monitoring.alert.heart_rate_above", "It is above stop."),
        (
            before.heart_rate_max,
            alert.heart_rate_above,
            "vitals.heart_rate_max",
            "What is in range before a dose alarms after it.",
        ),
        (
            alert.heart_rate_below,
            before.heart_rate_min,
            "vitals.heart_rate_min",
            "What is in range before a dose alarms after it.",
        ),
        (
            emergency.respiratory_rate_below,
            alert.respiratory_rate_below,
            "monitoring.alert.respiratory_rate_below",
            "It is below what is an emergency.",
        ),
    ):
        yield from unless(low is None or high is None or low.value <= high.value, path, sentence)
    yield from unless(rules.late_min.value > 0, "monitoring.late_min", "Every reading would be late.")
    score = rules.discharge.padss_min.value <= MOST_PADSS
    yield from unless(score, "monitoring.discharge.padss_min", "The score has no more than ten points.")
    graded = rules.adverse_events.review_from_grade.value >= 1
    yield from unless(graded, "monitoring.adverse_events.review_from_grade", "Grades begin at 1.")
