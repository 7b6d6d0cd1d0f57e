"""Schedules of rounds: made once, brought up to date, and caught up with after the server was away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which

from temporalio.client import Client, ScheduleIntervalSpec, ScheduleSpec
from temporalio.testing import WorkflowEnvironment

from schemas.protocol.rounds import RoundRules
from schemas.rounds import RoundKind, schedule_id
from tests.support.eventually import eventually
from tests.support.protocols import packaged
from workers.plugin import plumbing
from workers.rounds import schedule_of, settle_schedules
from workflows.rounds import SCHEDULED_FOR


@asynccontextmanager
async def server(folder: Path, port: int | None = None) -> AsyncIterator[Client]:
    """A server that keeps what it has in a file."""
    async with await WorkflowEnvironment.start_local(
        port=port,
        plugins=[plumbing(None)],
        dev_server_existing_path=which("temporal"),
        dev_server_database_filename=str(folder / "temporal.db"),
        dev_server_log_level="error",
    ) as environment:
        yield environment.client


def rules() -> RoundRules:
    found = packaged().rounds
    assert found is not None
    return found


async def test_schedules_are_made_once_brought_up_to_date_and_stay_paused(tmp_path: Path) -> None:
    async with server(tmp_path) as client:
        said: list[str] = []
        await settle_schedules(client, None, said.append)
        await settle_schedules(client, rules(), said.append)
        handle = client.get_schedule_handle(schedule_id(RoundKind.INVENTORY))
        await handle.pause(note="maintenance")
        hours = rules().inventory_every_h.model_copy(update={"value": 2.0})
        await settle_schedules(client, rules().model_copy(update={"inventory_every_h": hours}), said.append)
        described = await handle.describe()
        assert [interval.every for interval in described.schedule.spec.intervals] == [timedelta(hours=2)]
        assert (described.schedule.state.paused, described.schedule.state.note) == (True, "maintenance")
        assert described.schedule.policy.catchup_window == timedelta(days=1)
        assert said == [
            "The protocol says nothing of clinic-wide rounds, so no schedules are made.",
            "Schedules of rounds were created: digest, inventory.",
            "Schedules of rounds are there.",
        ]


async def test_a_round_missed_by_an_outage_is_caught_up(tmp_path: Path) -> None:
    each_second = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(seconds=1))])
    async with server(tmp_path) as client:
        await client.create_schedule("often", replace(schedule_of(RoundKind.DIGEST, rules()), spec=each_second))
        await eventually(lambda: begun(client), timeout=30)
        _, _, port = client.service_client.config.target_host.rpartition(":")
    away = datetime.now(UTC)
    await eventually(lambda: datetime.now(UTC) > away + timedelta(seconds=3))
    back = datetime.now(UTC)
    async with server(tmp_path, int(port)) as client:

        async def caught_up() -> bool:
            times = await begun(client)
            return len([one for one in times if away + timedelta(seconds=1) < one < back]) >= 1

        await eventually(caught_up, timeout=30)


async def begun(client: Client) -> list[datetime]:
    """When the schedule meant each round to start that was begun."""
    found = [one async for one in client.list_workflows("WorkflowType = 'ClinicRound'")]
    return [at for one in found if (at := one.typed_search_attributes.get(SCHEDULED_FOR)) is not None]
