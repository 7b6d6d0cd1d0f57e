"""Which days are business days. Where no rule asks for them, every day counts."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from schemas.base import Day, Line, Model
from schemas.refusals import Unacceptable


class Weekday(StrEnum):
    """A day of the week, in its order."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Holiday(Model):
    """A day on which the clinic is closed."""

    on: Day
    name: Line


class BusinessDays(Model):
    """Days are the local ones of where the patient is. Holidays are listed, so that no library changes a deadline."""

    weekend: tuple[Weekday, ...] = Field(max_length=6, description="Days of each week on which the clinic is closed.")
    holidays: tuple[Holiday, ...] = ()
    holidays_until: Day = Field(description="The last day for which holidays were looked up.")
    source: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [holiday.on for holiday in self.holidays]
        if days != sorted(set(days)):
            raise Unacceptable("holidays are listed in order, each once")
        if days and days[-1] > self.holidays_until:
            raise Unacceptable("a holiday lies behind the last day for which they were looked up")
        return self
