"""What is wrong with a protocol although each of its sections has the right form: gaps, slips and contradictions.

A file is read against these before anybody is treated by it. A pathway's pinned protocol is not: it was admitted once,
and has to load whatever a later release asks of a file.
"""

from collections.abc import Callable, Iterator

from schemas.protocol.checks import completeness, course, dosing, scores, units, vitals
from schemas.protocol.checks.problem import Problem
from schemas.protocol.document import Protocol

__all__ = ["CHECKS", "Problem", "contradictions", "gaps", "problems"]

gaps = completeness.gaps

CHECKS: tuple[Callable[[Protocol], Iterator[Problem]], ...] = (
    units.problems,
    dosing.problems,
    vitals.problems,
    course.problems,
    scores.problems,
)
"""Who looks for contradictions, in order."""


def contradictions(protocol: Protocol) -> Iterator[Problem]:
    """Everything that cannot be meant."""
    for check in CHECKS:
        yield from check(protocol)


def problems(protocol: Protocol) -> Iterator[Problem]:
    """Everything that is wrong, with its dotted path."""
    yield from gaps(protocol)
    yield from contradictions(protocol)
