"""What happens in the demo, in order: it reads like the protocol."""

from __future__ import annotations

from datetime import datetime, timedelta

from clients.cli.output import words
from clients.demo.cast import ANSWERS, HELD, UNANSWERED
from clients.demo.course import Course, NotAsScripted, on_a_day
from clients.errors import Refused
from schemas.actors import Actor, Role
from schemas.preparation import PreparationKind
from schemas.protocol import ConsentNeed, Protocol
from schemas.treatment import Setting
from schemas.work import WorkKind

CALM = {"systolic": 122, "diastolic": 78, "heart_rate": 68, "spo2": 98}
"""In range before a dose."""

HIGH = {"systolic": 168, "diastolic": 104, "heart_rate": 88, "spo2": 97}
"""Above the limit at which a session is held."""

PRESCRIBER = {
    "person_id": "dr-sage",
    "role": "physician",
    "licences": {"CO": "2028-12-31"},
    "prescribing_until": "2028-12-31",
}
"""Where, and until when, the physician may prescribe."""

ROWAN = Actor(id="dr-rowan", role=Role.PHYSICIAN)
UNDERSTUDY = {**PRESCRIBER, "person_id": "dr-rowan"}
"""The same of the physician who stands in."""

CLIMBED = 2
"""Steps of the ladder after which the one who stands in takes the decision."""

THERAPIST = {"person_id": "th-fern", "role": "therapist", "licences": {"CO": "2028-12-31"}, "kap_trained": True}
"""Where, and until when, the therapist may treat."""

DOSE = {"dose_mg": 100, "route": "sublingual", "lot": "LOT-0001", "verified_by": "th-fern"}


async def play(course: Course, protocol: Protocol) -> None:
    """One patient's whole course. What goes wrong ends it, and is kept in ``course.problem``."""
    try:
        await _enrol(course, protocol)
        await _prepare(course, protocol)
        await course.wait(hours=5)
        if course.referral.referral_id == UNANSWERED.referral_id:
            await _wait_in_vain(course)
            await _approve(course, protocol, "has dosing approved by Dr. Rowan, who stands in", by=ROWAN)
        else:
            await _approve(course, protocol, "has dosing approved by Dr. Sage")
        if course.referral.referral_id == HELD.referral_id:
            await _arrive_with_high_blood_pressure(course, protocol)
        for number in range(1, int(protocol.series.sessions.value) + 1):
            if number > 1:
                await _prepare(course, protocol)
            await _hold_session(course, protocol)
            await _integrate(course)
        await _finish(course)
    except Refused as refused:
        course.problem = f"{refused.refusal.code}: {refused.refusal.sentence}"
    except NotAsScripted as surprise:
        course.problem = str(surprise)
    except TimeoutError:
        course.problem = "The demo took too long; is this machine very busy?"
    if course.problem is not None:
        course.tell(f"stops here. {course.problem}")


async def _enrol(course: Course, protocol: Protocol) -> None:
    await course.refer()
    course.tell("is referred")
    await course.wait(hours=4)
    team = {
        "physician_id": "dr-sage",
        "therapist_id": "th-fern",
        "coordinator_id": "co-moss",
        "backup_physician_id": "dr-rowan",
    }
    await course.do(Role.COORDINATOR, "accept_referral", "is accepted by Moss", care_team=team)
    for whose, credentials in (("Dr. Sage", PRESCRIBER), ("Dr. Rowan", UNDERSTUDY), ("Fern", THERAPIST)):
        said, how = f"has the licence of {whose} verified by Moss", "Seen in the state board's register."
        await course.do(Role.COORDINATOR, "record_credentials", said, credentials=credentials, reason=how)
    await course.wait(hours=8)
    history = {"age_years": 41, "childbearing_potential": False, "conditions": [], "every_condition_asked": True}
    await course.do(Role.NURSE, "record_health_history", "has the history taken by Reed", **history)
    await course.do(Role.NURSE, "record_medications", "tells Reed what medication is taken", names=["Zoloft 50 mg"])
    labs = [
        {"test": test, "result": "unremarkable"}
        for test in ("liver_function", "kidney_function", "urinary_tract_symptoms")
    ]
    await course.do(Role.NURSE, "record_labs", "has unremarkable laboratory results", labs=labs)
    for instrument in protocol.instruments.baseline if protocol.instruments is not None else ():
        said = f"answers the {instrument.upper()} questionnaire"
        await course.do(Role.NURSE, "record_measure", said, instrument=instrument, answers=ANSWERS[instrument])
    why = "History, medication and examination show no contraindication."
    await course.do(Role.PHYSICIAN, "decide_screening", "is found eligible by Dr. Sage", eligible=True, reason=why)
    await course.wait(hours=6)
    if course.referral.setting is Setting.HOME:
        said = "is seen in person by Dr. Sage, before anything is prescribed over video"
        await course.do(Role.PHYSICIAN, "record_in_person_visit", said, examined_by="dr-sage")
    for kind, rule in protocol.consent_rules.kinds.items():
        at_home = rule.needed is ConsentNeed.HOME and course.referral.setting is Setting.HOME
        if rule.needed is ConsentNeed.EVERYBODY or at_home:
            consent = {"kind": kind, "version": rule.version, "acknowledged": list(rule.disclosures)}
            said = f"signs the {words(kind)} consent, disclosure by disclosure"
            await course.do(Role.COORDINATOR, "record_consent", said, **consent)


