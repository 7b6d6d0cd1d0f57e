"""Totals of questionnaires whose answers are added up: prorated, in bands, above a cut, with clusters."""

from collections.abc import Mapping
from typing import Any

from schemas.protocol import Scale


def add_up(scale: Scale, answers: Mapping[str, int | None]) -> dict[str, Any]:
    """Fields of a :class:`~schemas.measures.Score`: sum, total, band, cut, clusters and the item about suicide.

    Up to the scale's ``max_missing`` answers are made up for by the mean of the others, rounded half up; with more
    missing there is no total.
    """
    given = {item: answer for item in scale.scored_items if (answer := answers.get(item)) is not None}
    missing = tuple(item for item in scale.scored_items if item not in given)
    raw = sum(given.values())
    total = None
    if given and len(missing) <= scale.max_missing.value:
        # Half up in whole numbers, so that no total hangs on how a fraction is stored.
        total = (2 * raw * len(scale.scored_items) + len(given)) // (2 * len(given))
    safety = given.get(f"q{scale.safety_item}") if scale.safety_item is not None else None
    scored: dict[str, Any] = {"raw": raw, "total": total, "missing": missing, "safety_item": safety}
    if total is not None:
        scored["band"] = band_of(scale, total)
        scored["above_cut"] = total >= scale.cut.value if scale.cut is not None else None
    if scale.clusters:
        scored["clusters_met"] = _clusters_met(scale, given)
    return scored


def band_of(scale: Scale, total: int) -> str | None:
    """The name of the band that a total lies in; None where the questionnaire has no bands."""
    return next((band.name for band in reversed(scale.bands) if total >= band.least.value), None)


def safety_item_positive(scale: Scale, answer: int | None) -> bool:
    """Whether the answer to the item about suicidal thoughts is a signal."""
    least = scale.safety_item_least
    return answer is not None and least is not None and answer >= least.value


def _clusters_met(scale: Scale, given: Mapping[str, int]) -> bool:
    """Whether each cluster has enough items rated highly; a missing answer counts as not rated so."""
    least = scale.cluster_item_least.value if scale.cluster_item_least is not None else 1
    return all(
        sum(given.get(f"q{number}", 0) >= least for number in range(cluster.first, cluster.last + 1))
        >= cluster.needed.value
        for cluster in scale.clusters
    )
