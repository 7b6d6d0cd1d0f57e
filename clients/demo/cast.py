"""Who appears in the demo. All of them are invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from schemas.actors import Role
from schemas.clock import Clock
from schemas.measures import Instrument
from schemas.messages import Contact
from schemas.referral import Person, Referral, ReferralSource
from schemas.treatment import Setting

ZONE: Final = "America/Denver"

CLOCK: Final = Clock(epoch=datetime(2027, 1, 11, 15, 0, tzinfo=UTC), scale=21_600.0)
"""One real second is six hours, so that a day takes four seconds."""

TEAM: Final = (
    Contact(id="dr-sage", role=Role.PHYSICIAN, name="Sage Mountebank", email="sage@example.org", zone=ZONE),
    Contact(id="dr-rowan", role=Role.PHYSICIAN, name="Rowan Understudy", email="rowan@example.org", zone=ZONE),
    Contact(id="th-fern", role=Role.THERAPIST, name="Fern Storybook", email="fern@example.org", zone=ZONE),
    Contact(id="co-moss", role=Role.COORDINATOR, name="Moss Ledger", email="moss@example.org", zone=ZONE),
    Contact(id="nu-reed", role=Role.NURSE, name="Reed Placeholder", email="reed@example.org", zone=ZONE),
)


def _referral(number: int, given_name: str, family_name: str, setting: Setting) -> Referral:
    return Referral(
        referral_id=f"demo-{number}",
        sender="demo",
        source=ReferralSource.SELF,
        patient=Person(
            given_name=given_name,
            family_name=family_name,
            birth_date=date(1980, 1, number),
            email=f"{given_name.lower()}@example.org",
            zone=ZONE,
            residence="CO",
        ),
        setting=setting,
        concern="Low mood for two years, in spite of two treatments.",
        goals=("Sleep through the night.",),
        therapist_id="th-fern",
        clock=CLOCK,
    )


IN_CLINIC: Final = _referral(1, "Wren", "Fable", Setting.CLINIC)
AT_HOME: Final = _referral(2, "Juniper", "Makebelieve", Setting.HOME)
HELD: Final = _referral(3, "Briar", "Pretend", Setting.CLINIC)

UNANSWERED: Final = IN_CLINIC
"""Whose first dosing approval the physician does not get round to."""

ANSWERS: Final[dict[Instrument, dict[str, int]]] = {
    Instrument.PHQ9: {f"q{number}": 0 if number == 9 else 2 for number in range(1, 10)},
    Instrument.PHQ9_ITEM9: {"q9": 0},
    Instrument.GAD7: {f"q{number}": 1 for number in range(1, 8)},
    Instrument.CSSRS: {"q1": 0, "q2": 0, "q6": 0},
    Instrument.CSSRS_SINCE_LAST_CONTACT: {"q1": 0, "q2": 0, "q6": 0},
}
"""What a patient answers who is low, and does not think of suicide."""
