"""Which readings count for the next dose: for the first one the arrival's, for a booster those since the last dose."""

from datetime import datetime, timedelta

from schemas.pathway import Pathway, Session
from schemas.treatment import Reading
from workflows.rules.blood_pressure import Verdict, assess, holds_at_once


def pressure_verdict(state: Pathway, session: Session, at: datetime | None = None) -> Verdict:
    """What the blood pressures up to ``at`` mean for the dose that would come next."""
    rules, last = state.protocol.vitals, session.last_dose
    known = [one for one in session.readings if at is None or one.measured_at <= at]
    if last is None:
        return assess((*carried(state, session), *known), rules, session.setting, age_of(state))
    if any(holds_at_once(one, rules) for one in known):
        return Verdict.HOLD
    since = [one for one in known if one.measured_at > last.given_at]
    return assess(since, rules, session.setting, age_of(state))


def age_of(state: Pathway) -> int | None:
    """The patient's age in years, as the health history tells it."""
    return state.screening.history.age_years if state.screening.history is not None else None


def carried(state: Pathway, session: Session) -> tuple[Reading, ...]:
    """Readings of a booking that was cancelled shortly before this check-in: booking anew does not undo them.

    A held booking needs none of this: its hold waits for a physician, who has then judged its readings.
    """
    before, hours, arrived = state.broken_off, state.protocol.vitals.carried_h, session.checked_in_at
    if before is None or before.held or before.id == session.id or hours is None or arrived is None:
        return ()
    since = arrived - timedelta(hours=hours.value)
    return tuple(one for one in (*before.carried, *before.readings) if since <= one.measured_at <= arrived)


def latest_complete(session: Session, at: datetime) -> Reading | None:
    """The last reading up to ``at``, if it has every vital sign that a dose waits for.

    A later reading that is incomplete is not passed over: what it says or leaves out may be why it was taken.
    """
    known = sorted((r for r in session.readings if r.measured_at <= at), key=lambda reading: reading.measured_at)
    return known[-1] if known and known[-1].vitals.is_complete else None
