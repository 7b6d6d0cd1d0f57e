"""What a check of the gate is."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.treatment import DrugRoute


class GateCheck(NamedTuple):
    """One condition of a dose: whether it is met, and what to say, and who can lift it, while it is not."""

    name: str
    passed: bool
    code: str
    sentence: str
    lifted_by: tuple[Role, ...]
    facts: Mapping[str, Any]
    """What it was decided on: instants, limits and codes; nothing a person wrote."""


class Intended(NamedTuple):
    """The dose somebody is about to give."""

    dose_mg: float
    route: DrugRoute
    lot: str | None = None
    given_by: str | None = None
    verified_by: str | None = None


Provider = Callable[[Pathway, datetime, Intended | None], Iterator[GateCheck]]
"""The checks of one noun at an instant, for the dose that is intended, if one is."""


def check(name: str, passed: object, code: str, sentence: str, *lifted_by: Role, **facts: Any) -> GateCheck:
    """A check; instants among its facts are written out, and what is not known is left out."""
    told = {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in facts.items()
        if value is not None
    }
    return GateCheck(name, bool(passed), code, sentence, lifted_by, told)
