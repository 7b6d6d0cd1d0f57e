"""Moves of a random course: the next right thing, or something plausible, or something hostile, or time passing.

A move is a number. The same number in the same situation is the same move, so a failing course can be made shorter by
leaving moves out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from clients.scenarios.next_right import (
    Said,
    all_kept,
    an_approval,
    arrival,
    calm,
    in_range,
    next_right,
    renewed,
    signing,
)
from schemas import commands as c
from schemas.actors import Actor, Role, Seat
from schemas.checkins import CheckinOutcome, WelfareDecision
from schemas.commands import ALL_COMMANDS, Command
from schemas.commands.checkins import Questionnaire
from schemas.commands.day_of import Taken
from schemas.commands.screening import LabReport
from schemas.consents import ReleaseScope
from schemas.integration import NewPlanItem, PlanKind, PlanOutcome, PlanResult, VisitKind
from schemas.measures import Instrument
from schemas.preparation import PreparationItem, PreparationKind
from schemas.screening import LabResult, LabTest
from schemas.team import Candidate
from schemas.treatment import DrugRoute, HomeAttestation, Setting, Vitals
from schemas.work import Priority
from tests.support.course import Course
from tests.support.people import ACTORS, TEAM
from tests.support.protocols import varied
from workflows.rules.checkins import asked
from workflows.rules.credentials import Clinician
from workflows.rules.deadlines import due
from workflows.rules.instruments import known_items

TICK: Final = timedelta(microseconds=1)
ROLES: Final = tuple(Role)
AROUND_A_DOSE: Final[tuple[type[Command], ...]] = (
    *[c.RecordAdministration] * 6,
    *[c.RecordVitals] * 3,
    *[c.RecordMeasure] * 2,
    *[c.ClearRisk] * 2,
    *[c.AcceptMedication] * 2,
    *[c.RecordDayChecklist] * 2,
    c.RecordMedications,
    *[c.RecordUnauthorisedAdministration] * 4,
    c.StopMedication,
    c.ClearCondition,
    c.RecordLabs,
    c.DecidePredoseVitals,
    *[c.WithdrawConsent] * 2,
    *[c.RecordConsent] * 2,
    c.QuestionCapacity,
    *[c.NoteCapacity] * 2,
    *[c.RecordContinuation] * 2,
    c.ApproveDosing,
    c.RevokeApproval,
    c.SignPreparationNote,
    c.LiftHold,
    c.DischargePatient,
    c.CancelSession,
)
"""Verbs that decide on a dose, or on whether there may be one, each as often as it is tried."""

NEAR: Final = (-TICK, timedelta(0), TICK)


def move(course: Course, number: int) -> Command | Callable[[], object]:
    """The command that comes next, or the passing of time or an operator's act, to be called."""
    dice = Random(number)
    kind = dice.random()
    if kind < 0.55 and course.state.closure is None:
        right = next_right(course.state, course.now)
        if isinstance(right, Said):
            return _right(course, right, dice)
        return lambda: course.wait_until(right)
    if kind < 0.84:
        return _any_command(course, dice)
    if kind < 0.99 or course.state.closure is not None:
        return _time(course, dice)
    return dice.choice((course.cancel_by_operator, course.lose_message))


def _right(course: Course, right: Said, dice: Random) -> Command:
    """The right thing, mostly; now and then by somebody else, or told late, or with other content."""
    fields, role = dict(right.fields), right.role
    slip = dice.random()
    if right.command is c.RecordVitals and slip < 0.5:
        fields["vitals"] = _vitals(course, dice)
    elif slip < 0.06:
        role = dice.choice(ROLES)
    elif slip < 0.12:
        fields.update(fields_of(course, right.command, dice))
    if right.command.may_be_late and dice.random() < 0.25:
        fields["observed_at"] = _instant(course, dice)
    return course.say(right.command, role, **fields)


