"""What a total says beside those before it: response, remission, reliable change, deterioration, relapse.

Only totals that speak of the time since the last dose and the last administration count as a response.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from schemas.measures import Administration, Change, NotAResponse, Score
from schemas.protocol import Scale


def validity(
    scale: Scale, score: Score, doses: Iterable[datetime], before: Sequence[Administration]
) -> NotAResponse | None:
    """Why a score is no response score; None where it is one.

    Args:
        scale: The questionnaire.
        score: The score, with the instant it was taken at.
        doses: Instants at which drug was given.
        before: Administrations of the same questionnaire.
    """
    if not scale.outcome:
        return NotAResponse.NOT_AN_OUTCOME
    if score.total is None:
        return NotAResponse.UNSCORABLE
    since = score.taken_at - timedelta(days=scale.scored_days)
    if any(since < given_at <= score.taken_at for given_at in doses):
        return NotAResponse.TOO_SOON_AFTER_DOSE
    if any(one.valid_as_response and since < one.taken_at <= score.taken_at for one in before):
        return NotAResponse.TOO_SOON_AFTER_LAST
    return None


def baseline_of(before: Sequence[Administration]) -> Administration | None:
    """The last valid administration before the first dose, or else the first valid one."""
    valid = sorted((one for one in before if one.valid_as_response), key=lambda one: one.taken_at)
    untreated = [one for one in valid if one.before_treatment]
    return untreated[-1] if untreated else next(iter(valid), None)


def change_of(scale: Scale, score: Score, before: Sequence[Administration]) -> Change | None:
    """How a valid total compares with the valid ones taken before it; None without a total.

    Response: at most the protocol's share of the baseline. Remission: below its limit. Deterioration: a rise over the
    baseline, or an item about suicide that was not positive before.
    """
    if score.total is None:
        return None
    earlier = [one for one in before if one.taken_at <= score.taken_at]
    baseline = baseline_of(earlier)
    limit = scale.remission_below
    remission = score.total < limit.value if limit is not None else None
    if baseline is None or baseline.total is None:
        return Change(remission=remission)
    difference = score.total - baseline.total
    worse = [
        difference >= scale.deterioration.value if scale.deterioration is not None else None,
        _newly_positive(scale, score, earlier),
    ]
    share, reliable = scale.response_share, scale.reliable_change
    return Change(
        from_baseline=difference,
        response=score.total <= share.value * baseline.total if share is not None and baseline.total > 0 else None,
        remission=remission,
        reliable_change=abs(difference) >= reliable.value if reliable is not None else None,
        deteriorated=any(worse) if scale.deterioration is not None else None,
        relapse=_relapsed(scale, score, earlier),
    )


def _newly_positive(scale: Scale, score: Score, earlier: Sequence[Administration]) -> bool:
    answered = [one for one in earlier if one.safety_item is not None]
    last = max(answered, key=lambda one: one.taken_at, default=None)
    return last is not None and not last.safety_item and bool(score.safety_item) and scale.safety_item is not None


def _relapsed(scale: Scale, score: Score, earlier: Sequence[Administration]) -> bool | None:
    """Whether, after a remission, two totals far enough apart are high again. A new remission begins anew."""
    rule, limit = scale.relapse, scale.remission_below
    if rule is None or limit is None:
        return None
    totals = sorted((one.taken_at, one.total) for one in earlier if one.valid_as_response and one.total is not None)
    lowest: int | None = None
    first_high: datetime | None = None
    relapsed = False
    for taken_at, total in [*totals, (score.taken_at, score.total or 0)]:
        if total < limit.value:
            lowest, first_high, relapsed = total if lowest is None else min(lowest, total), None, False
        elif lowest is not None and (total >= rule.total.value or total - lowest >= rule.rise.value):
            first_high = first_high or taken_at
            relapsed = relapsed or taken_at - first_high >= timedelta(days=rule.days_apart.value)
    return relapsed
