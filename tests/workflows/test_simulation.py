"""A simulated clock set forward by hand: deadlines on the way pass in their time; a real clock is never touched."""

from datetime import UTC, datetime, timedelta

import pytest

from clients.errors import Refused
from schemas.actors import Role
from schemas.clock import Clock
from schemas.commands import AcceptReferral
from schemas.start import PathwayStart, Tuning
from tests.support.care import enrolled
from tests.support.engine import TEAM, Engine, Hand, a_referral, an_enrolment
from tests.support.eventually import eventually
from workflows.pathway import CarePathway

pytestmark = pytest.mark.asyncio(loop_scope="module")

EPOCH = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def simulated(engine: Engine, name: str, scale: float) -> Hand:
    """A pathway whose clock began in the past and runs ``scale`` times faster."""
    enrolment = an_enrolment().model_copy(update={"clock": Clock(epoch=EPOCH, scale=scale)})
    start = PathwayStart(enrolment=enrolment, tuning=Tuning())
    await engine.client.temporal.start_workflow(CarePathway.run, start, id=name, task_queue="pathways")
    return engine.hand(name)


async def test_every_deadline_on_the_way_passes_at_its_own_instant(engine: Engine) -> None:
    hand = await simulated(engine, "p-forward", scale=1)
    shown = await engine.client.forward(hand.id, timedelta(days=400))
    assert timedelta(days=400) <= shown - EPOCH < timedelta(days=400, minutes=5)
    late = [event for event in await hand.journal() if event.fact.type == "work_item_overdue"]
    # More than one workflow task may let pass, each raise of the ladder alone and in order.
    assert len(late) > 30
    instants = [event.recorded_at for event in late]
    assert instants == sorted(set(instants))
    assert all(event.observed_at == event.recorded_at for event in late)
    assert await hand.failed_tasks() == 0


async def test_what_is_due_next_does_not_wait_for_the_timer_of_before(engine: Engine) -> None:
    hand = await simulated(engine, "p-rearmed", scale=3600)
    first = (await hand.status()).due[0].at
    now = await hand.now()
    await engine.client.forward(hand.id, first - now - timedelta(hours=2))

    async def passed() -> bool:
        return any(event.fact.type == "work_item_overdue" for event in await hand.journal())

    await eventually(passed, timeout=10)
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())


async def test_a_real_clock_cannot_be_set(engine: Engine) -> None:
    hand = await engine.refer(a_referral())
    await enrolled(hand)
    version = (await hand.status()).version
    with pytest.raises(Refused) as caught:
        await engine.client.forward(hand.id, timedelta(hours=1))
    assert (caught.value.refusal.code, caught.value.refusal.field) == ("clock_not_simulated", "pathway")
    assert (await hand.status()).version == version
