"""From a seed to a scenario: people who mostly do the next right thing, or who try what must not succeed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from clients.scenarios.next_right import Said, next_right
from clients.scenarios.reading import script_of
from clients.scenarios.running import run_on_rules
from schemas import commands as c
from schemas.actors import Role
from schemas.commands import Command, MoveProtocol
from schemas.protocol import Protocol
from schemas.refusals import Refusal
from schemas.scenario import Happening
from schemas.scenario.when import wall_clock
from schemas.treatment import TreatmentRoute
from tests.rules.moves import fields_of, move
from tests.support.course import Course
from tests.support.people import ZONE, an_enrolment
from tests.support.protocols import varied
from workflows.rules.step import Step

Kind = Literal["plausible", "hostile"]
KINDS: Final[tuple[Kind, ...]] = ("plausible", "hostile")

OVERRIDES: Final = {"series.sessions": 2}
"""Two sessions, so that courses come to an end."""

MOST_DAYS: Final = 150
AFTER_THE_END: Final = 3
"""Moves after a pathway was closed."""

WAY_IN: Final = (0, 12, 24, 30, 34, 38, 60)
"""Right moves before the hostile ones: what matters is tried where a dose is near."""

LIFE: Final[tuple[type[Command], ...]] = (
    c.WithdrawConsent,
    c.RecordWhereabouts,
    c.ChangeCareTeam,
    c.NameCover,
    c.RecordMedications,
    c.RecordLabs,
    c.CancelSession,
    c.RecordAdverseEvent,
    c.RecordMeasure,
    c.DeclareEmergency,
    c.RevokeApproval,
    c.RecordVitals,
    c.RecordDayChecklist,
    c.ReportContactLost,
    c.CaptureInsight,
    c.DiscontinuePathway,
)
"""What happens in clinics beside the course."""

AROUND: Final = (Happening.WORKER_KILLED, Happening.DATABASE_DOWN, Happening.REFERRED_AGAIN, Happening.MAIL_BOUNCES)


class Clinic(Course):
    """A course that keeps everything that was said, and lets time pass in whole seconds, as a clinic's clock does."""

    def __init__(self, protocol: Protocol, treatment: TreatmentRoute, setting: Any) -> None:
        super().__init__(an_enrolment(protocol, treatment=treatment, setting=setting))
        self.steps: list[dict[str, Any]] = []
        self.people: dict[str, Role] = {}

    def obey(self, command: Command) -> Step | Refusal:
        """Keep what is said, then take it."""
        role = self.people.setdefault(command.actor.id, command.actor.role)
        content = {**json.loads(command.model_dump_json()), "actor": command.actor.model_dump(mode="json")}
        step: dict[str, Any] = {"send": command.verb, "payload": content}
        if role is command.actor.role:
            by = "patient" if role is Role.PATIENT else command.actor.id
            said = command.content()
            if command.expected_version == self.state.version:
                said["expected_version"] = "@version"  # withdrawn messages are counted by the engines alone
            step = {"by": by, "do": command.verb, "exactly": True, "with": said}
            step |= {"reason": command.reason} if command.reason else {}
            step["command_id"] = command.command_id
        self.keep(step)
        return super().obey(command)

    def keep(self, step: dict[str, Any]) -> None:
        """Take down what is done now."""
        self.steps.append({"at": wall_clock(self.now.astimezone(ZoneInfo("UTC"))) + " UTC", **step})

    def wait_until(self, instant: datetime) -> Step:
        """Up to the next whole second."""
        whole = instant.replace(microsecond=0)
        return super().wait_until(whole if whole == instant else whole + timedelta(seconds=1))


