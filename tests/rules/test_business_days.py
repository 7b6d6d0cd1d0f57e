"""Work whose time stands still while the clinic is closed, and work that knows no days off."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.facts import WorkItemOverdue
from schemas.protocol import Protocol
from schemas.protocol.business_days import BusinessDays
from schemas.protocol.checks import problems
from schemas.work import WorkKind
from tests.support.course import Course
from tests.support.people import an_enrolment
from tests.support.protocols import given as there
from tests.support.protocols import packaged, varied
from workflows.rules.calendar import after_business_time

DENVER = "America/Denver"
RULES = there(packaged().business_days)


def local(text: str, zone: str = DENVER) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2027-01-13 10:00", 24, "2027-01-14 10:00"),
        ("2027-01-08 16:00", 24, "2027-01-11 16:00"),
        ("2027-01-09 11:00", 24, "2027-01-12 00:00"),
        ("2027-01-08 00:00", 24, "2027-01-09 00:00"),
        ("2027-01-15 16:00", 24, "2027-01-19 16:00"),
        ("2026-12-31 16:00", 72, "2027-01-06 16:00"),
        ("2027-03-12 16:00", 24, "2027-03-15 16:00"),
        ("2026-10-30 16:00", 24, "2026-11-02 16:00"),
    ],
    ids=[
        "in the middle of a week",
        "over a weekend",
        "begun on a day off",
        "to the end of a day",
        "over a weekend and a holiday behind it",
        "over New Year",
        "over the missing hour",
        "over the repeated hour",
    ],
)
def test_time_stands_still_on_days_off(start: str, hours: int, end: str) -> None:
    assert after_business_time(local(start), timedelta(hours=hours), RULES, DENVER) == local(end)


def test_the_days_are_those_of_the_place() -> None:
    friday_night = local("2027-01-08 22:30")  # Saturday in New York
    assert after_business_time(friday_night, timedelta(hours=1), RULES, DENVER) == local("2027-01-08 23:30")
    in_new_york = after_business_time(friday_night, timedelta(hours=1), RULES, "America/New_York")
    assert in_new_york == local("2027-01-11 01:00", "America/New_York")


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    hours=st.integers(0, 400),
    more=st.integers(0, 400),
)
def test_it_never_ends_early_and_spans_add_up(start: datetime, hours: int, more: int) -> None:
    span, rest = timedelta(hours=hours), timedelta(hours=more)
    end = after_business_time(start, span, RULES, DENVER)
    assert end >= start + span
    together = after_business_time(start, span + rest, RULES, DENVER)
    # At the very end of a day nothing has passed of the next one.
    assert after_business_time(end, rest, RULES, DENVER) == together or not rest


def waiting(opened: str, protocol: Protocol | None = None) -> Course:
    """A referral that nobody accepts."""
    return Course(an_enrolment(protocol), now=local(opened))


def raised(course: Course, kind: WorkKind = WorkKind.ACCEPT_REFERRAL) -> list[str]:
    """When an item was raised, on the wall clock."""
    late = [entry for entry in course.log if isinstance(entry.fact, WorkItemOverdue) and entry.fact.kind is kind]
    return [f"{entry.recorded_at.astimezone(ZoneInfo(DENVER)):%a %d %H:%M}" for entry in late]


def test_a_referral_of_a_friday_is_due_on_monday_and_climbs_on_business_days() -> None:
    course = waiting("2027-01-08 16:00")
    (item,) = [one for one in course.state.work if one.kind is WorkKind.ACCEPT_REFERRAL]
    assert item.due_at == local("2027-01-11 16:00")
    course.wait(days=14)
    assert raised(course)
    assert not [one for one in raised(course) if one[:3] in ("Sat", "Sun") or one[4:6] == "18"]


def test_an_outage_over_days_off_is_one_reminder_and_the_next_is_on_a_business_day() -> None:
    course = waiting("2027-01-08 16:00")
    course.outage(days=40)
    assert len(raised(course)) == 1
    (item,) = [one for one in course.state.work if one.kind is WorkKind.ACCEPT_REFERRAL]
    assert item.next_deadline > course.now
    assert item.next_deadline.astimezone(ZoneInfo(DENVER)).weekday() < 5


def test_under_a_protocol_of_before_every_day_counts() -> None:
    rule = packaged().work[WorkKind.ACCEPT_REFERRAL].model_copy(update={"business_days": False})
    before = {"business_days": None, "work": {**packaged().work, WorkKind.ACCEPT_REFERRAL: rule}}
    course = waiting("2027-01-08 16:00", packaged().model_copy(update=before))
    (item,) = [one for one in course.state.work if one.kind is WorkKind.ACCEPT_REFERRAL]
    assert item.due_at == local("2027-01-09 16:00")


def test_nothing_pressing_waits_for_business_days() -> None:
    for kind, rule in packaged().work.items():
        pressing = rule.priority is not None and rule.priority.is_pressing
        assert not (rule.business_days and pressing), kind
    wrong = varied({"work.assess_risk.business_days": True})
    assert "work.assess_risk.business_days" in {one.path for one in problems(wrong)}
    nowhere = packaged().model_copy(update={"business_days": None})
    assert "work.accept_referral.business_days" in {one.path for one in problems(nowhere)}


def federal(year: int) -> set[date]:
    """The days off of 5 U.S.C. 6103: on a Saturday they are observed the day before, on a Sunday the day after."""
    fixed = [date(year, 1, 1), date(year + 1, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 11, 11)]
    observed = {day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0)) for day in (*fixed, date(year, 12, 25))}
    mondays = {nth(year, 1, 0, 3), nth(year, 2, 0, 3), nth(year, 9, 0, 1), nth(year, 10, 0, 2)}
    last_of_may = date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday())
    return {day for day in {*observed, *mondays, last_of_may, nth(year, 11, 3, 4)} if day.year == year}


def nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def test_the_packaged_holidays_are_the_federal_ones_as_observed() -> None:
    years = range(2026, RULES.holidays_until.year + 1)
    assert [holiday.on for holiday in RULES.holidays] == sorted(day for year in years for day in federal(year))


@pytest.mark.parametrize(
    "changes",
    [
        {"weekend": list(RULES.weekend) * 4},
        {"holidays_until": "2026-02-01"},
        {"holidays": [{"on": "2026-12-25", "name": "Twice"}, {"on": "2026-12-25", "name": "Twice"}]},
    ],
    ids=["no day is left", "a holiday behind the last known day", "a day twice"],
)
def test_what_cannot_be_meant_is_refused(changes: dict[str, object]) -> None:
    document = {**RULES.model_dump(mode="json"), **changes}
    with pytest.raises(ValidationError):
        BusinessDays.model_validate(document, strict=False)
