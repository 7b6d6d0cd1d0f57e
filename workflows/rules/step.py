"""One step of a pathway: a command obeyed, or deadlines that lapsed, with everything that follows from it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from schemas.commands import Command
from schemas.facts import Fact
from schemas.pathway import Pathway
from schemas.refusals import Refusal
from workflows.rules.consequences import consequences
from workflows.rules.deadlines import due, lapsed
from workflows.rules.decide import decide, effective_at
from workflows.rules.evolve import evolve
from workflows.rules.obligations import changes_of_work
from workflows.rules.updates import updates


class Step(NamedTuple):
    """The facts of a step, in order, and the state after them."""

    facts: tuple[Fact, ...]
    state: Pathway


def obey(state: Pathway, command: Command, now: datetime) -> Step | Refusal:
    """Decide a command; its facts, the work they close and open, and the messages that causes."""
    decision = decide(state, command, now)
    if isinstance(decision, Refusal):
        return decision
    step = _settled(state, decision, effective_at(command, now), now, by_human=True)
    recorded, state = list(step.facts), step.state
    for fact in updates(state, step.facts, command.actor):
        recorded.append(fact)
        state = evolve(state, fact, now)
    return Step(tuple(recorded), state)


def follow(state: Pathway, facts: Iterable[Fact], at: datetime, now: datetime) -> Step:
    """Evolve by ``facts`` that no human of the care team caused, with everything that follows from them."""
    return _settled(state, facts, at, now, by_human=False)


def lapse(state: Pathway, now: datetime) -> Step:
    """Let every deadline up to ``now`` pass, in order. Nothing is ever closed by it."""
    recorded: list[Fact] = []
    # Work that is opened late, as after an outage, may be overdue at once.
    while (step := _lapse_once(state, now)).facts:
        recorded += step.facts
        state = step.state
    return Step(tuple(recorded), state)


def _lapse_once(state: Pathway, now: datetime) -> Step:
    recorded: list[Fact] = []
    while (ahead := due(state)) and ahead[0].at <= now:
        facts, state = _consequent(state, lapsed(state, ahead[0], now), now, now)
        recorded += facts
    step = _settled(state, (), now, now, by_human=False)
    return Step((*recorded, *step.facts), step.state)


def _settled(state: Pathway, facts: Iterable[Fact], at: datetime, now: datetime, *, by_human: bool) -> Step:
    """Evolve by ``facts`` of the instant ``at``, add what follows, and bring work in line with what is owed."""
    recorded, state = _consequent(state, facts, at, now)
    for fact in list(changes_of_work(state, now, by_human=by_human)):
        recorded.append(fact)
        state = evolve(state, fact, now)
    return Step(tuple(recorded), state)


def _consequent(state: Pathway, facts: Iterable[Fact], at: datetime, now: datetime) -> tuple[list[Fact], Pathway]:
    recorded = list(facts)
    for fact in recorded:
        state = evolve(state, fact, at)
    for fact in list(consequences(state, now, at)):
        recorded.append(fact)
        state = evolve(state, fact, now)
    return recorded, state
