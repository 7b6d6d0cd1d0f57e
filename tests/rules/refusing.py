"""Refusals as a table: a code, the field it names, and what somebody does to be refused."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from schemas.actors import Role
from schemas.commands import Command
from schemas.refusals import Refusal
from tests.support.course import Course


class Refused(NamedTuple):
    """One way to be refused."""

    code: str
    field: str | None
    what: str
    attempt: Callable[[], Refusal]


def saying(situation: Callable[[], Course], command: type[Command], role: Role, **fields: Any) -> Callable[[], Refusal]:
    """The attempt to say something in a situation."""
    return lambda: situation().refused(command, role, **fields)


def each(cases: list[Refused]) -> pytest.MarkDecorator:
    """Parametrize a test by ``case``."""
    return pytest.mark.parametrize("case", cases, ids=[f"{case.code}: {case.what}" for case in cases])


def holds(case: Refused) -> None:
    """The attempt is refused with the code and the field, in a sentence."""
    refusal = case.attempt()
    assert (refusal.code, refusal.field) == (case.code, case.field), refusal
    assert refusal.sentence.endswith(".")
    assert refusal.sentence[0].isupper()