def _any_command(course: Course, dice: Random) -> Command:
    """Any verb, plausible or not, by anybody, with metadata that may be wrong; around a dose, what bears on it."""
    session = course.state.cycle.session
    arrived = session is not None and session.checked_in_at is not None
    command = dice.choice(AROUND_A_DOSE if arrived and dice.random() < 0.8 else ALL_COMMANDS)
    role = dice.choice(tuple(sorted(command.by))) if dice.random() < 0.9 else dice.choice(ROLES)
    fields = fields_of(course, command, dice)
    if dice.random() < 0.4:
        fields["observed_at"] = _instant(course, dice)
    if dice.random() < 0.05:
        fields["reason"] = None
    if course.state.staffing.departed and dice.random() < 0.15:
        fields["actor"] = Actor(id=dice.choice(sorted(course.state.staffing.departed)), role=role)
    if dice.random() < 0.1:
        fields["expected_version"] = max(0, course.state.version + dice.choice((-1, 0, 0, 1)))
    return course.say(command, role, **fields)


def _time(course: Course, dice: Random) -> Callable[[], object]:
    """Time passes: a while, or exactly up to an instant at which something is due."""
    ahead = due(course.state)
    if ahead and dice.random() < 0.4:
        instant = dice.choice(ahead[:4]).at + dice.choice(NEAR)
        return lambda: course.wait_until(max(course.now, instant))
    unit = dice.choice((1, 60, 600, 3600, 3600, 86400, 86400, 604800))
    span = {"seconds": unit * dice.randint(1, 12)}
    # An emergency that nobody takes on is raised every few minutes: weeks of it are slow, and tell nothing new.
    crowded = course.state.emergency is not None and course.state.emergency.acknowledged_by is None
    return (lambda: course.outage(**span)) if crowded or dice.random() < 0.3 else (lambda: course.wait(**span))


def _instant(course: Course, dice: Random) -> datetime:
    """Somewhere in the past or the near future; often right beside something that was recorded."""
    if dice.random() < 0.6:
        near = dice.choice(course.log[-15:])
        return dice.choice((near.at, near.recorded_at)) + dice.choice(NEAR)
    return course.now - timedelta(seconds=dice.choice((-3600, -61, -60, -1, 0, 1, 60, 600, 3600, 86400, 10**8)))


def _vitals(course: Course, dice: Random) -> Vitals:
    """Mostly in range or beside a limit; now and then incomplete."""
    rules, session = course.state.protocol.vitals, course.state.cycle.session
    setting = session.setting if session else course.state.setting
    calm = in_range(course.state.protocol, setting)
    if dice.random() < 0.35:
        return calm
    limits = [rules.predose[setting].go, rules.predose[setting].hold_above, rules.immediate_hold]
    pressure = dice.choice((*limits, *limits[:2]))
    said = {
        "systolic": int(pressure.systolic.value) + dice.choice((-30, -1, 0, 1)),
        "diastolic": int(pressure.diastolic.value) + dice.choice((-30, -1, 0, 1)),
        "heart_rate": dice.choice((calm.heart_rate, 70, 70, int(rules.heart_rate_min.value) - 1, 140)),
        "spo2": dice.choice((calm.spo2, 98, 98, int(rules.spo2_min.value) - 1)),
    }
    if dice.random() < 0.2:
        said = {name: value for name, value in said.items() if dice.random() < 0.5}
    return Vitals.model_validate(said)


def fields_of(course: Course, command: type[Command], dice: Random) -> dict[str, Any]:
    """What somebody might say with a command, sensible or not; what is left out is as in its example."""
    maker = _MAKERS.get(command)
    return maker(course, dice) if maker is not None else {}


def _approve(course: Course, dice: Random) -> dict[str, Any]:
    said = an_approval(course.state, dice.choice(tuple(Setting)))
    said["sessions"] = dice.choice((1, 1, 2, said["sessions"], 7))
    said["valid_days"] = dice.choice((1, 2, said["valid_days"], said["valid_days"] + 1))
    if dice.random() < 0.2:
        said["conditions"] = dict.fromkeys(dice.sample(("bp-log", "ecg-read"), dice.randint(1, 2)), "Kept for a week.")
    if dice.random() < 0.15:
        said["state_of_dosing"] = dice.choice(STATES)
    if dice.random() < 0.3:
        said["route"] = dice.choice(tuple(DrugRoute))
    said["max_dose_mg"] = dice.choice((50.0, 100.0, said["max_dose_mg"], said["max_dose_mg"] + 1))
    return said