async def _prepare(course: Course, protocol: Protocol) -> None:
    """The whole preparation first, the brief one before later sessions."""
    await course.wait(hours=20)
    rules = protocol.preparation
    kind = PreparationKind.BRIEF if course.last_dose_at else PreparationKind.FULL
    items, minutes, _ = rules.asked(kind) if rules is not None else ((), None, 0)
    await course.do(
        Role.THERAPIST,
        "sign_preparation_note",
        "is prepared by Fern",
        intentions=["Look at what is hard without turning away."],
        recent_stressors=["A move to another town."],
        goals=["Sleep through the night."],
        minutes=minutes,
        checklist=list(items),
    )


async def _wait_in_vain(course: Course) -> None:
    """Nobody approves. Nothing is approved by that: the request is raised again and again, and reaches others."""
    while True:
        owed = [item for item in (await course.look()).work if item.kind is WorkKind.APPROVE_DOSING]
        if not owed:
            raise NotAsScripted("An approval was expected to be owed.")
        if owed[0].steps >= CLIMBED:
            return
        await course.until(owed[0].next_deadline)
        course.tell(f"waits for an approval that nobody gives (raised {owed[0].steps + 1} times)")
        await course.wait(hours=2)


async def _approve(course: Course, protocol: Protocol, said: str, by: Role | Actor = Role.PHYSICIAN) -> None:
    terms = {
        "route": DOSE["route"],
        "setting": course.referral.setting.value,
        "max_dose_mg": 150,
        "sessions": int(protocol.series.sessions.value),
        "valid_days": int(protocol.approval.first.valid_days.value),
        "pdmp_checked": True,
    }
    await course.do(by, "approve_dosing", said, **terms)
    approval = (await course.look()).approval
    if approval is None:
        raise NotAsScripted("Dosing was approved, but no approval is known.")
    for role, said in ((Role.THERAPIST, "has the dose plan read by Fern"), (Role.PATIENT, "reads the dose plan")):
        await course.do(role, "acknowledge_dose_plan", said, approval_id=approval.id)


async def _supply(course: Course) -> None:
    """What is left at home is counted, and the next dose is released and received."""
    if course.referral.setting is not Setting.HOME:
        return
    if course.last_dose_at is not None:
        await course.do(Role.PATIENT, "count_supply", "counts the doses at home: none is left", doses=0)
    approval = (await course.look()).approval
    if approval is None:
        raise NotAsScripted("A dose is to be released, but no approval is known.")
    released = {"approval_id": approval.id, "doses": 1, "pdmp_checked": True}
    await course.do(Role.PHYSICIAN, "release_supply", "has a dose released to the home", **released)
    await course.do(Role.PATIENT, "count_supply", "confirms that the dose has arrived", doses=1)


