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
    infusion_ended_at: datetime | None = None
    discharged_at: datetime | None = None
    stopped: bool = False
    """An emergency was declared while the patient was there."""
    cancelled: list[Visit] = field(default_factory=list)
    """Visits before this one that were cancelled although the patient was there, without a hold since."""

    @property
    def last_drug_at(self) -> datetime:
        """When drug last went in: a dose, or the end of an infusion."""
        given = [dose.given_at for dose in self.doses]
        return max(given if self.infusion_ended_at is None else [*given, self.infusion_ended_at])

    def brought_along(self, protocol: Protocol) -> list[Reading]:
        """Readings of those that a new booking does not undo, in the order in which they were measured."""
        hours, arrived = protocol.vitals.carried_h, self.checked_in_at
        if hours is None or arrived is None:
            return []
        told = [one for visit in self.cancelled for one in visit.readings]
        recent = [one for one in told if timedelta(0) <= arrived - one.measured_at <= timedelta(hours=hours.value)]
        return sorted(recent, key=lambda one: one.measured_at)

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
    assert rules.heart_rate_min.value <= rate <= rules.heart_rate_max_in(visit.setting).value
    assert oxygen is not None
    assert oxygen >= rules.spo2_min.value
    _require_calm(visit, protocol, at)


def _require_calm(visit: Visit, protocol: Protocol, at: datetime) -> None:
    """The first dose is judged by the arrival, a further one by what was measured since the last."""
    rules, limits = protocol.vitals, protocol.vitals.predose[visit.setting]
    since = visit.doses[-1].given_at if visit.doses else None
    at_once = rules.immediate_hold
    told = [(one.vitals.systolic, one.vitals.diastolic) for one in visit.measured(at)]
    assert all((s or 0) < at_once.systolic.value and (d or 0) < at_once.diastolic.value for s, d in told)
    readings = [one for one in visit.measured(at) if since is None or one.measured_at > since]
    assert readings, "not measured since the last dose"
    before = [] if since is not None else visit.brought_along(protocol)
    pairs = _repetitions([*before, *readings], rules.repeat_gap_min.value if rules.repeat_gap_min else 0, limits.go)
    while pairs and _within(*pairs[0], limits.go):
        pairs.pop(0)
    if not pairs:
        return
    passed = [_passes(pairs[: number + 1], limits.go) for number in range(len(pairs))]
    if passed[-1] and all(passed[int(rules.max_repeats.value) :]):
        return
    assert since is None, "a further dose above go"
    assert len(pairs) > rules.max_repeats.value, "not repeated"
    assert _within(*_mean(pairs), limits.hold_above), "above the limit that nobody may override"
    known = len(visit.readings)
    assert any(when <= at and count == known for when, count in visit.accepted), "no physician let them pass"


def _passes(pairs: list[tuple[int, int]], go: BloodPressure) -> bool:
    return _within(*_mean(pairs), go) and _within(*pairs[-1], go)


def _mean(pairs: list[tuple[int, int]]) -> tuple[float, float]:
    systolic, diastolic = (sum(values) / len(values) for values in zip(*pairs[-2:], strict=True))
    return systolic, diastolic


def _repetitions(readings: list[Reading], gap_min: float, go: BloodPressure) -> list[tuple[int, int]]:
    """Each long enough after the one before it that counts; a high one too soon makes that one as high."""
    kept: list[tuple[datetime, int, int]] = []
    for one in readings:
        systolic, diastolic = one.vitals.systolic or 0, one.vitals.diastolic or 0
        calm = _within(systolic, diastolic, go)
        if calm and None in (one.vitals.systolic, one.vitals.diastolic):
            continue
        if not kept or (one.measured_at - kept[-1][0]) / timedelta(minutes=1) >= gap_min:
            kept.append((one.measured_at, systolic, diastolic))
        elif not calm:
            when, higher, lower = kept.pop()
            kept.append((when, max(higher, systolic), max(lower, diastolic)))
    return [(systolic, diastolic) for _, systolic, diastolic in kept]


def _within(systolic: float, diastolic: float, limit: BloodPressure) -> bool:
    return systolic <= limit.systolic.value and diastolic <= limit.diastolic.value


def covers(spans: list[tuple[datetime, datetime | None]], at: datetime) -> bool:
    """Whether one of the spans, open-ended where it has no end, includes an instant."""
    return any(start <= at and (end is None or at < end) for start, end in spans)
