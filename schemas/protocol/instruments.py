"""Questionnaires as data: how they are scored, what the scores mean, and what a sign of suicide risk asks for."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.base import Id, Line, Model
from schemas.measures import Instrument, Item, RiskLevel
from schemas.protocol.quantity import Quantity, Unit
from schemas.refusals import Unacceptable

ITEM = Unit("item number")


class Band(Model):
    """A range of totals: from its least total up to the next band."""

    name: Id
    least: Quantity


class Cluster(Model):
    """Items of a provisional diagnosis, of which some have to be rated highly."""

    name: Id
    first: Annotated[int, ITEM] = Field(ge=1)
    last: Annotated[int, ITEM] = Field(ge=1)
    needed: Quantity


class Relapse(Model):
    """Worse again after remission, on two administrations."""

    total: Quantity
    rise: Quantity
    days_apart: Quantity


class Scale(Model):
    """A questionnaire whose answers, from 0 on, are added up."""

    title: Line
    first_item: Annotated[int, ITEM] = 1
    items: Quantity
    item_max: Quantity
    recall_days: Quantity
    min_days_between_scored: Quantity | None = Field(default=None, description="The recall window, where absent.")
    outcome: bool = Field(default=True, description="Whether its total says how the treatment works.")
    max_missing: Quantity = Field(
        description="Up to so many missing answers are made up for by the mean of the others."
    )
    never_missing: Annotated[tuple[int, ...], ITEM] = ()
    unscored: Annotated[tuple[int, ...], ITEM] = Field(
        default=(), description="Items that may be answered and are not added up."
    )
    safety_item: Annotated[int | None, ITEM] = None
    safety_item_least: Quantity | None = None
    bands: tuple[Band, ...] = ()
    cut: Quantity | None = None
    clusters: tuple[Cluster, ...] = ()
    cluster_item_least: Quantity | None = None
    response_share: Quantity | None = None
    remission_below: Quantity | None = None
    important_difference: Quantity | None = None
    reliable_change: Quantity | None = None
    deterioration: Quantity | None = None
    relapse: Relapse | None = None
    loinc: str | None = None
    source: str

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        numbers = [band.least.value for band in self.bands]
        if numbers and (
            numbers[0] != 0 or any(low >= high for low, high in pairwise(numbers)) or numbers[-1] > self.most
        ):
            raise Unacceptable("bands begin at 0, rise, and stay within the questionnaire's range")
        if (self.safety_item is None) != (self.safety_item_least is None):
            raise Unacceptable("a safety item and the answer that is a signal belong together")
        if self.clusters and self.cluster_item_least is None:
            raise Unacceptable("clusters need the rating from which an item counts")
        named = [*self.never_missing, *([self.safety_item] if self.safety_item else [])]
        if any(f"q{number}" not in self.scored_items for number in named):
            raise Unacceptable("a questionnaire names an item that it does not have")
        if any(not self.first_item <= c.first <= c.last <= self.last_item for c in self.clusters):
            raise Unacceptable("a cluster names an item that the questionnaire does not have")
        return self

    @property
    def last_item(self) -> int:
        """Number of the last item that is scored."""
        return self.first_item + int(self.items.value) - 1

    @property
    def most(self) -> int:
        """The highest total."""
        return int(self.items.value * self.item_max.value)

    @property
    def scored_items(self) -> tuple[str, ...]:
        """Items that are added up."""
        return tuple(f"q{number}" for number in range(self.first_item, self.last_item + 1))

    @property
    def known_items(self) -> tuple[str, ...]:
        """Items that may be answered."""
        return (*self.scored_items, *(f"q{number}" for number in self.unscored))

    @property
    def scored_days(self) -> float:
        """Days after a dose, or the administration before, from which a total speaks of the time since then."""
        return (self.min_days_between_scored or self.recall_days).value


class Skip(Model):
    """Questions that a no makes needless."""

    after_no: Item
    items: tuple[Item, ...] = Field(min_length=1)


class Screener(Model):
    """A suicide risk screener of yes/no questions."""

    title: Line
    ideation_recall_days: Quantity | None = Field(default=None, description="Since the last contact, where absent.")
    recent_behaviour_months: Quantity | None = None
    items: tuple[Item, ...] = Field(min_length=1)
    skips: tuple[Skip, ...] = ()
    triage: dict[RiskLevel, tuple[Item, ...]] = Field(description="A yes to any of these is at least that level.")
    source: str

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        named = [item for items in self.triage.values() for item in items]
        skipped = [item for skip in self.skips for item in (skip.after_no, *skip.items)]
        if not {*named, *skipped} <= {*self.items}:
            raise Unacceptable("a screener names a question that it does not have")
        if not {RiskLevel.LOW, RiskLevel.MODERATE, RiskLevel.HIGH} <= self.triage.keys():
            raise Unacceptable("a screener triages into low, moderate and high")
        if not {*self.items} <= {*named}:
            raise Unacceptable("a yes to any question of a screener means something")
        return self


class OptionalInstrument(Model):
    """A questionnaire that a clinic may use beside the pathway; it is described, not scored."""

    title: Line
    items: Quantity | None = None
    item_max: Quantity | None = None
    factors: dict[Id, Quantity] = Field(default_factory=dict)
    complete_percent: Quantity | None = None
    forms: tuple[Line, ...] = ()
    licence: Line | None = None
    source: str


class RiskWindows(Model):
    """How fast somebody acts on a sign of suicide risk."""

    assess_min: Quantity = Field(description="Until the screener is finished; then the risk counts as high.")
    contact_high_min: Quantity
    contact_moderate_h: Quantity
    acknowledge_high_min: Quantity
    acknowledge_moderate_min: Quantity

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        soonest = self.acknowledge_high_min.value
        if soonest > self.contact_high_min.value or soonest > self.assess_min.value:
            raise Unacceptable("a sign of high risk is acknowledged before the patient has to be contacted or assessed")
        return self


class Instruments(Model):
    """Every questionnaire of the protocol."""

    baseline: tuple[Instrument, ...] = Field(description="Needed before a patient can be found eligible.")
    scales: dict[Instrument, Scale]
    screeners: dict[Instrument, Screener]
    optional: dict[Id, OptionalInstrument] = Field(default_factory=dict)
    risk: RiskWindows

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.scales.keys() & self.screeners.keys():
            raise Unacceptable("a questionnaire is either a scale or a screener")
        if any(one not in self.scales and one not in self.screeners for one in self.baseline):
            raise Unacceptable("the baseline names a questionnaire that the protocol does not have")
        return self
