"""Rules of the screening: what is told and measured is recorded; only a physician clears, accepts or decides."""

from workflows.rules.screening.health import (
    accept_lab,
    clear_condition,
    condition_cleared,
    health_history_recorded,
    lab_accepted,
    lab_recorded,
    record_health_history,
    record_labs,
    record_weight,
    screening_lapsed,
    weight_recorded,
)
from workflows.rules.screening.medications import (
    accept_medication,
    medication_accepted,
    medication_stopped,
    medications_recorded,
    record_medications,
    stop_medication,
    washout_passed,
)
from workflows.rules.screening.standing import barriers, require_screened, suspends, uncleared, undecided

__all__ = [
    "accept_lab",
    "accept_medication",
    "barriers",
    "clear_condition",
    "condition_cleared",
    "health_history_recorded",
    "lab_accepted",
    "lab_recorded",
    "medication_accepted",
    "medication_stopped",
    "medications_recorded",
    "record_health_history",
    "record_labs",
    "record_medications",
    "record_weight",
    "require_screened",
    "screening_lapsed",
    "stop_medication",
    "suspends",
    "uncleared",
    "undecided",
    "washout_passed",
    "weight_recorded",
]