def generated(seed: int, kind: Kind, moves: int = 100) -> dict[str, Any]:
    """The scenario of a seed, always the same; the refusals that it expects are those of the rules."""
    dice = Random(f"{kind} {seed}")
    protocol = varied(OVERRIDES)
    treatment = dice.choice((*[TreatmentRoute.KAP] * 3, *TreatmentRoute))
    setting = dice.choice(sorted(protocol.treatment(treatment).settings))
    clinic = Clinic(protocol, treatment, setting)
    began, closed = clinic.now, 0
    for _ in range(dice.choice(WAY_IN) if kind == "hostile" else 0):
        _right(clinic)
    for _ in range(moves):
        (_hostile if kind == "hostile" else _plausible)(clinic, dice)
        if dice.random() < 0.03:
            happens = dice.choice(AROUND)
            to = {"to": "patient"} if happens is Happening.MAIL_BOUNCES else {}
            clinic.keep({"happens": happens.value, **to})
        closed += clinic.state.closure is not None
        if closed > AFTER_THE_END or clinic.now - began > timedelta(days=MOST_DAYS):
            break
    people = {person: {"role": role.value} for person, role in clinic.people.items() if role is not Role.PATIENT}
    document = {
        "scenario": f"{kind} clinic {seed}",
        "starts": wall_clock(began.astimezone(ZoneInfo("UTC"))) + " UTC",
        "zone": ZONE,
        "overrides": OVERRIDES,
        "people": {**people, **_members(clinic)},
        "referral": {"treatment": treatment.value, "setting": setting.value},
        "steps": clinic.steps or [{"at": "start"}],
    }
    return answered(document, protocol)


def answered(document: dict[str, Any], protocol: Protocol) -> dict[str, Any]:
    """The document with the refusals that the rules give, in the place of those that it expects."""
    steps = [_without(step, "refused") for step in document["steps"]]
    plain = {**document, "steps": steps}
    for taken in run_on_rules(script_of(plain, protocol)).record.taken:
        if isinstance(taken.answer, Refusal):
            steps[taken.act.step]["refused"] = taken.answer.code
    return plain


def _members(clinic: Clinic) -> dict[str, dict[str, str]]:
    """Whoever is written to has to be somebody."""
    told = [fact.message for fact in (entry.fact for entry in clinic.log) if fact.type == "message_requested"]  # type: ignore[attr-defined]
    return {one.to_id: {"role": one.to_role.value} for one in told if one.to_role is not Role.PATIENT}


def _plausible(clinic: Clinic, dice: Random) -> None:
    """The next right thing, sooner or later; or a while passes; or life happens."""
    luck = dice.random()
    if luck < 0.82 and clinic.state.closure is None:
        _right(clinic, dice.choice((0, 0, 0, 5, 20, 90)))
    elif luck < 0.92:
        clinic.wait(hours=dice.choice((1, 3, 12, 30, 60)))
    else:
        command = dice.choice(LIFE)
        clinic.obey(clinic.say(command, dice.choice(sorted(command.by)), **fields_of(clinic, command, dice)))


def _right(clinic: Clinic, minutes: float = 0) -> None:
    """The next right thing. Who is refused waits a while, and asks for what is missing."""
    clinic.wait(minutes=minutes)
    right = next_right(clinic.state, clinic.now)
    if not isinstance(right, Said):
        clinic.wait_until(right)
        return
    late = {"missing_readings_reason": "Everybody was with the patient."}
    fields = {**right.fields, **(late if right.command is c.DischargePatient else {})}
    if isinstance(clinic.obey(clinic.say(right.command, right.role, **fields)), Refusal):
        clinic.wait(hours=6)


def _hostile(clinic: Clinic, dice: Random) -> None:
    """Any move; the same again; the same id for something else; or what is no command at all."""
    luck, said = dice.random(), [step for step in clinic.steps if "with" in step]
    if luck < 0.08 and said:
        clinic.keep(_without(dice.choice(said), "at"))
    elif luck < 0.12 and len(said) > 1:
        one, other = dice.sample(said, 2)
        clinic.keep({**_without(one, "at"), "command_id": other["command_id"]})
    elif luck < 0.18 and said:
        clinic.keep(_broken(dice.choice(said), dice))
    else:
        what: Command | Callable[[], object] = move(clinic, dice.getrandbits(32))
        if isinstance(what, MoveProtocol):
            return  # its content is as long as a protocol
        if isinstance(what, Command):
            clinic.obey(what)
        else:
            what()


def _without(step: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in step.items() if key != name}


def _broken(step: dict[str, Any], dice: Random) -> dict[str, Any]:
    """A payload that is no such command."""
    actor = {"id": "x", "role": dice.choice(("physician", "nurse", "janitor"))}
    said = {name: value for name, value in step["with"].items() if value != "@version"}
    payload: dict[str, Any] = {**said, "command_id": "broken", "actor": actor}
    name = dice.choice(sorted(payload))
    payload[name] = dice.choice((None, "", "x" * 5000, -1, 1e300, [], {"a": {"b": []}}, True))
    if dice.random() < 0.3:
        payload["unheard_of"] = 1
    return {"send": step["do"], "payload": payload}
