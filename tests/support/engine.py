"""The whole engine for a test: server with a movable clock, PostgreSQL, mail, workers, and a hand on a pathway."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path
from shutil import which
from typing import Any
from uuid import uuid4

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from activities.cipher import Cipher
from activities.database import Pool, open_pool
from activities.keyring import Keyring, create_keyring
from activities.protocols import load_protocol
from activities.records.journal import read_journal
from activities.records.people import People
from clients.client import KapClient
from clients.errors import Refused
from schemas.actors import Actor, CareTeam, Role
from schemas.answers import Receipt, Status
from schemas.commands import Command
from schemas.events import Event
from schemas.messages import Contact, QuietHours
from schemas.pathway import Phase
from schemas.records import TaskQueue
from schemas.referral import Enrolment, Person, Referral, ReferralSource
from schemas.search import ATTENTION, PHASE, PROTOCOL, SESSIONS
from schemas.start import PathwayStart, Tuning
from schemas.treatment import Setting
from tests.support.people import unlike
from tests.support.postgres import PostgresServer
from tests.support.smtp import MailServer, running_mail_server
from workers.main import working
from workers.plugin import plumbing
from workers.settings import Settings
from workflows.pathway import CarePathway

DYNAMIC = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="10ms"',
    "history.transferProcessorMaxPollRPS=5000",
    "history.timerProcessorMaxPollRPS=5000",
    # Else a run that continues as new within a second of its start has to wait for the rest of that second.
    'history.workflowIdReuseMinimalInterval="0s"',
)
ATTRIBUTES = (
    SearchAttributeKey.for_keyword(PHASE),
    SearchAttributeKey.for_keyword(PROTOCOL),
    SearchAttributeKey.for_keyword(ATTENTION),
    SearchAttributeKey.for_int(SESSIONS),
)
TEAM = CareTeam(physician_id="dr-sage", therapist_id="th-fern", coordinator_id="co-moss")
ACTORS = {
    Role.PHYSICIAN: Actor(id="dr-sage", role=Role.PHYSICIAN),
    Role.THERAPIST: Actor(id="th-fern", role=Role.THERAPIST),
    Role.COORDINATOR: Actor(id="co-moss", role=Role.COORDINATOR),
    Role.NURSE: Actor(id="nu-reed", role=Role.NURSE),
    Role.PATIENT: Actor(id="patient", role=Role.PATIENT),
}
ZONE = "America/Denver"
MOMENT = timedelta(seconds=3)
AWAKE = QuietHours(begins=time(3), ends=time(3, 0, 1))
"""A second a day: what a test waits for must not depend on the hour at which it runs."""


@dataclass
class Server:
    """A Temporal server whose workflows' clocks can be moved, and the key it is used with."""

    environment: WorkflowEnvironment
    keyring_file: Path
    keyring: Keyring


@asynccontextmanager
async def movable_server(folder: Path, *, encrypted: bool = True) -> AsyncIterator[Server]:
    """A server in memory."""
    keyring_file = folder / "keyring.json"
    keyring = create_keyring(keyring_file)
    arguments = [part for value in DYNAMIC for part in ("--dynamic-config-value", value)]
    async with await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False, max_session_skip_count=10_000),
        plugins=[plumbing(keyring if encrypted else None)],
        search_attributes=ATTRIBUTES,
        dev_server_existing_path=which("temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=arguments,
    ) as environment:
        yield Server(environment, keyring_file, keyring)


