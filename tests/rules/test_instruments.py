"""Scoring of questionnaires: published bands and rules, every edge, and what may not be answered."""

from datetime import timedelta
from functools import partial
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.actors import Role
from schemas.commands import RecordMeasure
from schemas.measures import Instrument, RiskLevel
from schemas.pathway import Phase
from schemas.protocol import Scale, Screener
from schemas.referral import Enrolment
from tests.rules.refusing import Refused, each, holds
from tests.support.course import Course, at
from tests.support.people import an_enrolment
from tests.support.protocols import packaged, varied
from workflows.rules.instruments import add_up, needed, triage
from workflows.rules.instruments.scale import band_of

RULES = packaged().instruments
assert RULES is not None
SCALES, SCREENERS = RULES.scales, RULES.screeners
PHQ9, GAD7, PCL5 = (SCALES[one] for one in (Instrument.PHQ9, Instrument.GAD7, Instrument.PCL5))
CSSRS, FOLLOW_UP = SCREENERS[Instrument.CSSRS], SCREENERS[Instrument.CSSRS_SINCE_LAST_CONTACT]
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


def answers(scale: Scale, *values: int | None) -> dict[str, int | None]:
    """Answers to the items of a scale, in order."""
    return dict(zip(scale.scored_items, values, strict=True))


def refused(instrument: Instrument, field: str | None = None, **said: int | None) -> Refused:
    code, _, item = (field or "").partition(" ")
    return Refused(
        code,
        item,
        f"{instrument}: {item}",
        lambda: at(Phase.SCREENING).refused(RecordMeasure, Role.NURSE, instrument=instrument, answers=said),
    )


NINE = {f"q{number}": 0 for number in range(1, 10)}
WITHOUT = partial(varied, {"instruments": None, "checkins": None})

REFUSALS = [
    refused(Instrument.PHQ9, "answer_out_of_range answers.q3", **{**NINE, "q3": 4}),
    refused(Instrument.PHQ9, "answer_out_of_range answers.q3", **{**NINE, "q3": -1}),
    refused(Instrument.PHQ9, "item_missing answers.q9", **{**NINE, "q9": None}),
    refused(Instrument.PHQ9, "item_missing answers.q9"),
    refused(Instrument.PHQ9, "unknown_item answers.q11", **NINE, q11=0),
    refused(Instrument.PHQ9_ITEM9, "unknown_item answers.q1", q1=0, q9=0),
    refused(Instrument.GAD7, "unknown_item answers.q8", q8=0),
    refused(Instrument.PCL5, "answer_out_of_range answers.q20", q20=5),
    refused(Instrument.CSSRS, "answer_out_of_range answers.q1", q1=2),
    refused(Instrument.CSSRS_SINCE_LAST_CONTACT, "unknown_item answers.q6_past_3_months", q6_past_3_months=1),
    Refused(
        "instrument_not_in_protocol",
        "instrument",
        "a protocol without questionnaires",
        lambda: Course(protocol_less()).refused(RecordMeasure, Role.NURSE),
    ),
]


def protocol_less() -> Enrolment:
    return an_enrolment(WITHOUT())


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize("item", ["difficulty", "q0", "q100", "Q1", "q1 "])
def test_what_does_not_look_like_an_item_is_no_command(item: str) -> None:
    with pytest.raises(ValidationError):
        Course().say(RecordMeasure, Role.NURSE, answers={item: 0})


# Totals and bands

PUBLISHED = {
    Instrument.PHQ9: {
        "minimal": (0, 4), "mild": (5, 9), "moderate": (10, 14), "moderately_severe": (15, 19), "severe": (20, 27),
    },
    Instrument.GAD7: {"minimal": (0, 4), "mild": (5, 9), "moderate": (10, 14), "severe": (15, 21)},
}  # fmt: skip
"""Bands as they are published, written down a second time."""


@pytest.mark.parametrize(
    ("instrument", "band", "total"),
    [
        (instrument, band, total)
        for instrument, bands in PUBLISHED.items()
        for band, (least, most) in bands.items()
        for total in range(least, most + 1)
    ],
)
def test_every_total_lies_in_its_published_band(instrument: Instrument, band: str, total: int) -> None:
    assert band_of(SCALES[instrument], total) == band


