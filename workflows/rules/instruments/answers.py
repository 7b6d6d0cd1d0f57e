"""What may be answered: known items, within their range, and none missing that may never be."""

from collections.abc import Mapping

from schemas.measures import Instrument
from schemas.protocol import Instruments
from workflows.rules.refusing import Refused, require


def known_items(rules: Instruments, instrument: Instrument) -> tuple[str, ...]:
    """Items of a questionnaire; none where the protocol does not have it."""
    if (scale := rules.scales.get(instrument)) is not None:
        return scale.known_items
    screener = rules.screeners.get(instrument)
    return screener.items if screener is not None else ()


def require_answerable(
    rules: Instruments | None, instrument: Instrument, answers: Mapping[str, int | None], field: str
) -> None:
    """Refuse answers that the questionnaire cannot have.

    Args:
        rules: The protocol's questionnaires.
        instrument: The questionnaire.
        answers: Answer by item; None is missing.
        field: Dotted path of the answers in what was sent.

    Raises:
        Refused: ``instrument_not_in_protocol``, ``unknown_item``, ``answer_out_of_range`` or ``item_missing``.
    """
    items = known_items(rules, instrument) if rules is not None else ()
    if rules is None or not items:
        raise Refused("instrument_not_in_protocol", "The protocol has no such questionnaire.", "instrument")
    scale = rules.scales.get(instrument)
    most = int(scale.item_max.value) if scale is not None else 1
    for item, answer in sorted(answers.items()):
        require(item in items, "unknown_item", "The questionnaire has no such item.", f"{field}.{item}")
        require(
            answer is None or 0 <= answer <= most,
            "answer_out_of_range",
            "The questionnaire has no such answer.",
            f"{field}.{item}",
            least=0,
            most=most,
        )
    for number in scale.never_missing if scale is not None else ():
        answered = answers.get(f"q{number}") is not None
        require(
            answered,
            "item_missing",
            "This item may never be missing: ask it, or assess the risk with the screener.",
            f"{field}.q{number}",
        )
