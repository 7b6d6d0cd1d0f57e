"""Slips of the pen in the sections about questionnaires and check-ins make no protocol."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.protocols import packaged, varied

PHQ9 = "instruments.scales.phq9"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({f"{PHQ9}.bands": []}, None),
        ({f"{PHQ9}.item_max": 2}, "within the questionnaire's range"),
        ({f"{PHQ9}.safety_item": None}, "belong together"),
        ({f"{PHQ9}.never_missing": [12]}, "item that it does not have"),
        ({"instruments.scales.pcl5.items": 19}, "cluster names an item"),
        ({"instruments.baseline": ["phq9", "pcl5", "cssrs"]}, None),
        ({"instruments.screeners.cssrs.items": ["q1", "q2"]}, "question that it does not have"),
        ({"instruments.screeners.cssrs.triage.low": ["q1"]}, "means something"),
        ({"instruments.risk.acknowledge_high_min": 61}, "acknowledged before"),
        ({"instruments": None}, "questionnaire that the protocol does not have"),
        ({"instruments": None, "checkins": None}, None),
        ({"checkins.missed.human_call_h": 48}, "before a clinician decides"),
        ({"checkins.after_session.day_3.opens_h": 85}, "opens before it is due"),
        ({"checkins.after_session": {}}, "at least 1 item"),
    ],
)
def test_sections_are_consistent(changes: dict[str, Any], sentence: str | None) -> None:
    if sentence is None:
        assert varied(changes).name == packaged().name
        return
    with pytest.raises(ValidationError, match=sentence):
        varied(changes)


def test_bands_begin_at_nothing_and_rise() -> None:
    bands = packaged().model_dump(mode="json")["instruments"]["scales"]["phq9"]["bands"]
    for wrong in (bands[1:], [bands[0], bands[2], bands[1]]):
        with pytest.raises(ValidationError, match="bands begin at 0"):
            varied({f"{PHQ9}.bands": wrong})


def test_a_screener_knows_every_level() -> None:
    triage = packaged().model_dump(mode="json")["instruments"]["screeners"]["cssrs"]["triage"]
    with pytest.raises(ValidationError, match="low, moderate and high"):
        varied({"instruments.screeners.cssrs.triage": {"low": [*triage["low"], *triage["moderate"], *triage["high"]]}})