def _schedule(course: Course, dice: Random) -> dict[str, Any]:
    ahead = timedelta(hours=dice.choice((-1, 0, 1, 2, 3, 24, 24 * 7, 24 * 40, 24 * 365)))
    return {"starts_at": course.now + ahead, "setting": dice.choice(tuple(Setting))}


def _confirm(course: Course, dice: Random) -> dict[str, Any]:
    """Mostly what is booked; now and then another appointment, or the time that it had before."""
    booked = dice.choice((course.state.cycle.session, course.state.cycle.session, course.state.cycle.ahead))
    if booked is None or dice.random() < 0.1:
        return {"session_id": "S1", "starts_at": course.now + timedelta(days=1)}
    return {"session_id": booked.id, "starts_at": booked.starts_at - timedelta(days=dice.random() < 0.1)}


def _day_checklist(course: Course, dice: Random) -> dict[str, Any]:
    said: dict[str, Any] = {"new_illness": dice.random() < 0.15, "companion_arranged": dice.random() < 0.9}
    if dice.random() < 0.3:
        said["new_medicines"] = tuple(dice.sample(NAMES, 1))
    if dice.random() < 0.2:
        said["taken"] = (Taken(name=dice.choice(("alcohol", *NAMES)), taken_at=_instant(course, dice)),)
    if dice.random() < 0.3:
        said["solids_h_ago"], said["clear_liquids_h_ago"] = _hours(dice), _hours(dice)
    return said


def _hours(dice: Random) -> float | None:
    return dice.choice((None, 0.0, 1.99, 2.0, 3.99, 4.0, 12.0))


def _check_in(course: Course, dice: Random) -> dict[str, Any]:
    session = course.state.cycle.session
    said = arrival(course.state, session) if session else {}
    if dice.random() < 0.4:
        attested = [dice.random() < 0.8 for _ in range(3)]
        home = HomeAttestation(address_confirmed=attested[0], sitter_present=attested[1], video_connected=attested[2])
        said = {**said, "home": home, "therapist_present": dice.random() < 0.8, "setting": dice.choice(tuple(Setting))}
    if dice.random() < 0.2:
        said = {**said, "solids_h_ago": _hours(dice), "clear_liquids_h_ago": _hours(dice)}
    if dice.random() < 0.1:
        said = {**said, "location": dice.choice(STATES)}
    return said


STATES: Final = (None, "CO", "AL", "GA", "TX")
"""Where a patient may be: nobody says, and states of every rule."""


def _visit(course: Course, dice: Random) -> dict[str, Any]:
    return {
        "visited_at": dice.choice(
            (None, _instant(course, dice), course.now - timedelta(days=dice.choice((1, 364, 367))))
        )
    }


def _administer(course: Course, dice: Random) -> dict[str, Any]:
    approval = course.state.approval
    route = approval.route if approval and dice.random() < 0.9 else dice.choice(tuple(DrugRoute))
    most = approval.max_dose_mg if approval else 100.0
    look = {} if dice.random() < 0.9 else {"lot": None, "verified_by": dice.choice((None, ACTORS[Role.NURSE].id))}
    return {**look, "dose_mg": dice.choice((0.1, most / 4, most / 2, most, most + 0.1)), "route": route}


def _consent(course: Course, dice: Random) -> dict[str, Any]:
    said = signing(course.state, dice.choice(tuple(course.state.protocol.consent_rules.kinds)))
    if dice.random() < 0.5:
        said["signed_at"] = _instant(course, dice)
    if dice.random() < 0.1:
        said["version"] = "2020-01"
    if dice.random() < 0.1:
        said["acknowledged"] = said["acknowledged"][1:]
    if dice.random() < 0.1:
        said["ends_at"] = _instant(course, dice)
    return said


def _withdraw(course: Course, dice: Random) -> dict[str, Any]:
    return {"kind": dice.choice((*course.state.protocol.consent_rules.kinds, *["treatment"] * 4, "photographs"))}


