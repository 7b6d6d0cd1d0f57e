"""How quickly the rules decide, without any engine around them; in CPU time, so a busy machine matters little."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas import commands as c
from schemas.actors import Actor, Role
from schemas.commands import Command
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from schemas.referral import Enrolment, ReferralSource
from schemas.refusals import Refusal
from schemas.treatment import DrugRoute, Setting, Vitals
from tests.bench.course import EPOCH, course
from workflows.rules.decide import decide
from workflows.rules.enrolment import open_pathway
from workflows.rules.step import follow, lapse, obey

_RECOVERED = dict.fromkeys(
    ("oriented", "steady_gait", "responsible_adult", "nausea_minimal", "suicidality_screened", "no_driving_agreed"),
    True,
)


@dataclass(frozen=True)
class Moment:
    """A pathway in the middle of its course, and what may be said to it now."""

    state: Pathway
    now: datetime
    accepted: tuple[Command, ...]
    refused: tuple[Command, ...]


def play(protocol: Protocol, until: Callable[[Pathway], bool] = lambda _: False) -> tuple[Pathway, datetime, int]:
    """Take a course through the rules alone; returns the state, the instant, and how many commands it took.

    Raises:
        ValueError: A command was refused.
    """
    clock = [EPOCH]
    enrolment = Enrolment(
        referral_id="bench",
        source=ReferralSource.THERAPIST,
        setting=Setting.CLINIC,
        zone="America/Denver",
        residence="CO",
        concern="A long winter.",
        protocol=protocol,
    )
    state, opening = open_pathway(enrolment, "p-bench", "bench", EPOCH)
    state, commands = follow(state, opening, EPOCH, EPOCH).state, 0
    for step in course(protocol, lambda: clock[0]):
        if isinstance(step, timedelta):
            clock[0] += step
            continue
        state = lapse(state, clock[0]).state
        if isinstance(done := obey(state, step, clock[0]), Refusal):
            raise ValueError(f"{step.verb} was refused: {done.code}")
        state, commands = done.state, commands + 1
        if until(state):
            break
    return state, clock[0], commands


def mid_course(protocol: Protocol) -> Moment:
    """In the session of the middle cycle, two hours after the dose."""
    middle = (int(protocol.series.sessions.value) + 1) // 2

    def all_measured(state: Pathway) -> bool:
        session = state.cycle.session
        measured = len(protocol.routes[DrugRoute.INTRAMUSCULAR].vitals_at_min) + 1
        return state.cycle.number == middle and session is not None and len(session.readings) == measured

    state, now, _ = play(protocol, all_measured)
    physician, therapist, nurse = (
        Actor(id=f"{role}-1", role=role) for role in (Role.PHYSICIAN, Role.THERAPIST, Role.NURSE)
    )
    vitals = Vitals(systolic=124, diastolic=78, heart_rate=66, spo2=98)
    approval = {
        "route": DrugRoute.INTRAMUSCULAR,
        "setting": Setting.CLINIC,
        "sessions": 1,
        "valid_days": 7,
        "pdmp_checked": True,
    }
    return Moment(
        state,
        now,
        accepted=(
            c.RecordVitals(command_id="a1", actor=nurse, vitals=vitals),
            c.CaptureInsight(command_id="a2", actor=therapist, insight="I can put the suitcase down."),
            c.RecordDebrief(command_id="a3", actor=therapist, summary="Calm."),
            c.DischargePatient.model_validate({"command_id": "a4", "actor": nurse, "padss": 10, **_RECOVERED}),
        ),
        refused=(
            c.ApproveDosing.model_validate({"command_id": "r1", "actor": therapist, "max_dose_mg": 60.0, **approval}),
            c.ApproveDosing.model_validate({"command_id": "r2", "actor": physician, "max_dose_mg": 60.0, **approval}),
            c.RecordAdministration(command_id="r3", actor=nurse, dose_mg=60.0, route=DrugRoute.INTRAMUSCULAR),
            c.SignIntegrationNote(command_id="r4", actor=therapist, summary="Too early."),
        ),
    )


def check(moment: Moment) -> None:
    """Hold that accepted commands are accepted and refused ones refused.

    Raises:
        ValueError: One is not.
    """
    for command in moment.accepted:
        if isinstance(answer := decide(moment.state, command, moment.now), Refusal):
            raise ValueError(f"{command.verb} was refused: {answer.code}")
    for command in moment.refused:
        if not isinstance(decide(moment.state, command, moment.now), Refusal):
            raise ValueError(f"{command.verb} was accepted")


def rates(protocol: Protocol, repeats: int, seconds: float) -> dict[str, list[float]]:
    """Calls in one CPU second, ``repeats`` times measured over about ``seconds`` each."""
    moment = mid_course(protocol)
    check(moment)
    state, now = moment.state, moment.now
    mixed = [command for pair in zip(moment.accepted, moment.refused, strict=True) for command in pair]

    def deciding(commands: Sequence[Command]) -> Callable[[], int]:
        def run() -> int:
            for command in commands:
                decide(state, command, now)
            return len(commands)

        return run

    def obeying() -> int:
        for command in moment.accepted:
            obey(state, command, now)
        return len(moment.accepted)

    def whole_course() -> int:
        return play(protocol)[2]

    measured: dict[str, Callable[[], int]] = {
        "decide, accepted": deciding(moment.accepted),
        "decide, refused": deciding(moment.refused),
        "decide, mixed": deciding(mixed),
        "obey, accepted": obeying,
        "lapse and obey, whole course": whole_course,
    }
    return {name: [_rate(run, seconds) for _ in range(repeats)] for name, run in measured.items()}


def _rate(run: Callable[[], int], seconds: float) -> float:
    run()
    calls, started = 0, time.process_time()
    while (used := time.process_time() - started) < seconds:
        calls += run()
    return calls / used
