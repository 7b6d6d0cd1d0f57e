"""Record a course, with a hold and a hand-over in it, as this release writes it.

The recordings are never changed afterwards: as long as pathways of a release may be open, its histories must replay and
its states must load. Recorded without encryption, with nobody in them but invented people.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from temporalio.api.enums.v1 import EventType

from schemas.actors import Role
from schemas.commands import ApproveDosing, CancelSession, CompletePathway, RecordVitals
from schemas.pathway import Phase
from schemas.start import PathwayStart, Tuning
from tests.support.care import arrived, cycle, discharged, dosed, enrolled, integrated, prepared
from tests.support.engine import Engine, Hand, movable_server, running_engine
from tests.support.postgres import PostgresServer

FOLDER = Path(__file__).parent / "recorded"


async def restless_course(engine: Engine) -> Hand:
    """A short series that continues as new a few times, with a medical hold and a cancelled booking."""
    hand = await engine.start(Tuning(continue_after_commands=9), "p-recorded")
    await enrolled(hand)
    await prepared(hand)
    await arrived(hand)
    for systolic in (158, 162, 166):
        vitals = {"systolic": systolic, "diastolic": 98, "heart_rate": 80, "spo2": 97}
        await hand.do(RecordVitals, Role.NURSE, vitals=vitals)
    await hand.do(ApproveDosing, Role.PHYSICIAN)
    await arrived(hand)
    await hand.do(CancelSession, Role.PATIENT)
    await completed_from_here(hand)
    return hand


async def completed_from_here(hand: Hand) -> None:
    """The rest of the course."""
    await arrived(hand)
    await dosed(hand)
    await discharged(hand)
    await integrated(hand)
    while await hand.phase() is not Phase.FOLLOW_UP:
        await cycle(hand)
    await hand.do(CompletePathway, Role.PHYSICIAN)


async def record(name: str) -> None:
    """Run the course and write its histories and carried states to ``recorded/NAME-*``."""
    with tempfile.TemporaryDirectory() as folder:
        postgres = PostgresServer(Path(folder) / "postgres")
        await postgres.start()
        try:
            await postgres.make_template()
            async with (
                movable_server(Path(folder), encrypted=False) as server,
                running_engine(server, postgres) as engine,
            ):
                hand = await restless_course(engine)
                await asyncio.wait_for(engine.client.result(hand.id), timedelta(seconds=30).total_seconds())
                await _write(hand, name)
        finally:
            await postgres.stop()
            postgres.clean_up()


async def _write(hand: Hand, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    client = hand.engine.client.temporal
    runs = [run async for run in client.list_workflows(f'WorkflowId="{hand.id}"')]
    for number, run in enumerate(sorted(runs, key=lambda run: run.start_time), start=1):
        history = await client.get_workflow_handle(hand.id, run_id=run.run_id).fetch_history()
        target = FOLDER / f"{name}-run{number}.json.gz"
        target.write_bytes(gzip.compress(history.to_json().encode(), mtime=0))
        first = history.events[0].workflow_execution_started_event_attributes
        start = (await client.data_converter.decode(first.input.payloads, [PathwayStart]))[0]
        state = FOLDER / f"{name}-start{number}.json.gz"
        state.write_bytes(gzip.compress(start.model_dump_json().encode(), mtime=0))
        failed = [e for e in history.events if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED]
        if failed:
            raise SystemExit("a workflow task failed while recording")


def main() -> None:
    """Record under the name given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", help="name of the release, for example 0.1.0")
    asyncio.run(record(parser.parse_args().name))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
