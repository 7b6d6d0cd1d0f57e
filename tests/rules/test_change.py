"""What a total says beside those before it: response, remission, relapse, and when it says nothing."""

from datetime import timedelta

import pytest

from schemas.actors import Role
from schemas.commands import RecordMeasure
from schemas.facts import DrugAdministered, MeasureRecorded
from schemas.measures import Administration, Instrument, NotAResponse, Score
from schemas.pathway import Phase
from tests.support.course import START, at
from tests.support.protocols import packaged
from workflows.rules.instruments import change_of, validity

RULES = packaged().instruments
assert RULES is not None
SCALES, SCREENERS = RULES.scales, RULES.screeners
PHQ9, GAD7, PCL5 = (SCALES[one] for one in (Instrument.PHQ9, Instrument.GAD7, Instrument.PCL5))
CSSRS, FOLLOW_UP = SCREENERS[Instrument.CSSRS], SCREENERS[Instrument.CSSRS_SINCE_LAST_CONTACT]
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


def taken(days: float, total: int, *, item9: int = 0, treated: bool = False, valid: bool = True) -> Administration:
    return Administration(
        instrument=Instrument.PHQ9,
        taken_at=START + days * DAY,
        usable=True,
        valid_as_response=valid,
        total=total,
        safety_item=item9,
        before_treatment=not treated,
    )


def score(days: float, total: int | None, item9: int = 0) -> Score:
    return Score(instrument=Instrument.PHQ9, taken_at=START + days * DAY, total=total, safety_item=item9)


@pytest.mark.parametrize(
    ("total", "response", "remission", "reliable", "deteriorated"),
    [
        (4, True, True, True, False),
        (5, True, False, True, False),
        (9, True, False, True, False),
        (10, False, False, True, False),
        (12, False, False, True, False),
        (13, False, False, False, False),
        (23, False, False, False, False),
        (24, False, False, True, True),
    ],
)
def test_change_from_a_baseline_of_18(
    total: int, response: bool, remission: bool, reliable: bool, deteriorated: bool
) -> None:
    change = change_of(PHQ9, score(30, total), [taken(0, 18)])
    assert change is not None
    said = (change.response, change.remission, change.reliable_change, change.deteriorated)
    assert said == (response, remission, reliable, deteriorated)
    assert change.from_baseline == total - 18


def test_a_new_positive_item_9_is_a_deterioration() -> None:
    before = [taken(0, 18), taken(10, 12, treated=True)]
    assert getattr(change_of(PHQ9, score(30, 8, item9=1), before), "deteriorated", None) is True
    known = [taken(0, 18, item9=1)]
    assert getattr(change_of(PHQ9, score(30, 8, item9=1), known), "deteriorated", None) is False


def test_without_a_baseline_nothing_is_compared() -> None:
    change = change_of(PHQ9, score(0, 3), [])
    assert change is not None
    assert (change.from_baseline, change.response, change.remission) == (None, None, True)
    assert change_of(PHQ9, score(0, None), [taken(0, 18)]) is None


def test_the_last_total_before_the_first_dose_is_the_baseline() -> None:
    before = [taken(0, 10), taken(9, 20), taken(20, 8, treated=True), taken(3, 2, valid=False)]
    change = change_of(PHQ9, score(40, 10), before)
    assert change is not None
    assert (change.from_baseline, change.response) == (-10, True)


@pytest.mark.parametrize(
    ("later", "relapse"),
    [
        ([(40, 10)], False),
        ([(40, 10), (47, 10)], True),
        ([(40, 10), (47 - 1e-6, 10)], False),
        ([(40, 9), (47, 9)], True),
        ([(40, 8), (47, 8)], False),
        ([(40, 10), (44, 6), (47, 10)], True),
        ([(40, 10), (44, 4), (47, 10)], False),
    ],
)
def test_relapse_takes_two_high_totals_a_week_apart_after_a_remission(
    later: list[tuple[float, int]], relapse: bool
) -> None:
    *earlier, (days, total) = later
    before = [taken(0, 18), taken(30, 4, treated=True), *(taken(*one, treated=True) for one in earlier)]
    change = change_of(PHQ9, score(days, total), before)
    assert change is not None
    assert change.relapse is relapse


def test_high_totals_without_a_remission_are_no_relapse() -> None:
    change = change_of(PHQ9, score(40, 18), [taken(0, 18), taken(30, 18, treated=True)])
    assert change is not None
    assert change.relapse is False


WINDOW = PHQ9.scored_days


@pytest.mark.parametrize(
    ("dose", "last", "why"),
    [
        (None, None, None),
        (30 - WINDOW, None, None),
        (30 - WINDOW + 1e-6, None, NotAResponse.TOO_SOON_AFTER_DOSE),
        (27, None, NotAResponse.TOO_SOON_AFTER_DOSE),
        (30, None, NotAResponse.TOO_SOON_AFTER_DOSE),
        (31, None, None),
        (None, 30 - WINDOW, None),
        (None, 30 - WINDOW + 1e-6, NotAResponse.TOO_SOON_AFTER_LAST),
    ],
)
def test_a_total_soon_after_a_dose_or_the_last_one_is_no_response(
    dose: float | None, last: float | None, why: NotAResponse | None
) -> None:
    doses = [START + dose * DAY] if dose is not None else []
    before = [taken(last, 10, treated=True)] if last is not None else []
    assert validity(PHQ9, score(30, 9), doses, before) is why


def test_the_recall_window_counts_where_nothing_else_is_said() -> None:
    assert PCL5.scored_days == PCL5.recall_days.value
    assert validity(SCALES[Instrument.PHQ9_ITEM9], score(30, 0), [], []) is NotAResponse.NOT_AN_OUTCOME
    assert validity(PHQ9, score(30, None), [], []) is NotAResponse.UNSCORABLE


def test_a_total_told_late_counts_by_the_doses_before_it_however_long_ago_they_were() -> None:
    """Two sessions later, a total of day 6 after the first dose is told: it is no baseline, and no response."""
    course = at(Phase.SESSION, cycle=4)
    first = course.facts(DrugAdministered)[0].dose.given_at
    total = {f"q{number}": 0 if number == 9 else 3 for number in range(1, 10)}
    told = {"instrument": Instrument.PHQ9, "answers": total, "observed_at": first + timedelta(days=6)}
    course.must(RecordMeasure, Role.NURSE, **told)
    score = course.facts(MeasureRecorded)[-1].score
    assert (score.valid_as_response, score.not_valid_because) == (False, NotAResponse.TOO_SOON_AFTER_DOSE)
    assert not course.state.measures[-1].before_treatment
