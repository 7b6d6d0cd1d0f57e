"""Contradictions in questionnaires, and in how fast somebody acts on a sign of suicide risk."""

from collections.abc import Iterator

from schemas.protocol.checks.problem import Problem, rising, unless
from schemas.protocol.document import Protocol
from schemas.protocol.instruments import RiskWindows, Scale

MINUTES_AN_HOUR = 60


def problems(protocol: Protocol) -> Iterator[Problem]:
    """Each scale against the range of its answers."""
    if protocol.instruments is None:
        return
    for instrument, scale in protocol.instruments.scales.items():
        yield from _scale(scale, f"instruments.scales.{instrument}")
    yield from _risk(protocol.instruments.risk)


def _scale(scale: Scale, path: str) -> Iterator[Problem]:
    totals = ("cut", "remission_below", "important_difference", "reliable_change", "deterioration")
    for name in totals:
        total = getattr(scale, name)
        yield from unless(total is None or total.value <= scale.most, f"{path}.{name}", "No total is so high.")
    share = scale.response_share
    yield from unless(share is None or 0 < share.value < 1, f"{path}.response_share", "It is a part of the baseline.")
    fewer = scale.max_missing.value < scale.items.value
    yield from unless(fewer, f"{path}.max_missing", "A form without any answer would be scored.")
    for name in ("safety_item_least", "cluster_item_least"):
        answer = getattr(scale, name)
        fits = answer is None or 0 < answer.value <= scale.item_max.value
        yield from unless(fits, f"{path}.{name}", "No answer is so high, or every one is.")
    twice = any(f"q{number}" in scale.scored_items for number in scale.unscored)
    yield from unless(not twice, f"{path}.unscored", "It names an item that is scored.")
    if scale.relapse is not None:
        reached = scale.relapse.total.value <= scale.most
        yield from unless(reached, f"{path}.relapse.total", "No total is so high.")
    for number, cluster in enumerate(scale.clusters):
        there = cluster.needed.value <= cluster.last - cluster.first + 1
        yield from unless(there, f"{path}.clusters.{number}.needed", "The cluster does not have so many items.")
    ends = [end for cluster in scale.clusters for end in (cluster.first, cluster.last)]
    yield from rising(ends, f"{path}.clusters", strictly=False)


def _risk(rules: RiskWindows) -> Iterator[Problem]:
    path = "instruments.risk"
    moderate = rules.contact_moderate_h.value * MINUTES_AN_HOUR
    in_time = rules.acknowledge_moderate_min.value <= moderate
    yield from unless(in_time, f"{path}.acknowledge_moderate_min", "The patient has to be contacted before that.")
    graver = rules.contact_high_min.value <= moderate
    yield from unless(graver, f"{path}.contact_high_min", "At high risk it is later than at moderate risk.")