def _continuation(course: Course, dice: Random) -> dict[str, Any]:
    rules = course.state.protocol.consent_rules.kinds.items()
    asked_for = [kind for kind, rule in rules if rule.asked_after_withdrawal]
    return {"therapy": dice.random() < 0.5, "goes_on": {kind: dice.random() < 0.6 for kind in asked_for}}


def _revoke(course: Course, dice: Random) -> dict[str, Any]:
    return {"approval_id": course.state.approval.id if course.state.approval and dice.random() < 0.8 else "A1"}


def _release(course: Course, dice: Random) -> dict[str, Any]:
    approval = course.state.approval
    known = {"approval_id": approval.id} if approval and dice.random() < 0.9 else {}
    return {**known, "doses": dice.choice((1, 1, 2, 3, 4)), "pdmp_checked": dice.random() < 0.9}


def _count(course: Course, dice: Random) -> dict[str, Any]:
    return {"doses": max(0, course.state.supply.on_hand() + dice.choice((0, 0, 0, 0, -1, 1)))}


def _prepare(course: Course, dice: Random) -> dict[str, Any]:
    said: dict[str, Any] = {"completes": dice.random() < 0.8, "minutes": dice.choice((None, 14, 15, 30, 59, 60, 60))}
    said["kind"] = dice.choice((None, None, *PreparationKind))
    if dice.random() < 0.3:
        said["held_at"] = _instant(course, dice)
    if dice.random() < 0.3:
        said["checklist"] = tuple(item for item in PreparationItem if dice.random() < 0.8)
    if dice.random() < 0.3:
        said["intentions"] = dice.choice(((), ("To rest.",)))
    return said


def _integrate(course: Course, dice: Random) -> dict[str, Any]:
    said: dict[str, Any] = {"outcomes": all_kept(course.state), "further": dice.random() < 0.2}
    if dice.random() < 0.5:
        said["held_at"] = _instant(course, dice)
    if dice.random() < 0.3:
        said["new_items"] = (NewPlanItem(kind=dice.choice(tuple(PlanKind)), text="Rest before noon."),)
    if dice.random() < 0.5:
        said["outcomes"] = tuple(
            PlanOutcome(
                item_id=one.item_id, result=dice.choice(tuple(PlanResult)), word=dice.choice((None, "It fits."))
            )
            for one in said["outcomes"]
            if dice.random() < 0.8
        )
    return said


MOVABLE: Final = {
    "series.min_hours_between_doses": (24, 30, 144, 200),
    "integration.min_hours_before_next_dose": (1, 24, 48),
    "integration.window_closes_h": (48, 72, 96),
    "vitals.valid_min": (15, 45),
    "vitals.predose.clinic.go.systolic": (120, 140),
    "routes.sublingual.observation_min": (120, 150),
}
"""Numbers that another version of the protocol may have otherwise; each is held by an auditor."""


def _move(course: Course, dice: Random) -> dict[str, Any]:
    """To another version with other numbers; now and then to the same, or with the old name on it."""
    old = course.state.protocol
    slip = dice.random()
    if slip < 0.1:
        return {"protocol": old}
    changed: dict[str, Any] = {path: dice.choice(values) for path, values in MOVABLE.items() if dice.random() < 0.5}
    if slip > 0.2:
        changed["version"] = f"2027.{dice.randint(1, 12):02}-{course.state.version}"
    return {"protocol": varied(changed, old)}


def _measure(course: Course, dice: Random) -> dict[str, Any]:
    instrument = dice.choice(tuple(Instrument))
    return {"instrument": instrument, "answers": _answers(course, instrument, dice)}


def _answers(course: Course, instrument: Instrument, dice: Random) -> dict[str, int | None]:
    """Calm, mostly; now and then with a sign of danger, with gaps, or beside the questionnaire."""
    said = calm(course.state, instrument)
    slip = dice.random()
    if slip < 0.5:
        return said
    if slip < 0.75:
        item = dice.choice(("q9", "q2", "q3", "q4", "q6", "q6_past_3_months"))
        known = known_items(course.state.protocol.instruments, instrument) if course.state.protocol.instruments else ()
        return {**said, item: 1} if item in known else said
    if slip < 0.9:
        return {item: answer for item, answer in said.items() if dice.random() < 0.6}
    return {**said, dice.choice(("q1", "q9", "q40")): dice.choice((-1, 1, 2, 7, None))}