async def _arrive(course: Course, earliest: datetime | None) -> None:
    """Book a session, late enough for the reminder of the day before, and check in for it."""
    starts_at = on_a_day(max(course.now, earliest or course.now), later=2, hour=14)
    setting = course.referral.setting.value
    said = f"has a session booked for {starts_at:%d %B}"
    await course.do(Role.COORDINATOR, "schedule_session", said, starts_at=starts_at.isoformat(), setting=setting)
    await course.until(starts_at - timedelta(hours=6))
    asked = {"new_medicines": [], "companion_arranged": True, "new_illness": False}
    said = "answers the questions of the day: nothing new, and somebody to go home with"
    await course.do(Role.PATIENT, "record_day_checklist", said, **asked)
    await course.until(starts_at)
    fasted = {"solids_h_ago": 8, "clear_liquids_h_ago": 3}
    arrival = {"setting": setting, "identity_confirmed": True, "therapist_present": True, **fasted}
    if course.referral.setting is Setting.HOME:
        attested = {
            "address_confirmed": True,
            "sitter_present": True,
            "video_connected": True,
            "address": "1 Invented Lane, Nowhere",
            "local_emergency_number": "911",
            "callback_number": "555-0100",
            "emergency_contact_confirmed": True,
            "disconnect_plan_agreed": True,
            "sitter_is_adult": True,
            "pressure_cuff": True,
        }
        where = {"home": attested, "location": course.referral.patient.residence}
        await course.do(Role.THERAPIST, "check_in", "checks in at home, over video", **arrival, **where)
    else:
        await course.do(Role.NURSE, "check_in", "checks in at the clinic", **arrival)


async def _arrive_with_high_blood_pressure(course: Course, protocol: Protocol) -> None:
    """No drug is given, whoever asks; the session does not count; the physician decides anew."""
    await _arrive(course, earliest=None)
    for number in range(1, int(protocol.vitals.max_repeats.value) + 2):
        said = f"has high blood pressure (reading {number})"
        await course.do(Role.NURSE, "record_vitals", said, vitals=HIGH)
        if protocol.vitals.repeat_gap_min is not None:
            await course.wait(hours=protocol.vitals.repeat_gap_min.value / 60)
    if all(check.name != "no_hold" or check.passed for check in (await course.look()).checks):
        raise NotAsScripted("The session was not held in spite of the blood pressure.")
    code = await course.refusal_of(Role.NURSE, "record_administration", **DOSE)
    course.tell(f"is held: the pathway refuses the dose ({code})")
    await course.wait(hours=20)
    await _approve(course, protocol, "has the hold reviewed and dosing approved anew")


async def _hold_session(course: Course, protocol: Protocol) -> None:
    await _supply(course)
    interval = max(timedelta(hours=protocol.series.min_hours_between_doses.value), timedelta(weeks=1))
    await _arrive(course, earliest=course.last_dose_at and course.last_dose_at + interval)
    await course.do_freshly_measured(Role.NURSE, "record_administration", "is given the dose", CALM, **DOSE)
    course.last_dose_at = course.now
    said, insight = "has an insight captured", "I can put the suitcase down."
    await course.do(Role.THERAPIST, "capture_insight", said, insight=insight)
    ends = (await course.session()).observation_ends_at
    if ends is None:
        raise NotAsScripted("Drug was given, but no observation time is running.")
    await course.until(ends)
    summary = "Calm, oriented, wants to write before sleep."
    await course.do(Role.THERAPIST, "record_debrief", "is debriefed by Fern", summary=summary)
    fit = {
        "oriented": True,
        "steady_gait": True,
        "responsible_adult": True,
        "nausea_minimal": True,
        "suicidality_screened": True,
        "no_driving_agreed": True,
        "padss": 10,
        "missing_readings_reason": "The demo's clock runs too fast to measure in between.",
    }
    await course.do_freshly_measured(Role.NURSE, "discharge_patient", "goes home after observation", CALM, **fit)


async def _integrate(course: Course) -> None:
    """The visit on the day after, inside its window."""
    await course.wait(hours=26)
    plan = (await course.look()).plan
    await course.do(
        Role.THERAPIST,
        "sign_integration_note",
        "has the integration visit with Fern",
        summary="Worked with the image of the suitcase.",
        outcomes=[{"item_id": item.id, "result": "kept"} for item in plan],
        coping_strategies=[] if plan else ["Ten minutes of walking before the first e-mail."],
    )


async def _finish(course: Course) -> None:
    await course.wait(hours=10)
    summary = "Sleeps again; keeps seeing the therapist."
    outcome = {"course": "response", "summary": summary}
    await course.do(Role.PHYSICIAN, "complete_pathway", "has the outcome recorded", **outcome)
    # Care has ended; the patient is still asked after.
    await course.wait(hours=48)
    course.closure = await course.client.result(course.pathway_id, timeout=30)
    course.tell("has completed the pathway")