@dataclass
class Engine:
    """Everything around one test's pathways."""

    server: Server
    settings: Settings
    client: KapClient
    pool: Pool
    mail: MailServer
    postgres: PostgresServer
    pathways: list[Hand] = field(default_factory=list)

    @property
    def people(self) -> People:
        return People(self.pool, Cipher(self.server.keyring))

    async def file_team(self) -> None:
        """Enter the care team in the directory."""
        for person, role in ((TEAM.physician_id, Role.PHYSICIAN), ("th-fern", Role.THERAPIST)):
            await self.people.put(_contact(person, role))
        await self.people.put(_contact(TEAM.coordinator_id, Role.COORDINATOR))

    async def refer(self, referral: Referral | None = None) -> Hand:
        """Open a pathway by a referral."""
        receipt = await self.client.refer(referral or a_referral())
        return self.hand(receipt.pathway_id)

    async def start(self, tuning: Tuning, pathway_id: str = "", enrolment: Enrolment | None = None) -> Hand:
        """Start a pathway directly, with engine limits of its own."""
        pathway_id = pathway_id or f"p-{uuid4().hex}"
        await self.people.put(_contact(pathway_id, Role.PATIENT))
        await self.client.temporal.start_workflow(
            CarePathway.run,
            PathwayStart(enrolment=enrolment or an_enrolment(), tuning=tuning),
            id=pathway_id,
            task_queue="pathways",
        )
        return self.hand(pathway_id)

    async def end_pathways(self) -> None:
        """Terminate what still runs: the server outlives this test, and the next one's workers would go on with it."""
        for hand in self.pathways:
            with suppress(RPCError):
                await hand.workflow.terminate()

    def hand(self, pathway_id: str) -> Hand:
        hand = Hand(self, pathway_id)
        self.pathways.append(hand)
        return hand


def _contact(person: str, role: Role) -> Contact:
    return Contact(id=person, role=role, name=f"Fable {role}", email=f"{person}@example.org", zone=ZONE)


def a_referral(**changes: Any) -> Referral:
    """A referral of an invented person, another one each time."""
    number = uuid4().hex[:12]
    patient = Person(
        given_name=f"Wren {unlike(number)}",
        family_name=f"Fable {unlike(number)}",
        birth_date=date(1990, 2, 3),
        email="wren.fable@example.org",
        zone=ZONE,
        residence="CO",
    )
    values: dict[str, Any] = {
        "referral_id": f"r-{number}",
        "sender": "fern-practice",
        "source": ReferralSource.THERAPIST,
        "patient": patient,
        "setting": Setting.CLINIC,
        "concern": "Low for two years.",
    }
    return Referral(**{**values, **changes})


def an_enrolment(sessions: int = 2) -> Enrolment:
    """What a pathway starts from, with a series shortened for tests."""
    protocol = load_protocol("kap-default")
    if protocol.messages is not None:
        protocol = protocol.model_copy(update={"messages": protocol.messages.model_copy(update={"quiet": AWAKE})})
    series = protocol.series.model_copy(
        update={"sessions": protocol.series.sessions.model_copy(update={"value": float(sessions)})}
    )
    return Enrolment(
        referral_id="r-1",
        source=ReferralSource.SELF,
        setting=Setting.CLINIC,
        zone=ZONE,
        residence="CO",
        concern="Low for two years.",
        protocol=protocol.model_copy(update={"series": series}),
    )


