"""How a rule says no."""

from schemas.refusals import Refusal


class Refused(Exception):
    """Raised inside the rules and turned into a :class:`~schemas.refusals.Refusal` by ``decide``."""

    def __init__(
        self, code: str, sentence: str, field: str | None = None, **facts: str | int | float | bool | None
    ) -> None:
        super().__init__(code)
        self.refusal = Refusal(code=code, field=field, sentence=sentence, facts=facts)


def require(
    condition: object, code: str, sentence: str, field: str | None = None, **facts: str | int | float | bool | None
) -> None:
    """Refuse with ``code`` unless ``condition`` holds."""
    if not condition:
        raise Refused(code, sentence, field, **facts)
