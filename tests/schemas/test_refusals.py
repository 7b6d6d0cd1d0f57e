"""Refusals: a stable code, the right field, a sentence, and never what was sent."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from schemas.refusals import Refusal, Unacceptable, refusal_from_validation

CANARY = "Wren-Fable-1971"


class Route(StrEnum):
    ORAL = "oral"
    NASAL = "nasal"


def _static(value: str) -> str:
    raise Unacceptable("it must be written some other way.")


def _quoting(value: str) -> str:
    raise ValueError(f"{value} is nothing we know")


class Walk(BaseModel):
    kind: Literal["walk"]
    steps: int


class Ride(BaseModel):
    kind: Literal["ride"]


class Sample(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    at: AwareDatetime = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    route: Route = Route.ORAL
    colour: Literal["red", "blue"] = "red"
    dose: Annotated[int, Field(ge=0, le=10)] = 1
    ref: UUID | None = None
    short: Annotated[str, Field(max_length=3)] = "x"
    coded: Annotated[str, Field(pattern="^[a-z]$")] = "a"
    told: Annotated[str, AfterValidator(_static)] | None = None
    untold: Annotated[str, AfterValidator(_quoting)] | None = None
    inner: list[Walk] = []
    way: Annotated[Walk | Ride, Field(discriminator="kind")] | None = None
    named: dict[str, int] = {}

    @model_validator(mode="after")
    def refuse_nine(self) -> "Sample":
        if self.dose == 9:
            raise Unacceptable("nine is never given")
        return self


def refusal(text: str) -> Refusal:
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate_json(text)
    return refusal_from_validation(caught.value)


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ('{"at": "2026-01-01T00:00:00"}', "naive_datetime", "at"),
        ('{"at": "Wren-Fable-1971"}', "invalid_value", "at"),
        ('{"at": 17}', "wrong_type", "at"),
        ('{"route": "Wren-Fable-1971"}', "unknown_value", "route"),
        ('{"colour": "Wren-Fable-1971"}', "unknown_value", "colour"),
        ('{"dose": "Wren-Fable-1971"}', "wrong_type", "dose"),
        ('{"dose": 11}', "invalid_value", "dose"),
        ('{"dose": 1.5}', "wrong_type", "dose"),
        ('{"dose": null}', "wrong_type", "dose"),
        ('{"dose": 9}', "invalid_value", None),
        ('{"ref": "Wren-Fable-1971"}', "invalid_value", "ref"),
        ('{"short": "Wren-Fable-1971"}', "invalid_value", "short"),
        ('{"coded": "Wren-Fable-1971"}', "invalid_value", "coded"),
        ('{"told": "Wren-Fable-1971"}', "invalid_value", "told"),
        ('{"untold": "Wren-Fable-1971"}', "invalid_value", "untold"),
        ('{"inner": [{"kind": "walk", "steps": 1}, {"kind": "walk"}]}', "field_missing", "inner.1.steps"),
        ('{"way": {"kind": "Wren-Fable-1971"}}', "unknown_value", "way"),
        ('{"way": {}}', "field_missing", "way.kind"),
        ('{"named": {"Wren-Fable-1971": "x"}}', "wrong_type", "named.?"),
        ('{"surprise": "Wren-Fable-1971"}', "unknown_field", "surprise"),
        ('{"Wren-Fable-1971": 1}', "unknown_field", "?"),
        ('{"' + "w" * 65 + '": 1}', "unknown_field", "?"),
        ('["Wren-Fable-1971"]', "wrong_type", None),
        ('"Wren-Fable-1971"', "wrong_type", None),
        ('{"dose": Wren-Fable-1971}', "malformed_json", None),
        ("", "malformed_json", None),
    ],
)
def test_code_and_field_without_the_value(text: str, code: str, field: str | None) -> None:
    refused = refusal(text)
    assert (refused.code, refused.field) == (code, field)
    assert CANARY not in refused.model_dump_json()
    assert refused.sentence.endswith(".")


def test_sentence_says_what_is_wanted() -> None:
    assert refusal('{"dose": 11}').sentence == (
        "The field dose is not acceptable: input should be less than or equal to 10."
    )
    assert refusal('{"dose": 11}').facts == {"le": 10}
    assert refusal('{"told": "x"}').sentence == ("The field told is not acceptable: it must be written some other way.")
    assert refusal('{"dose": 9}').sentence == "What was sent is not acceptable: nine is never given."
    assert refusal('{"untold": "x"}').sentence == "The field untold is not acceptable."
    assert "offset from UTC" in refusal('{"at": "2026-01-01T00:00:00"}').sentence
    assert refusal('{"way": {"kind": "swim"}}').sentence == "The field way is none of 'walk', 'ride'."


def test_first_of_several_problems_is_told_and_counted() -> None:
    refused = refusal('{"dose": 11, "colour": "green"}')
    assert (refused.field, refused.facts["problems"]) == ("colour", 2)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(field=st.sampled_from(sorted(Sample.model_fields)), value=JSON_VALUES)
def test_nothing_sent_is_repeated(field: str, value: Any) -> None:
    document = TypeAdapter(dict[str, Any]).dump_json({field: [value, CANARY]})
    refused = refusal(document.decode())
    assert CANARY not in refused.model_dump_json()