class Hand:
    """Drives one pathway as the people around it would."""

    def __init__(self, engine: Engine, pathway_id: str) -> None:
        self.engine = engine
        self.id = pathway_id
        self.count = 0
        self.receipts: list[Receipt] = []

    @property
    def workflow(self) -> WorkflowHandle[Any, Any]:
        """The newest run."""
        return self.engine.client.temporal.get_workflow_handle(self.id)

    def command(self, kind: type[Command], role: Role, /, **values: Any) -> Command:
        """A command with an id of its own; plain values are read as JSON, as a caller would send them."""
        self.count += 1
        example = json.loads(json.dumps(kind.example))
        document = {
            "command_id": f"c{self.count}",
            "actor": ACTORS[role].model_dump(mode="json"),
            **({"reason": "Because it is so."} if kind.needs_reason else {}),
            **example,
            **values,
        }
        return kind.model_validate_json(json.dumps(document, default=str))

    async def do(self, kind: type[Command], role: Role, /, **values: Any) -> Receipt:
        """Have a command accepted. Fields not given are those of the command's example."""
        receipt = await self.engine.client.do(self.id, self.command(kind, role, **values))
        self.receipts.append(receipt)
        return receipt

    async def refused(self, kind: type[Command], role: Role, /, **values: Any) -> str:
        """Have a command refused; returns the code."""
        try:
            await self.engine.client.do(self.id, self.command(kind, role, **values))
        except Refused as refused:
            return refused.refusal.code
        raise AssertionError(f"{kind.verb} was accepted")

    async def status(self) -> Status:
        return await self.engine.client.status(self.id)

    async def now(self) -> datetime:
        return (await self.status()).now

    async def phase(self) -> Phase:
        return (await self.status()).phase

    async def wait(self, **span: float) -> None:
        """Let the pathway's time pass.

        A moment longer than asked: where skipping is to end just behind a timer, and the worker needs longer than that
        for what the timer leads to, the server goes on to the next timer.
        """
        await self.engine.server.environment.fast_forward(self.workflow, timedelta(**span) + MOMENT)

    async def journal(self) -> list[Event]:
        return await read_journal(self.engine.pool, Cipher(self.engine.server.keyring), self.id)

    async def failed_tasks(self) -> int:
        """Workflow tasks that failed, over all runs of this pathway.

        A run that ends while an event comes in is refused by the server, and taken again: that is no failure of ours.
        """
        failed = 0
        async for run in self.engine.client.temporal.list_workflows(f'WorkflowId="{self.id}"'):
            handle = self.engine.client.temporal.get_workflow_handle(self.id, run_id=run.run_id)
            async for event in handle.fetch_history_events():
                if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
                    cause = event.workflow_task_failed_event_attributes.cause
                    failed += cause != WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
        return failed

    async def runs(self) -> int:
        """How often the workflow continued as new, plus one."""
        listed = self.engine.client.temporal.list_workflows(f'WorkflowId="{self.id}"')
        return len([run async for run in listed])

    async def is_open(self) -> bool:
        return (await self.workflow.describe()).status is WorkflowExecutionStatus.RUNNING


def _awake_protocol(folder: Path) -> Path:
    """The packaged protocol, with patients who hardly sleep."""
    packaged = (files("schemas") / "protocols" / "kap-default.yaml").read_text()
    awake = packaged.replace('quiet: {begins: "21:00", ends: "08:00"}', 'quiet: {begins: "03:00", ends: "03:00:01"}')
    assert awake != packaged
    path = folder / "awake.yaml"
    path.write_text(awake)
    return path


@asynccontextmanager
async def running_engine(
    server: Server, postgres: PostgresServer, *, workers: bool = True, **more: Any
) -> AsyncIterator[Engine]:
    """The engine with a database of its own and the care team filed; with every worker at work, or none.

    Args:
        server: Where Temporal is.
        postgres: Where the database is made.
        workers: Whether anybody works.
        more: Further settings.
    """
    url = await postgres.create_database()
    async with running_mail_server() as mail:
        settings = Settings(
            database_url=url,
            keyring=server.keyring_file,
            staff_snapshot=server.keyring_file.parent / f"staff-{uuid4().hex}.sealed",
            smtp_port=mail.port,
            allow_unsigned_protocol=True,
            allow_simulation=True,
            protocol=str(_awake_protocol(server.keyring_file.parent)),
            **more,
        )
        pool = await open_pool(url)
        client = KapClient(server.environment.client, server.keyring, database_url=url)
        engine = Engine(server, settings, client, pool, mail, postgres)
        await engine.file_team()
        queues = tuple(TaskQueue) if workers else ()
        async with working(server.environment.client, settings, queues):
            try:
                yield engine
            finally:
                await engine.end_pathways()
                await client.close()
                pool.terminate()
