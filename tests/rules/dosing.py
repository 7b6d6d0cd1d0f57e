"""An independent reading of one session: what was measured, and whether a dose was safe at an instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas.protocol import BloodPressure, Protocol
from schemas.treatment import Dose, Reading, Setting


@dataclass
class Visit:
    """One booked session, as the record tells it."""

    id: str
    cycle: int
    setting: Setting
    starts_at: datetime
    checked_in_at: datetime | None = None
    reminded: bool = False
    over: bool = False
    readings: list[Reading] = field(default_factory=list)
    accepted: list[tuple[datetime, int]] = field(default_factory=list)
    """When a physician let readings pass, and how many there were."""
    doses: list[Dose] = field(default_factory=list)
    discharged_at: datetime | None = None

    def end_without_drug(self) -> None:
        """Cancelled or held."""
        assert not self.doses, "drug was given"
        self.over = True

    def measured(self, at: datetime) -> list[Reading]:
        """Readings up to an instant, in the order in which they were measured."""
        return sorted((one for one in self.readings if one.measured_at <= at), key=lambda one: one.measured_at)

    def latest(self, at: datetime) -> Reading | None:
        """The last reading up to an instant, if nothing is missing in it."""
        last = self.measured(at)[-1:]
        told = last[0].vitals if last else None
        whole = told is not None and None not in (told.systolic, told.diastolic, told.heart_rate, told.spo2)
        return last[0] if whole else None

    def acting(self, at: datetime) -> bool:
        """Whether drug acted and the patient was not yet discharged."""
        over = self.discharged_at is not None and at >= self.discharged_at
        return bool(self.doses) and at >= self.doses[0].given_at and not over


def require_safe(visit: Visit, protocol: Protocol, at: datetime) -> None:
    """Check-in and vital signs at the instant of a dose.

    Raises:
        AssertionError: The dose should not have been given.
    """
    rules = protocol.vitals
    assert visit.checked_in_at is not None
    assert visit.checked_in_at <= at
    assert not visit.over
    assert visit.discharged_at is None
    assert not visit.doses or at >= visit.doses[-1].given_at, "doses out of order"
    latest = visit.latest(at)
    assert latest is not None, "a vital sign is missing"
    assert at - latest.measured_at <= timedelta(minutes=rules.valid_min.value), "vital signs are too old"
    rate, oxygen = latest.vitals.heart_rate, latest.vitals.spo2
    assert rate is not None
    assert rules.heart_rate_min.value <= rate <= rules.heart_rate_max.value
    assert oxygen is not None
    assert oxygen >= rules.spo2_min.value
    _require_calm(visit, protocol, at)


def _require_calm(visit: Visit, protocol: Protocol, at: datetime) -> None:
    rules, limits = protocol.vitals, protocol.vitals.predose[visit.setting]
    told = [(one.vitals.systolic, one.vitals.diastolic) for one in visit.measured(at)]
    at_once = rules.immediate_hold
    assert all((s or 0) < at_once.systolic.value and (d or 0) < at_once.diastolic.value for s, d in told)
    pairs = _repetitions(visit.measured(at), rules.repeat_gap_min.value if rules.repeat_gap_min else 0)
    systolic, diastolic = (sum(values) / len(values) for values in zip(*pairs[-2:], strict=True))
    if not _within(systolic, diastolic, limits.go):
        assert len(pairs) > rules.max_repeats.value, "not repeated"
        assert _within(systolic, diastolic, limits.hold_above), "above the limit that nobody may override"
        known = len(visit.readings)
        assert any(when <= at and count == known for when, count in visit.accepted), "no physician let them pass"


def _repetitions(readings: list[Reading], gap_min: float) -> list[tuple[int, int]]:
    """Whole readings, each long enough after the one before it that counts."""
    counted: list[Reading] = []
    for one in readings:
        whole = one.vitals.systolic is not None and one.vitals.diastolic is not None
        if whole and (not counted or (one.measured_at - counted[-1].measured_at) / timedelta(minutes=1) >= gap_min):
            counted.append(one)
    return [(one.vitals.systolic or 0, one.vitals.diastolic or 0) for one in counted]


def _within(systolic: float, diastolic: float, limit: BloodPressure) -> bool:
    return systolic <= limit.systolic.value and diastolic <= limit.diastolic.value


def covers(spans: list[tuple[datetime, datetime | None]], at: datetime) -> bool:
    """Whether one of the spans, open-ended where it has no end, includes an instant."""
    return any(start <= at and (end is None or at < end) for start, end in spans)