@pytest.mark.parametrize(("instrument", "most"), [(Instrument.PHQ9, 27), (Instrument.GAD7, 21), (Instrument.PCL5, 80)])
def test_range(instrument: Instrument, most: int) -> None:
    scale = SCALES[instrument]
    top = {item: int(scale.item_max.value) for item in scale.scored_items}
    assert scale.most == add_up(scale, top)["total"] == most
    assert add_up(scale, dict.fromkeys(scale.scored_items, 0))["total"] == 0


def test_the_difficulty_item_is_not_added_up() -> None:
    said = {**answers(PHQ9, 1, 1, 1, 1, 1, 1, 1, 1, 0), "q10": 3}
    assert add_up(PHQ9, said)["total"] == 8


@pytest.mark.parametrize(
    ("said", "raw", "total"),
    [
        ((2, 2, 2, 2, 2, 2, 2, 2, 2), 18, 18),
        ((None, 2, 2, 2, 2, 2, 2, 2, 2), 16, 18),
        ((None, None, 2, 2, 2, 2, 2, 2, 2), 14, 18),
        ((None, None, None, 2, 2, 2, 2, 2, 2), 12, None),
        # 9 of 8 answers is 10.125, and 4 of 8 answers is 4.5, which is rounded up.
        ((None, 2, 1, 1, 1, 1, 1, 1, 1), 9, 10),
        ((None, 1, 1, 1, 1, 0, 0, 0, 0), 4, 5),
    ],
)
def test_missing_answers(said: tuple[int | None, ...], raw: int, total: int | None) -> None:
    scored = add_up(PHQ9, answers(PHQ9, *said))
    assert (scored["raw"], scored["total"]) == (raw, total)
    assert len(scored["missing"]) == said.count(None)
    assert ("band" in scored) is (total is not None)


@pytest.mark.parametrize(("total", "above"), [(30, False), (31, True), (33, True)])
def test_pcl5_cut(total: int, above: bool) -> None:
    values = [4] * (total // 4) + ([total % 4] if total % 4 else [])
    said = answers(PCL5, *(values + [0] * (20 - len(values))))
    assert add_up(PCL5, said)["above_cut"] is above


@pytest.mark.parametrize(
    ("rated", "met"),
    [
        ((1, 6, 8, 9, 15, 16), True),
        ((5, 7, 13, 14, 19, 20), True),
        ((6, 8, 9, 15, 16), False),
        ((1, 8, 9, 15, 16), False),
        ((1, 6, 8, 15, 16), False),
        ((1, 6, 8, 9, 15), False),
    ],
)
def test_pcl5_clusters_need_one_one_two_and_two_items(rated: tuple[int, ...], met: bool) -> None:
    for rating, expected in ((2, met), (1, False)):
        said = {f"q{number}": rating if number in rated else 0 for number in range(1, 21)}
        assert add_up(PCL5, said)["clusters_met"] is expected


# The screener


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ({}, RiskLevel.NONE),
        ({"q1": 1}, RiskLevel.LOW),
        ({"q2": 1}, RiskLevel.LOW),
        ({"q3": 1}, RiskLevel.MODERATE),
        ({"q4": 1}, RiskLevel.HIGH),
        ({"q5": 1}, RiskLevel.HIGH),
        ({"q6": 1}, RiskLevel.MODERATE),
        ({"q6": 1, "q6_past_3_months": 0}, RiskLevel.MODERATE),
        ({"q6": 1, "q6_past_3_months": 1}, RiskLevel.HIGH),
        ({"q1": 1, "q2": 1, "q3": 1, "q4": 1}, RiskLevel.HIGH),
    ],
)
def test_triage(said: dict[str, int], level: RiskLevel) -> None:
    no = dict.fromkeys(CSSRS.items, 0)
    assert triage(CSSRS, said) is level
    assert triage(CSSRS, {**no, **said}) is level


