"""The workers: who polls which task queue, with what behind it. Stateless, so more patients means more of them.

Run by ``kap worker``, or as ``python -m workers.main`` by the local stack.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.admission import AdmissionDesk
from activities.cipher import Cipher
from activities.database import MAX_CONNECTIONS, Pool, open_pool
from activities.keyring import KeyringError, load_keyring
from activities.outreach.claims import Claims
from activities.outreach.delivery import Outreach
from activities.outreach.inbox import Inbox
from activities.outreach.mail import Mailer
from activities.outreach.paging import Paging
from activities.outreach.ports import Carrier
from activities.outreach.provider import Provider
from activities.records.identities import Identities
from activities.records.journal import Journal
from activities.records.people import People
from activities.records.snapshot import StaffSnapshot
from activities.rounds.digests import DigestRound
from activities.rounds.inventory import Inventory
from activities.strict_yaml import FileInvalid
from activities.tokens import unsubscriber
from activities.webhooks.sending import Webhooks
from activities.webhooks.subscribers import load_subscribers
from schemas.messages import Channel
from schemas.records import TaskQueue
from workers.observability import configure_logging, runtime
from workers.plugin import ServerUnreachable, connect
from workers.settings import Settings
from workflows.intake import ReferralIntake
from workflows.pathway import CarePathway
from workflows.rounds import ClinicRound

GRACE = timedelta(seconds=10)
"""How long a stopping worker lets its activities finish."""

MOST_AT_ONCE = {TaskQueue.OUTREACH: MAX_CONNECTIONS // 2}
"""Activities at once, where fewer than the SDK's default are good: a mail holds a connection while it is handed over,
and a mail server that hangs must leave the journal enough of them."""

WORKFLOWS: Sequence[type] = (CarePathway, ReferralIntake, ClinicRound)

Activities = dict[TaskQueue, list[Callable[..., Any]]]


class NotConfigured(Exception):
    """A setting that workers cannot do without is missing; the message names it."""


def activities_by_queue(client: Client, settings: Settings, pool: Pool, cipher: Cipher) -> Activities:
    """Every activity but those of pages, under the task queue whose workers have what it needs.

    The journal is written on ``pathways``, too: as a local activity, in the workflow task of the command it records.

    Raises:
        ProtocolInvalid: The protocol of the settings cannot be used.
    """
    people, journal = People(pool, cipher), Journal(pool, cipher)
    identities = Identities(pool, cipher.keyring)
    desk = AdmissionDesk(
        cipher.keyring,
        settings.protocol,
        allow_simulation=settings.allow_simulation,
        allow_unsigned_protocol=settings.allow_unsigned_protocol,
    )
    ends = unsubscriber(cipher, settings.link_url)
    outreach = Outreach(pool, people, carriers_of(settings, cipher), settings.portal_url, ends)
    rules = desk.protocol.rounds
    return {
        TaskQueue.PATHWAYS: [
            desk.admit_referral,
            desk.admit_clock,
            desk.admit_protocol,
            identities.compare_identity,
            journal.write_journal,
        ],
        TaskQueue.RECORDS: [
            identities.compare_identity,
            journal.write_journal,
            people.put_contact,
            DigestRound(pool, rules).collect_digests,
            Inventory(pool, cipher, client, rules).take_inventory,
        ],
        TaskQueue.OUTREACH: [outreach.deliver_messages],
    }


@asynccontextmanager
async def pages_activities(settings: Settings, dsn: str, cipher: Cipher) -> AsyncIterator[Activities]:
    """The activities of pages, over a pool of their own: mail that hangs holds connections, no page queues for them.

    Meanwhile the snapshot of the staff directory is kept fresh.
    """
    pool, carriers = await open_pool(dsn), carriers_of(settings, cipher)
    people = People(pool, cipher)
    staff = StaffSnapshot(pool, people, cipher, settings.staff_snapshot)
    staff.load()
    keeping = asyncio.create_task(staff.keep())
    paging = Paging(Outreach(pool, people, carriers, settings.portal_url), Claims(pool), staff, carriers)
    try:
        yield {TaskQueue.PAGES: [paging.page, paging.record_pages]}
    finally:
        keeping.cancel()
        await _close(pool)


def carriers_of(settings: Settings, cipher: Cipher) -> dict[Channel, Carrier]:
    """The channels that the settings offer: e-mail and the portal always, the others where a provider is named."""
    carriers: dict[Channel, Carrier] = {
        Channel.EMAIL: Mailer(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_sender,
            username=settings.smtp_username,
            password=settings.smtp_password,
            start_tls=settings.smtp_start_tls,
        ),
        Channel.PORTAL: Inbox(cipher),
    }
    if settings.provider_url is not None:
        provider = Provider(settings.provider_url, settings.provider_token)
        carriers |= {channel: provider.by(channel) for channel in (Channel.SMS, Channel.PUSH)}
    return carriers


@asynccontextmanager
async def working(
    client: Client, settings: Settings, queues: Sequence[TaskQueue] = tuple(TaskQueue)
) -> AsyncIterator[None]:
    """Poll ``queues`` while the body runs, then finish what was begun. Who polls ``outreach`` sends webhooks, too.

    Raises:
        NotConfigured: No database or no keyring is named.
        ProtocolInvalid: The protocol cannot be used.
        KeyringError: The keyring cannot be used.
        WebhooksInvalid: The file of subscribers cannot be used.
    """
    if settings.database_url is None:
        raise NotConfigured("No database is named. Set KAP_DATABASE_URL, or start the local stack with: kap up")
    if settings.keyring is None:
        raise NotConfigured("No keyring is named. Set KAP_KEYRING to a file made with: kap keys create FILE")
    async with AsyncExitStack() as stack:
        pool = await open_pool(settings.database_url)
        stack.push_async_callback(_close, pool)
        cipher = Cipher(load_keyring(settings.keyring))
        activities = activities_by_queue(client, settings, pool, cipher)
        if TaskQueue.PAGES in queues:
            activities |= await stack.enter_async_context(pages_activities(settings, settings.database_url, cipher))
        if TaskQueue.OUTREACH in queues and settings.webhooks is not None:
            subscribers = load_subscribers(settings.webhooks)
            await stack.enter_async_context(Webhooks(pool, subscribers).sending())
        for queue in queues:
            await stack.enter_async_context(
                Worker(
                    client,
                    task_queue=queue,
                    workflows=WORKFLOWS if queue is TaskQueue.PATHWAYS else (),
                    activities=activities[queue],
                    deployment_config=_deployment(settings),
                    max_concurrent_activities=MOST_AT_ONCE.get(queue),
                    graceful_shutdown_timeout=GRACE,
                )
            )
        yield


async def _close(pool: Pool) -> None:
    try:
        await asyncio.wait_for(pool.close(), GRACE.total_seconds())
    except TimeoutError:
        pool.terminate()


def _deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    """Pinned to their version until they continue as new, where a deployment is named; else unversioned."""
    if settings.deployment is None or settings.build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


async def run_workers(settings: Settings, queues: Sequence[TaskQueue] = tuple(TaskQueue)) -> None:
    """Work until SIGINT or SIGTERM.

    Raises:
        ServerUnreachable: No Temporal server answers.
        NotConfigured: A setting is missing.
    """
    log = structlog.get_logger(__name__)
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    client = await connect(settings, runtime=runtime(settings))
    async with working(client, settings, queues):
        for queue in queues:
            log.info("worker polls", task_queue=queue.value)
        await stop.wait()
        log.info("worker stops")


def main(arguments: Sequence[str] | None = None) -> int:
    """Work from the command line; returns the exit code: 0 stopped, 2 not usable, 5 no server."""
    parser = argparse.ArgumentParser(prog="python -m workers.main", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--queue", action="append", type=TaskQueue, choices=list(TaskQueue), help="task queue to poll, all by default"
    )
    given = parser.parse_args(arguments)
    settings = Settings()
    configure_logging(settings)
    try:
        asyncio.run(run_workers(settings, tuple(given.queue or TaskQueue)))
    except (NotConfigured, FileInvalid, KeyringError) as unusable:
        sys.stderr.write(f"{unusable}\n")
        return 2
    except ServerUnreachable as unreachable:
        sys.stderr.write(f"{unreachable}\n")
        return 5
    return 0


if __name__ == "__main__":
    code = main()
    # A finished SDK runtime may crash the interpreter while it exits (SDK issue 300).
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
