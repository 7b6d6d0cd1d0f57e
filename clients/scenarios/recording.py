"""From a recorded pathway to a scenario: the commands of its journal, when they were said, and what followed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import yaml

from clients.errors import Refused, refused
from clients.rederiving import opening_of, require_of
from clients.scenarios.disguise import Disguise, Plain
from clients.scenarios.reading import PATIENT, Script, script_of
from clients.scenarios.running import run_on_rules
from schemas.actors import Role
from schemas.commands import COMMANDS, MoveProtocol
from schemas.events import Event
from schemas.facts import (
    CancellationRequested,
    IdentityCompared,
    MessageRequested,
    MessageWithdrawn,
    ProtocolMoved,
    ReferralRepeated,
    WorkItemClosed,
    WorkItemOpened,
    WorkItemOverdue,
    WorkItemReassigned,
)
from schemas.protocol import Protocol
from schemas.scenario import Happening

TRIES: Final = 30
"""Spans of weeks that are tried before the dates are said to matter."""

FURTHEST_WEEKS: Final = 156

OF_DELIVERY: Final = (MessageWithdrawn, IdentityCompared)
"""What depends on the directory of people or on mail servers, which a journal knows nothing of."""

FOLLOWING: Final = (WorkItemOpened, WorkItemClosed, WorkItemReassigned, WorkItemOverdue, MessageRequested)
"""What follows from the facts that a reader looks for."""

HEAD: Final = (
    "# Written from a recorded pathway. People have aliases and words are replaced. {dates}\n"
    "# Keep it as other records without names; run it with: kap scenario run FILE\n"
)
KEPT: Final = "The dates are the patient's own."
MOVED: Final = "Dates are moved by whole weeks."


def recorded(events: Sequence[Event], protocol: Protocol, name: str, *, keep_dates: bool = False) -> str:
    """A pathway's journal as the text of a scenario file that records the same again on the rules.

    Args:
        events: The journal of one episode.
        protocol: The version that the pathway was opened under.
        name: Under which the scenario finds it: a packaged name, or a path from the file.
        keep_dates: Leave dates as they were.

    Raises:
        Refused: ``journal_without_commands``, ``other_protocol``; ``dates_matter`` where the same commands on other
            dates lead elsewhere; ``not_reproduced`` where they do on the same dates.
    """
    opening = opening_of(events)
    require_said(events)
    require_of(events, protocol)
    number, what = 0, ""
    for weeks in (0,) if keep_dates else _spans():
        document = document_of(events, Disguise(events, protocol, opening.zone, weeks), name)
        text = HEAD.format(dates=KEPT if keep_dates else MOVED) + as_yaml(document)
        if not keep_dates and names_a_day(text, events):
            continue
        found = difference(events, script_of(document, protocol))
        if found is None:
            return text
        number, what = found
    if keep_dates:
        sentence = f"On the rules alone the same commands lead elsewhere, from event {number} on: {what}."
        raise refused("not_reproduced", sentence, event=number)
    sentence = "On other dates the same commands lead elsewhere. Write it with: --keep-dates"
    raise refused("dates_matter", sentence, "keep_dates", event=number)


def names_a_day(text: str, events: Sequence[Event]) -> bool:
    """Whether a text has the date of a day on which something was recorded.

    A pathway of months, moved by a few weeks, has many a day upon another day of its own: nothing tells then which of
    its dates are the patient's.
    """
    return any(day in text for day in {str(event.recorded_at.date()) for event in events})


def require_said(events: Sequence[Event]) -> None:
    """Refuse a journal whose commands are not known.

    Raises:
        Refused: ``journal_without_commands``.
    """
    told = {event.command_id for event in events if event.said is not None}
    if any(event.command_id not in told for event in events if event.command_id is not None):
        sentence = "This journal was begun by a release that did not keep what was said; only its facts are known."
        raise refused("journal_without_commands", sentence)


def _spans() -> Iterator[int]:
    """Whole weeks back or ahead, in an order that nobody can know."""
    weeks = [one for one in range(-FURTHEST_WEEKS, FURTHEST_WEEKS + 1) if one]
    secrets.SystemRandom().shuffle(weeks)
    # A whole number of years first: summer time then begins and ends in the same weeks.
    yield from sorted(weeks[:TRIES], key=lambda one: one % 52 != 0)


def document_of(events: Sequence[Event], disguise: Plain, name: str) -> dict[str, Any]:
    """The scenario as data.

    Raises:
        Refused: ``nothing_to_tell``: the journal has no beginning.
    """
    opening = opening_of(events)
    compared = next((one.fact.matches for one in events if isinstance(one.fact, IdentityCompared)), ())
    referral = {
        "treatment": opening.treatment,
        "setting": opening.setting,
        "residence": opening.residence,
        "source": opening.source,
        "concern": disguise.words(opening.concern),
        "goals": [disguise.words(goal) for goal in opening.goals],
        "indications": opening.indications,
        "therapist": opening.therapist,
        "therapist_id": opening.therapist_id and disguise.person(opening.therapist_id),
        "matches": [{**one.model_dump(), "pathway_id": disguise.person(one.pathway_id)} for one in compared],
    }
    steps = list(_steps(events, disguise))
    if events[-1].command_id is None:
        steps.append({"at": disguise.moment(events[-1].recorded_at)})  # time went on
    document = {
        "scenario": "A recorded course",
        "starts": disguise.moment(events[0].recorded_at),
        "zone": opening.zone,
        "protocol": name,
        "people": {alias: {"role": role.value} for alias, role in disguise.people.items()},
        "referral": {key: value for key, value in referral.items() if value},
        "steps": steps,
    }
    plain: dict[str, Any] = json.loads(json.dumps(document, default=str))
    return plain


def _steps(events: Sequence[Event], disguise: Plain) -> Iterator[dict[str, Any]]:
    """One step for each command and each thing that happened, with the facts that it led to."""
    step: dict[str, Any] | None = None
    caused: str | None = None
    for event in events:
        begun = _begun(event, disguise)
        if begun is not None:
            if step is not None:
                yield step
            step, caused = begun, event.command_id
        of_step = step is not None and event.command_id == caused
        if step is not None and of_step and not isinstance(event.fact, (*OF_DELIVERY, *FOLLOWING)):
            step.setdefault("expect", {"journal": []})["journal"].append(event.fact.type)
    if step is not None:
        yield step


def _begun(event: Event, disguise: Plain) -> dict[str, Any] | None:
    """The step that begins with an event, where one does."""
    at = {"at": disguise.moment(event.recorded_at)}
    if isinstance(event.fact, CancellationRequested):
        return {**at, "happens": Happening.CANCELLATION_REQUESTED.value}
    if isinstance(event.fact, ReferralRepeated):
        return {**at, "happens": Happening.REFERRED_AGAIN.value}
    if event.said is None or event.actor is None:
        return None
    kind = COMMANDS[event.said.verb]
    content = disguise.said(kind, event.said.content)
    if "expected_version" in content:
        content["expected_version"] = "@version"
    if kind is MoveProtocol and isinstance(event.fact, ProtocolMoved):
        content["protocol"] = json.loads(event.fact.content_after)
    by = PATIENT if event.actor.role is Role.PATIENT else disguise.person(event.actor.id)
    said = {"by": by, "do": event.said.verb, "exactly": True, "with": content}
    return {**at, **said, **({"reason": disguise.words(event.reason)} if event.reason else {})}


def as_yaml(document: dict[str, Any]) -> str:
    """A document as a human would write it."""
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return text


def without_delivery(events: Iterable[Event]) -> list[Event]:
    """What the same commands have to lead to again."""
    return [event for event in events if not isinstance(event.fact, OF_DELIVERY)]


def difference(events: Sequence[Event], script: Script) -> tuple[int, str] | None:
    """Where a scenario's facts are other than the recorded ones: number and what; None where they are the same."""
    try:
        result = run_on_rules(script)
    except Refused as problem:
        return 1, problem.refusal.sentence
    if result.play.stopped is not None:
        return 1, result.play.stopped
    mine, its = without_delivery(events), without_delivery(result.record.events)
    for was, now in zip(mine, its, strict=False):
        if was.fact.type != now.fact.type:
            return was.seq, f"{now.fact.type} instead of {was.fact.type}"
    if len(mine) != len(its):
        return min(len(mine), len(its)) + 1, f"{len(its)} events instead of {len(mine)}"
    return None
