"""``kap`` against a real local stack that ``kap up`` runs: by hand from referral on, refused, interrupted, killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import randrange
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from tests.support.care import BASELINE
from tests.support.command_line import ROOT, Finished, environment, kap
from tests.support.eventually import eventually
from tests.support.people import unlike
from workers.stack.process import leashed

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEAM = {"physician_id": "dr-sage", "therapist_id": "th-fern", "coordinator_id": "co-moss"}


class RunningStack:
    """A stack that ``kap up`` runs in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.process: subprocess.Popen[bytes] | None = None

    async def up(self) -> None:
        with (self.folder / "up.log").open("wb") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220  it outlives the loop of any one test
                leashed([sys.executable, "-m", "clients.cli", "up", "--state", str(self.state)], signal.SIGTERM),
                cwd=self.folder,
                env=environment(),
                stdout=log,
                stderr=log,
            )
        # Not by stack.json, which a killed stack leaves behind.
        await eventually(lambda: "The stack is ready" in self.log, timeout=90)

    async def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """The exit code of ``kap up``."""
        assert self.process is not None
        process = self.process
        process.send_signal(how)
        await eventually(lambda: process.poll() is not None, timeout=60)
        return process.returncode

    def child(self, name: str) -> int:
        """Process id of a part of the stack."""
        entries = json.loads((self.state / "children.json").read_text())
        return next(int(pid) for pid, entry in entries.items() if entry["name"] == name)

    @property
    def log(self) -> str:
        return (self.folder / "up.log").read_text()

    @property
    def told(self) -> dict[str, Any]:
        """What the stack tells clients of itself."""
        told: dict[str, Any] = json.loads((self.state / "stack.json").read_text())
        return told

    def kap(
        self, *arguments: str | Path, data: Any = None, env: dict[str, str] | None = None, cold: bool = False
    ) -> Finished:
        return kap(*arguments, "--state", self.state, cwd=self.folder, data=data, env=env, cold=cold)

    def refer(self, **changes: Any) -> str:
        """Open a pathway; returns its id."""
        ended = self.kap("refer", "--data", "-", "--json", data=a_referral(**changes))
        assert ended.code == 0, ended.err
        assert ended.json["status"] == "opened"
        pathway: str = ended.json["pathway_id"]
        return pathway

    def screen(self, pathway: str) -> None:
        """Everything that the physician wants to know before deciding the screening."""
        history = {"age_years": 41, "childbearing_potential": False, "conditions": [], "every_condition_asked": True}
        assert self.do(pathway, "record_health_history", "nurse:nu-reed", history).code == 0
        assert self.do(pathway, "record_medications", "patient:wren", {"names": ["Zoloft 50 mg"]}).code == 0
        for instrument, answers in BASELINE.items():
            said = {"instrument": instrument, "answers": answers}
            assert self.do(pathway, "record_measure", "nurse:nu-reed", said).code == 0

    def do(self, pathway: str, verb: str, actor: str, data: Any = None, *more: str) -> Finished:
        given = ("--data", "-") if data is not None else ()
        return self.kap("do", pathway, verb, "--as", actor, *given, "--json", *more, data=data)


def a_referral(**changes: Any) -> dict[str, Any]:
    """A referral of an invented person, another one each time."""
    number = uuid4().hex[:10]
    patient = {
        "given_name": f"Wren {unlike(number)}",
        "family_name": f"Fable {unlike(number)}",
        "birth_date": "1990-02-03",
        "email": f"wren-{number}@example.org",
        "zone": "America/Denver",
        "residence": "CO",
    }
    base = {"referral_id": f"r-{number}", "sender": "fern-practice", "source": "therapist", "patient": patient}
    return {**base, "setting": "clinic", "concern": "Low for two years.", **changes}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningStack]:
    """The stack, running; Ctrl-C ends it and everything it started."""
    running = RunningStack(tmp_path_factory.mktemp("stack"))
    await running.up()
    try:
        yield running
    finally:
        code = await running.end()
    assert code == 0, running.log
    assert not (running.state / "stack.json").exists()