@pytest.mark.parametrize(
    ("item", "level"), [("q3", RiskLevel.MODERATE), ("q4", RiskLevel.HIGH), ("q6", RiskLevel.HIGH)]
)
def test_behaviour_since_the_last_contact_is_recent(item: str, level: RiskLevel) -> None:
    assert triage(FOLLOW_UP, {item: 1}) is level


@pytest.mark.parametrize(
    ("said", "still"),
    [
        ({}, ("q1", "q2", "q3", "q4", "q5", "q6", "q6_past_3_months")),
        ({"q1": 0, "q2": 0}, ("q6", "q6_past_3_months")),
        ({"q1": 0, "q2": 0, "q6": 0}, ()),
        ({"q2": 0, "q6": 0}, ("q1",)),
        ({"q1": 0, "q2": 0, "q6": 1}, ("q6_past_3_months",)),
        ({"q1": 1, "q2": 1, "q6": 0}, ("q3", "q4", "q5")),
        ({"q1": 1, "q2": 1, "q3": 0, "q4": 0, "q5": 0}, ("q6", "q6_past_3_months")),
        ({"q1": 1, "q2": 1, "q3": 1, "q4": 0, "q5": 0, "q6": 1, "q6_past_3_months": 0}, ()),
    ],
)
def test_what_the_screener_still_needs(said: dict[str, int], still: tuple[str, ...]) -> None:
    assert needed(CSSRS, said) == still


# Properties


def said_to(scale: Scale) -> st.SearchStrategy[dict[str, int | None]]:
    answer = st.none() | st.integers(0, int(scale.item_max.value))
    return st.fixed_dictionaries(dict.fromkeys(scale.scored_items, answer))


@given(data=st.data(), scale=st.sampled_from(list(SCALES.values())))
def test_prorating_stays_between_the_sum_and_the_most(data: st.DataObject, scale: Scale) -> None:
    said = data.draw(said_to(scale))
    scored = add_up(scale, said)
    if scored["total"] is not None:
        assert scored["raw"] <= scored["total"] <= scale.most
        assert scored["missing"] or scored["raw"] == scored["total"]


@given(data=st.data(), scale=st.sampled_from(list(SCALES.values())))
def test_a_higher_answer_never_lowers_a_total(data: st.DataObject, scale: Scale) -> None:
    said = data.draw(said_to(scale))
    item = data.draw(st.sampled_from(scale.scored_items))
    value = said[item]
    if value is None or value >= scale.item_max.value:
        return
    lower, higher = add_up(scale, said), add_up(scale, {**said, item: value + 1})
    assert higher["raw"] == lower["raw"] + 1
    assert (lower["total"] is None) == (higher["total"] is None)
    assert lower["total"] is None or lower["total"] <= higher["total"]
    assert lower.get("clusters_met") is not True or higher["clusters_met"]


@pytest.mark.parametrize("scale", [scale for scale in SCALES.values() if scale.bands], ids=lambda scale: scale.title)
def test_bands_partition_the_range(scale: Scale) -> None:
    bands = [band_of(scale, total) for total in range(scale.most + 1)]
    order = [band.name for band in scale.bands]
    assert set(bands) == set(order)
    assert [order.index(band or "") for band in bands] == sorted(order.index(band or "") for band in bands)


@pytest.mark.parametrize("screener", [CSSRS, FOLLOW_UP], ids=["screener", "since last contact"])
def test_a_yes_never_lowers_the_risk_and_an_answer_never_unfinishes(screener: Screener) -> None:
    order = list(RiskLevel)
    for values in product((None, 0, 1), repeat=len(screener.items)):
        said = dict(zip(screener.items, values, strict=True))
        for item in screener.items:
            yes, no = {**said, item: 1}, {**said, item: 0}
            assert order.index(triage(screener, yes)) >= order.index(triage(screener, no))
            assert set(needed(screener, no)) <= set(needed(screener, {**said, item: None}))
        if not needed(screener, said):
            assert said["q1"] is not None
            assert said["q2"] is not None
            assert said["q6"] is not None