def _checkin(course: Course, dice: Random) -> dict[str, Any]:
    checkins = course.state.checkins
    known = [(one.id, one.kind) for one in checkins.open] + [(one.id, one.kind) for one in checkins.planned]
    if not known:
        return {}
    checkin_id, kind = dice.choice(known)
    if dice.random() < 0.4:
        return {"checkin_id": checkin_id, "outcome": CheckinOutcome.NOT_REACHED, "side_effects": None}
    measures = tuple(
        Questionnaire(instrument=instrument, answers=_answers(course, instrument, dice))
        for instrument in asked(course.state, kind)[0]
        if dice.random() < 0.9
    )
    return {"checkin_id": checkin_id, "measures": measures}


def _welfare(course: Course, dice: Random) -> dict[str, Any]:
    known = course.state.checkins.open
    chosen = {"checkin_id": dice.choice(known).id} if known else {}
    return {**chosen, "decision": dice.choice(tuple(WelfareDecision))}


NAMES: Final = ("Zoloft", "Zoloft 50 mg", "Lipitor", "Tylenol", "Lamictal", "Benadryl", "Nardil", "Nardill", "Xanax")
"""What patients take: mostly what may go on, and now and then what may not."""


def _medication(course: Course, dice: Random) -> str:
    told = [entry.name for entry in course.state.screening.medications.entries]
    washouts = [washout.key.partition("?")[0] for washout in course.state.screening.washouts]
    return dice.choice((*told, *[key for key in washouts if key], "Nardil"))


def _history(course: Course, dice: Random) -> dict[str, Any]:
    present = dice.choice(((), (), (), ("hyperthyroidism",), ("controlled_hypertension",), ("pregnancy",)))
    said = {"conditions": present, "age_years": dice.choice((17, 18, 41, 41, 54, 55))}
    said["substance_use_suspected"] = dice.random() < 0.1
    return {**said, "childbearing_potential": dice.random() < 0.3, "stop_bang": dice.choice((None, 2, 3))}


def _clear(course: Course, dice: Random) -> dict[str, Any]:
    history = course.state.screening.history
    return {"condition": dice.choice((*(history.conditions if history else ()), "hyperthyroidism"))}


def _labs(course: Course, dice: Random) -> dict[str, Any]:
    result = LabResult.REMARKABLE if dice.random() < 0.15 else LabResult.UNREMARKABLE
    tests = dice.sample(tuple(LabTest), dice.randint(1, len(LabTest)))
    collected_at = _instant(course, dice) if dice.random() < 0.4 else None
    return {"labs": tuple(LabReport(test=test, result=result, collected_at=collected_at) for test in tests)}


PEOPLE: Final = ("dr-sage", "dr-thyme", "th-fern", "th-birch", "co-moss", "co-fir")
"""Who may have a place in the team, or stand in."""


def _change(course: Course, dice: Random) -> dict[str, Any]:
    seat, team = dice.choice((*tuple(Seat)[:3], *Seat)), course.state.care_team
    leaver = team.seated(seat) if team is not None and dice.random() < 0.9 else dice.choice(PEOPLE)
    joining = [person for person in PEOPLE if person[:2] == {"physician": "dr", "therapist": "th"}.get(seat, "co")]
    successor = dice.choice((*joining, *joining, None))
    practice = dice.choice((None, None, "pr-9"))
    return {"seat": seat, "leaver_id": leaver, "successor_id": successor, "practice_id": practice}


def _offer(course: Course, dice: Random) -> dict[str, Any]:
    therapists = [person for person in PEOPLE if person.startswith("th")]
    asked = dice.sample(therapists, dice.randint(1, len(therapists)))
    return {"candidates": tuple(Candidate(person_id=one, practice_id=dice.choice((None, "pr-9"))) for one in asked)}


def _answer(course: Course, dice: Random) -> dict[str, Any]:
    staffing = course.state.staffing
    said: dict[str, Any] = {"offer_id": f"O{staffing.offers_made}", "accepted": dice.random() < 0.6}
    if staffing.offer is not None and dice.random() < 0.8:
        said["actor"] = Actor(id=staffing.offer.candidate.person_id, role=Role.THERAPIST)
    return said


