"""What an operator without the key sees in Temporal: where each pathway stands, and nothing about a person."""

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client

from schemas.actors import Role
from schemas.commands import CaptureInsight, SignPreparationNote
from tests.support.care import arrived, dosed, enrolled, prepared
from tests.support.dev_server import address_of
from tests.support.engine import Engine, a_referral
from tests.support.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_details_and_attributes_are_readable_and_payloads_are_not(engine: Engine) -> None:
    hand = await engine.refer(a_referral(concern="Zebra-coloured grief."))
    await enrolled(hand)
    await prepared(hand)
    await arrived(hand)
    await dosed(hand)
    await hand.do(CaptureInsight, Role.THERAPIST, insight="A zebra crossed the road.")
    keyless = (await Client.connect(address_of(engine.client.temporal))).get_workflow_handle(hand.id)
    page = (await keyless.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)).current_details
    assert "**Session**, cycle 1, 1 of 6 sessions held" in page
    assert "Next step: The patient is observed, debriefed and discharged." in page
    assert "discharge patient | therapist" in page
    assert not [word for word in ("zebra", "th-fern", "Fable", "100", hand.id) if word in page]
    history = (await keyless.fetch_history()).to_json()
    assert "zebra" not in history.lower()
    assert "binary/encrypted" in history.replace("YmluYXJ5L2VuY3J5cHRlZA", "binary/encrypted")


async def test_pathways_are_listed_by_phase(engine: Engine) -> None:
    hand = await engine.refer()
    await enrolled(hand)
    await hand.do(SignPreparationNote, Role.THERAPIST)

    async def listed() -> list[str]:
        query = f'KapPhase = "approval" AND KapAttention = "none" AND WorkflowId = "{hand.id}"'
        return [run.id async for run in engine.client.temporal.list_workflows(query)]

    assert await eventually(listed) == [hand.id]