async def test_pathway_is_opened_driven_and_looked_at(stack: RunningStack) -> None:
    pathway = stack.refer()
    accepted = stack.do(pathway, "accept_referral", "coordinator:co-moss", {"care_team": TEAM})
    assert (accepted.code, accepted.json["phase"]) == (0, "screening")
    stack.screen(pathway)
    reason = ("--reason", "Nothing against it.")
    decided = stack.kap(
        *("do", pathway, "decide_screening", "--as", "physician:dr-sage", "--data", "-"), *reason, data="eligible: true"
    )
    assert decided.code == 0
    assert "Phase: consent" in decided.out
    page = stack.kap("status", pathway)
    assert "✗  consents active" in page.out
    assert "record consent (treatment)" in page.out
    listed = stack.kap("list", "--phase", "consent", "--json")
    assert pathway in [row["pathway_id"] for row in listed.json]
    owed = stack.kap("worklist", "--role", "coordinator", "--person", "co-moss", "--json")
    assert (pathway, "record_consent") in [(row["pathway_id"], row["kind"]) for row in owed.json]
    journal = stack.kap("journal", pathway, "--verify", "--json")
    facts = [event["fact"]["type"] for event in journal.json["events"] if not event["fact"]["type"].startswith("work_")]
    assert (journal.code, facts[:2], facts[-1]) == (
        0,
        ["referral_received", "referral_accepted"],
        "screening_decided",
    )
    for table in (stack.kap("journal", pathway), stack.kap("list"), stack.kap("worklist")):
        assert table.code == 0
        assert reason[1] in table.out or pathway in table.out


async def test_refusal_by_a_rule_ends_with_3_and_leaves_nothing(stack: RunningStack) -> None:
    pathway = stack.refer()
    terms = {
        "route": "sublingual",
        "setting": "clinic",
        "max_dose_mg": 150,
        "sessions": 2,
        "valid_days": 30,
        "pdmp_checked": True,
    }
    ended = stack.do(pathway, "approve_dosing", "therapist:th-fern", terms)
    assert (ended.code, ended.refusal["code"], ended.refusal["field"]) == (3, "role_not_allowed", "actor.role")
    assert ended.refusal["facts"] == {"allowed": "physician"}
    events = stack.kap("journal", pathway, "--json").json["events"]
    assert [event["command_id"] for event in events] == [None] * len(events)


async def test_refused_referral_may_be_corrected_under_its_number(stack: RunningStack) -> None:
    referral = a_referral()
    simulated = {**referral, "clock": {"scale": 1000.0}}
    ended = stack.kap("refer", "--data", "-", "--json", data=simulated)
    assert (ended.code, ended.refusal["code"]) == (3, "simulation_not_allowed")
    assert stack.kap("refer", "--data", "-", "--json", data=referral).json["status"] == "opened"


async def test_unknown_pathway_ends_with_4(stack: RunningStack) -> None:
    for ended in (
        stack.kap("status", "p-nobody", "--json"),
        stack.do("p-nobody", "discontinue_pathway", "patient:p-1", None, "--reason", "No more."),
        stack.kap("journal", "p-nobody", "--json"),
    ):
        assert (ended.code, ended.refusal["code"]) == (4, "unknown_pathway")
        assert "kap list" in ended.err


async def test_closed_pathway_takes_no_command_and_still_tells_how_it_ended(stack: RunningStack) -> None:
    pathway = stack.refer()
    declined = stack.do(pathway, "decline_referral", "coordinator:co-moss", None, "--reason", "Lives too far away.")
    assert declined.json["phase"] == "closed"
    ended = stack.do(pathway, "accept_referral", "coordinator:co-moss", {"care_team": TEAM})
    assert (ended.code, ended.refusal["code"]) == (3, "pathway_closed")
    assert "declined" in stack.kap("status", pathway).out


async def test_people_are_filed_and_listed(stack: RunningStack) -> None:
    fern = {"id": "th-fern", "role": "therapist", "name": "Fern Storybook", "email": "fern@example.org", "zone": "UTC"}
    assert stack.kap("people", "put", "--data", "-", "--json", data=[fern]).json == {"ids": ["th-fern"]}
    listed = stack.kap("people", "list", "--role", "therapist", "--json").json
    assert [fern] == [{name: one[name] for name in fern} for one in listed if one["id"] == "th-fern"]
    assert "Fern Storybook" in stack.kap("people", "list").out


async def test_named_folder_wins_over_the_environment(stack: RunningStack) -> None:
    """A variable that leads to somebody's production must not be followed when a local stack was named."""
    elsewhere = {"TEMPORAL_ADDRESS": "127.0.0.1:1", "KAP_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/kap"}
    pathway = stack.refer()
    assert stack.kap("journal", pathway, "--verify", env=elsewhere).code == 0
    found = kap("list", "--json", cwd=stack.folder, env={"KAP_STATE_DIR": str(stack.state)})
    assert pathway in [row["pathway_id"] for row in found.json]