def _post(course: Course, dice: Random) -> dict[str, Any]:
    said = {
        "scope": dice.choice(tuple(ReleaseScope)),
        "text": "Please read this.",
        "must_acknowledge": dice.random() < 0.7,
    }
    to = tuple(dice.sample((Role.PHYSICIAN, Role.THERAPIST, Role.COORDINATOR), dice.randint(1, 2)))
    return {**said, "to": to, "priority": dice.choice(tuple(Priority)), "actor": _colleague(course, dice)}


def _revise(course: Course, dice: Random) -> dict[str, Any]:
    posts = course.state.thread.posts
    author = dice.choice(posts).author_id if posts else "dr-sage"
    role = Role.PHYSICIAN if author.startswith("dr") else Role.THERAPIST
    said = {"message_id": f"C{dice.randint(1, max(1, len(posts)))}", "text": "Please read this instead."}
    return {**said, "actor": Actor(id=author, role=role)}


def _acknowledge(course: Course, dice: Random) -> dict[str, Any]:
    posts = course.state.thread.posts
    post = dice.choice(posts) if posts else None
    version = post.version if post else 1
    said = {"message_id": post.id if post else "C1", "version": max(1, version - (dice.random() < 0.1))}
    return {**said, "actor": _colleague(course, dice)}


def _hand_on(course: Course, dice: Random) -> dict[str, Any]:
    """Mostly by the owner, of something that is open."""
    work = course.state.work
    item = dice.choice(work) if work else None
    said: dict[str, Any] = {"item_id": item.id if item else "W1"}
    if item is not None and item.owner_id is not None and dice.random() < 0.8:
        said["actor"] = Actor(id=item.owner_id, role=item.owner_role)
    return said


def _answer_transfer(course: Course, dice: Random) -> dict[str, Any]:
    for item in course.state.work:
        if item.transfer is not None:
            asked = Actor(id=item.transfer.to_id, role=item.owner_role)
            return {"item_id": item.id, "accepted": dice.random() < 0.6, "actor": asked}
    return {"item_id": "W1", "accepted": True}


def _colleague(course: Course, dice: Random) -> Actor:
    team = course.state.care_team or TEAM
    therapist = Actor(id=team.therapist_id or "th-fern", role=Role.THERAPIST)
    return dice.choice((Actor(id=team.physician_id, role=Role.PHYSICIAN), therapist))


def _cover(course: Course, dice: Random) -> dict[str, Any]:
    starts_at = dice.choice((None, course.now + timedelta(hours=dice.randint(1, 48))))
    ends_at = (starts_at or course.now) + timedelta(hours=dice.choice((0, 1, 24, 500)))
    seat = dice.choice((*tuple(Seat)[:3], Seat.SITTER))
    return {"seat": seat, "person_id": dice.choice(PEOPLE), "starts_at": starts_at, "ends_at": ends_at}


def _verify(course: Course, dice: Random) -> dict[str, Any]:
    """Mostly whole; now and then with something missing, or at its end."""
    person = dice.choice(PEOPLE)
    role = Role.PHYSICIAN if person.startswith("dr") else Role.THERAPIST
    told = renewed(course.state, Clinician(person, role), dice.choice(("CO", "CO", "CO", "AL")), course.now)
    if dice.random() < 0.5:
        day = course.now.date() + timedelta(days=dice.choice((-1, 0, 1, 7, 40)))
        ends = {"licences": dict.fromkeys(told.licences, day)}
        told = told.model_copy(update=dice.choice((ends, {"kap_training_until": day}, {"kap_trained": False})))
    return {"credentials": told}


