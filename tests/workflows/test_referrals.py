"""Referrals that are sent twice, by others, or about somebody who looks alike; also while the database is away."""

import pytest

from clients.errors import Refused
from schemas.actors import Role
from schemas.commands import AcceptReferral, DecideMerge, ReviewRepeatedReferral
from schemas.facts import ReferralRepeated
from schemas.referral import Acknowledgement, IntakeStatus, Referral
from schemas.work import WorkKind
from tests.support.dev_server import stranger
from tests.support.engine import TEAM, Engine, Hand, a_referral
from tests.support.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCEPT = {"care_team": TEAM.model_dump()}


def twin_of(referral: Referral) -> Referral:
    """Another referral of somebody born on the same day with the same family name."""
    other = a_referral()
    patient = other.patient.model_copy(update={"family_name": referral.patient.family_name})
    return other.model_copy(update={"patient": patient})


async def kinds(hand: Hand) -> set[WorkKind]:
    return {item.kind for item in (await hand.status()).work}


async def test_a_look_alike_waits_for_a_human_and_the_first_goes_on(engine: Engine) -> None:
    referral = a_referral()
    first, second = await engine.refer(referral), await engine.refer(twin_of(referral))
    assert first.id != second.id
    await first.do(AcceptReferral, Role.COORDINATOR, **ACCEPT)
    assert await second.refused(AcceptReferral, Role.COORDINATOR, **ACCEPT) == "merge_undecided"
    await second.do(DecideMerge, Role.COORDINATOR, other_pathway_id=first.id, outcome="other_person")
    await second.do(AcceptReferral, Role.COORDINATOR, **ACCEPT)


async def test_the_same_person_under_another_spelling_is_treated_once(engine: Engine) -> None:
    referral = a_referral()
    first, second = await engine.refer(referral), await engine.refer(twin_of(referral))
    there = "same_person_continue_there"
    await second.do(DecideMerge, Role.COORDINATOR, other_pathway_id=first.id, outcome=there)
    assert (await engine.client.result(second.id)).end == "duplicate"
    await first.do(AcceptReferral, Role.COORDINATOR, **ACCEPT)


async def test_what_another_sender_says_is_read_by_somebody(engine: Engine) -> None:
    referral = a_referral()
    hand = await engine.refer(referral)
    receipt = await engine.client.refer(referral.model_copy(update={"sender": "moss-practice", "referral_id": "m-1"}))
    assert receipt.status is IntakeStatus.ALREADY_OPEN
    await eventually(lambda: _has(hand, WorkKind.REVIEW_REPEATED_REFERRAL))
    await hand.do(ReviewRepeatedReferral, Role.COORDINATOR)
    told = [event.fact for event in await hand.journal() if isinstance(event.fact, ReferralRepeated)]
    assert [fact.referral_id for fact in told] == ["m-1"]


async def test_a_sender_learns_nothing(engine: Engine) -> None:
    referral = a_referral()
    known = referral.model_copy(update={"sender": "x", "referral_id": "n-1"})
    unknown = a_referral(sender="x", referral_id="n-2")
    await engine.refer(referral)
    answers = [await engine.client.acknowledge(one) for one in (known, unknown)]
    assert answers == [Acknowledgement(referral_id="n-1"), Acknowledgement(referral_id="n-2")]


async def test_a_number_that_is_used_again_loses_nobody(engine: Engine) -> None:
    referral = a_referral()
    first = await engine.refer(referral)
    other = a_referral(referral_id=referral.referral_id)
    for answer in (engine.client.refer, engine.client.acknowledge):
        with pytest.raises(Refused) as caught:
            await answer(other)
        refusal = caught.value.refusal
        assert (refusal.code, refusal.field) == ("referral_id_reused", "referral_id")
        assert not [word for word in (first.id, referral.patient.family_name) if word in str(refusal)]
    # The first one may be sent again, also as somebody else would type it, and the other one under its own number.
    shouted = referral.patient.model_copy(update={"family_name": referral.patient.family_name.upper()})
    again = await engine.client.refer(referral.model_copy(update={"patient": shouted}))
    assert again.pathway_id == first.id
    assert (await engine.client.refer(other.model_copy(update={"referral_id": "n-3"}))).status is IntakeStatus.OPENED


async def test_a_pathway_opened_without_the_directory_is_compared_later(engine: Engine) -> None:
    referral = a_referral()
    first = await engine.refer(referral)
    async with engine.postgres.outage():
        second = await engine.refer(twin_of(referral))
        assert await second.refused(AcceptReferral, Role.COORDINATOR, **ACCEPT) == "identity_not_compared"
    await eventually(lambda: _has(second, WorkKind.DECIDE_MERGE), timeout=90)
    await second.do(DecideMerge, Role.COORDINATOR, other_pathway_id=first.id, outcome="other_person")
    await second.do(AcceptReferral, Role.COORDINATOR, **ACCEPT)


@pytest.mark.parametrize("arguments", [[], [{}, {}], [{"matches": 1}], ["x"]])
async def test_a_malformed_report_changes_nothing(engine: Engine, arguments: list[object]) -> None:
    hand = await engine.refer()
    other = await stranger(engine.client.temporal, engine.server.keyring)
    for signal in ("identity_compared", "referral_repeated", "no_such_signal"):
        await other.get_workflow_handle(hand.id).signal(signal, args=arguments)
    await hand.do(AcceptReferral, Role.COORDINATOR, **ACCEPT)
    assert await hand.failed_tasks() == 0


async def _has(hand: Hand, kind: WorkKind) -> bool:
    return kind in await kinds(hand)