async def test_servers_are_prepared_again_without_harm(stack: RunningStack) -> None:
    ended = stack.kap("ops", "bootstrap")
    assert ended.code == 0, ended.err


async def test_second_stack_in_the_folder_is_refused(stack: RunningStack) -> None:
    ended = stack.kap("up")
    assert ended.code == 3
    assert "stack_in_use" in ended.err


async def test_stack_tells_what_runs_where(stack: RunningStack) -> None:
    await eventually(lambda: "Stop with Ctrl-C" in stack.log)
    for what in ("ui_url", "temporal_address", "codec_url", "database_url", "mail_dir", "callbacks_url", "link_url"):
        assert stack.told[what] in stack.log
    assert stack.told["provider_secret"] not in stack.log
    assert f"kap --state {stack.state} refer" in stack.log


async def test_short_lived_invocations_never_crash_at_exit(stack: RunningStack) -> None:
    """Python tears itself apart badly around Temporal's client; see clients/cli/exit.py."""
    pathway = stack.refer()

    def once(number: int) -> tuple[int, str]:
        if number % 3 == 0:
            lifting = ("do", pathway, "lift_hold", "--as", "nurse:nu-reed", "--reason", "Calm again.", "--json")
            ended = stack.kap(*lifting, cold=True)
            return ended.code, ended.refusal["code"]
        ended = stack.kap("status", pathway, "--json", cold=True)
        return ended.code, ended.json["phase"] + ended.err

    with ThreadPoolExecutor(max_workers=4) as pool:
        results = set(pool.map(once, range(12)))
    assert results == {(0, "referral"), (3, "role_not_allowed")}


async def test_interrupted_question_ends_with_130(stack: RunningStack) -> None:
    pathway = stack.refer()
    workers = stack.child("workers")
    os.kill(workers, signal.SIGSTOP)
    try:
        asking = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-m", "clients.cli", "status", pathway, "--state", str(stack.state)],
            cwd=stack.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        # Temporal's client runs threads of its own: as soon as they are there, the question is under way.
        await eventually(lambda: len(os.listdir(f"/proc/{asking.pid}/task")) > 2, timeout=30)
        asking.send_signal(signal.SIGINT)
        out, err = asking.communicate(timeout=10)
    finally:
        os.kill(workers, signal.SIGCONT)
    assert asking.returncode == 130, (out, err)
    assert b"Traceback" not in err


async def test_operators_see_the_rounds_and_compare_records_with_pathways(stack: RunningStack) -> None:
    pathway = stack.refer()
    shown = stack.kap("ops", "rounds", "--json")
    assert shown.code == 0, shown.err
    assert [(row["kind"], row["paused"]) for row in shown.json["rounds"]] == [("digest", False), ("inventory", False)]
    assert stack.kap("ops", "inventory", "--json").json["open"] == 0

    await executed(stack, "DELETE FROM work_items")
    assert not stack.kap("worklist", "--json").json
    taken = stack.kap("ops", "inventory")
    assert (taken.code, "nothing is left to see to" in taken.out) == (0, True), taken.err
    assert pathway in {row["pathway_id"] for row in stack.kap("worklist", "--json").json}
    found = stack.kap("ops", "rounds")
    assert "read model differed" in found.out
    assert "repaired" in found.out
    assert stack.kap("ops", "endings", "--within", "30", "--json").json == []
    assert "Nothing ends by itself" in stack.kap("ops", "endings").out


async def test_a_therapist_of_another_practice_gets_a_link_that_ends_when_it_is_revoked(stack: RunningStack) -> None:
    pathway = stack.refer()
    team = {**TEAM, "therapist_practice_id": "fern-practice"}
    assert stack.do(pathway, "accept_referral", "coordinator:co-moss", {"care_team": team}).code == 0
    refused = stack.kap("link", "create", pathway, "--for", "dr-sage", "--json")
    assert (refused.code, refused.refusal["code"]) == (3, "not_of_another_practice")
    made = stack.kap("link", "create", pathway, "--for", "th-fern", "--json", env={"KAP_LINK_URL": "http://not.used"})
    assert made.code == 0, made.err
    assert made.json["url"].startswith(f"{stack.told['link_url']}/t/")
    (row,) = stack.kap("link", "list", pathway, "--json").json
    assert (row["link_id"], row["person_id"], row["revoked_at"]) == (made.json["link_id"], "th-fern", None)

    async def status() -> int:
        async with httpx.AsyncClient(trust_env=False) as browser:
            return (await browser.get(made.json["url"])).status_code

    assert await status() == 200
    assert stack.kap("link", "revoke", row["link_id"]).code == 0
    assert await status() == 404
    assert "Revoked" in stack.kap("link", "list", pathway).out
    gone = stack.kap("link", "revoke", "L0", "--json")
    assert (gone.code, gone.refusal["code"]) == (3, "unknown_link")