_MAKERS: Final[dict[type[Command], Callable[[Course, Random], dict[str, Any]]]] = {
    c.AcceptReferral: lambda course, dice: {"care_team": TEAM},
    c.ChangeCareTeam: _change,
    c.OfferTherapist: _offer,
    c.AnswerOffer: _answer,
    c.PostMessage: _post,
    c.RemindOwner: lambda course, dice: {"item_id": _hand_on(course, dice)["item_id"]},
    c.RequestHelp: _hand_on,
    c.TransferWork: lambda course, dice: {**_hand_on(course, dice), "to_id": dice.choice(PEOPLE)},
    c.AnswerTransfer: _answer_transfer,
    c.ReviseMessage: _revise,
    c.AcknowledgeMessage: _acknowledge,
    c.WithdrawOffer: lambda course, dice: {"offer_id": f"O{course.state.staffing.offers_made}"},
    c.NameCover: _cover,
    c.EndCover: lambda course, dice: {"seat": dice.choice(tuple(Seat)[:3])},
    c.RecordCredentials: _verify,
    c.DecideScreening: lambda course, dice: {"eligible": dice.random() < 0.7},
    c.RecordConsent: _consent,
    c.WithdrawConsent: _withdraw,
    c.RecordContinuation: _continuation,
    c.NoteCapacity: lambda course, dice: {"has_capacity": dice.random() < 0.8},
    c.RecordInPersonVisit: _visit,
    c.FileRemsForm: lambda course, dice: {"session_id": dice.choice(("S1", "S1", "S2", "S3"))},
    c.RecordRemsEnrolment: lambda course, dice: {"patient_enrolled": dice.random() < 0.8},
    c.ApproveDosing: _approve,
    c.RevokeApproval: _revoke,
    c.ConfirmPace: _revoke,
    c.ReviewSpacing: lambda course, dice: {"go_on": dice.random() < 0.7},
    c.ConfirmCondition: lambda course, dice: {
        **_revoke(course, dice),
        "condition": dice.choice(("bp-log", "ecg-read")),
    },
    c.ReleaseSupply: _release,
    c.CountSupply: _count,
    c.ScheduleSession: _schedule,
    c.ConfirmAppointment: _confirm,
    c.RecordDayChecklist: _day_checklist,
    c.CheckIn: _check_in,
    c.RecordVitals: lambda course, dice: {"vitals": _vitals(course, dice)},
    c.DecidePredoseVitals: lambda course, dice: {"proceed": dice.random() < 0.7},
    c.RecordAdministration: _administer,
    c.RecordWhereabouts: lambda course, dice: {
        "zone": dice.choice((None, "America/Denver", "America/Los_Angeles", "Asia/Kathmandu")),
        "residence": dice.choice((None, None, "CO", "CA", "AL")),
    },
    c.RecordUnauthorisedAdministration: lambda course, dice: {
        "dose_mg": dice.choice((1.0, 100.0, 500.0)),
        "setting": dice.choice(tuple(Setting)),
        "route": dice.choice(tuple(DrugRoute)),
    },
    c.RecordSitterCheck: lambda course, dice: {"responsive": dice.random() < 0.9},
    c.RecordSitterContact: lambda course, dice: {"reached": dice.random() < 0.7},
    c.DischargePatient: lambda course, dice: {"oriented": dice.random() < 0.9},
    c.SignPreparationNote: _prepare,
    c.SignIntegrationNote: _integrate,
    c.RecordNoShow: lambda course, dice: {"visit": dice.choice(tuple(VisitKind))},
    c.RecordHealthHistory: _history,
    c.ClearCondition: _clear,
    c.RecordMedications: lambda course, dice: {"names": tuple(dice.sample(NAMES, dice.choice((0, 1, 1, 2))))},
    c.AcceptMedication: lambda course, dice: {
        "name": _medication(course, dice),
        "plan": dice.choice((None, "Slowly.")),
    },
    c.StopMedication: lambda course, dice: {
        "name": _medication(course, dice),
        "last_taken_at": _instant(course, dice),
    },
    c.RecordLabs: _labs,
    c.AcceptLab: lambda course, dice: {"test": dice.choice(tuple(LabTest))},
    c.MoveProtocol: _move,
    c.RecordMeasure: _measure,
    c.RecordRiskContact: lambda course, dice: {"reached": dice.random() < 0.5},
    c.RecordCheckin: _checkin,
    c.DecideWelfare: _welfare,
    c.ChooseEducation: lambda course, dice: {"wanted": dice.random() < 0.8},
}
"""Content of a command by chance; the example's where nothing is said."""