async def test_a_patient_answers_texts_on_one_machine(stack: RunningStack) -> None:
    """As deploy/README.md has it: what was sent is seen, reported as delivered, answered, and comes back."""
    number = f"+1303555{randrange(100, 200):04}"
    pathway = stack.refer()
    wren = {"id": pathway, "role": "patient", "name": "Wren Fable", "email": "wren@example.org", "zone": "UTC"}
    awake = {"begins": "03:00", "ends": "03:00:01"}
    contact = {**wren, "phone": number, "channels": ["sms"], "quiet": awake}
    assert stack.kap("people", "put", "--data", "-", data=contact).code == 0
    bring_to_session(stack, pathway)

    async def texts() -> list[dict[str, Any]]:
        return [one for one in stack.kap("catcher", "list", "--json").json if one["to"] == number]

    (text,) = await eventually(texts, timeout=30, every=0.5)
    assert "Reply CONFIRM" in text["text"]
    assert text["reference"] in stack.kap("catcher", "list").out

    async def delivered() -> bool:
        rows = stack.kap("outbox", pathway, "--json").json
        return ["delivered"] in [[one["status"] for one in row["channels"]] for row in rows]

    await eventually(delivered, timeout=30, every=0.5)
    for words, outcome in (
        ("STOP", "opted_out"),
        ("START", "opted_in"),
        ("CONFIRM", "confirmed"),
        ("Hm?", "not_understood"),
    ):
        answered = stack.kap("catcher", "reply", number, words, "--json")
        assert (answered.code, answered.json) == (0, {"outcome": outcome}), answered.err
    assert "booked, confirmed by the patient" in stack.kap("status", pathway).out
    answered = stack.kap("catcher", "reply", number, "CONFIRM", "--to", text["reference"])
    assert "Taken: confirmed" in answered.out
    assert stack.kap("journal", pathway, "--json").out.count('"appointment_confirmed"') == 1
    came_back = stack.kap("catcher", "bounce", text["reference"], "--json")
    assert came_back.json == {"outcome": "next_channel"}

    wrong = stack.kap("catcher", "reply", "555", "STOP", "--json")
    assert (wrong.code, wrong.refusal["code"]) == (3, "malformed_report")
    nowhere = kap("catcher", "list", "--json", cwd=stack.folder)
    assert (nowhere.code, nowhere.refusal["code"]) == (5, "stack_not_running")


def bring_to_session(stack: RunningStack, pathway: str) -> None:
    """Everything up to a session that is booked for the day after tomorrow; nobody has approved a dose."""
    assert stack.do(pathway, "accept_referral", "coordinator:co-moss", {"care_team": TEAM}).code == 0
    stack.screen(pathway)
    eligible = ("decide_screening", "physician:dr-sage", {"eligible": True}, "--reason", "Nothing against it.")
    assert stack.do(pathway, *eligible).code == 0
    consent = (ROOT / "docs" / "examples" / "consent.yaml").read_text()
    assert stack.do(pathway, "record_consent", f"patient:{pathway}", consent).code == 0
    starts_at = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    booked = stack.do(pathway, "schedule_session", "coordinator:co-moss", {"starts_at": starts_at, "setting": "clinic"})
    assert booked.code == 0, booked.err


async def executed(stack: RunningStack, statement: str) -> None:
    """A statement in the stack's database."""
    connection = await asyncpg.connect(stack.told["database_url"])
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_nothing_is_lost_when_everything_is_killed(stack: RunningStack) -> None:
    pathway = stack.refer()
    before = stack.do(pathway, "accept_referral", "coordinator:co-moss", {"care_team": TEAM})
    assert await stack.end(signal.SIGKILL) == -signal.SIGKILL
    assert stack.kap("status", pathway).code == 5
    await stack.up()
    assert before.code == 0
    stack.screen(pathway)
    decided = stack.do(
        pathway, "decide_screening", "physician:dr-sage", {"eligible": True}, "--reason", "Nothing against it."
    )
    assert decided.json["phase"] == "consent"
    journal = stack.kap("journal", pathway, "--verify", "--json")
    assert (journal.code, journal.json["missing_at_end"]) == (0, 0)
