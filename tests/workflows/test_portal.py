"""The page behind a link without an account: what a therapist of another practice reads, acknowledges and sends."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from activities.records.links import Links
from clients.errors import Refused
from clients.portal.app import MAX_BODY_BYTES, Portal
from clients.portal.links import Desk
from clients.thread import Message, thread_of
from schemas.actors import Role
from schemas.commands import AcceptReferral, ChangeCareTeam, PostMessage, RecordConsent, ReviseMessage, WithdrawConsent
from schemas.records import TaskQueue
from schemas.start import Tuning
from tests.support.care import screened
from tests.support.engine import TEAM, Engine, Hand, Server, running_engine
from tests.support.eventually import eventually
from tests.support.postgres import PostgresServer
from tests.support.protocols import packaged
from workers.main import working

pytestmark = pytest.mark.asyncio(loop_scope="module")

KIND = "release_of_information"
FERN = "th-fern"
SECRET = "Slept badly, <b>again</b> & worried."


@dataclass
class Visitor:
    """Somebody with a browser and a link."""

    hand: Hand
    desk: Desk
    browser: httpx.AsyncClient
    link_id: str
    path: str

    async def page(self) -> str:
        answer = await self.browser.get(self.path)
        assert answer.status_code == 200
        return answer.text

    async def status(self) -> int:
        return (await self.browser.get(self.path)).status_code

    async def acknowledge(self, message: str, version: int) -> httpx.Response:
        return await self.browser.post(f"{self.path}/read", data={"message": message, "version": str(version)})

    async def say(self, text: str = "She was calm afterwards.", **fields: str) -> httpx.Response:
        key = re.findall(r'name="key" value="([^"]+)"', await self.page())[0]
        form = {"key": key, "to": "physician", "scope": "notes", "text": text, **fields}
        return await self.browser.post(f"{self.path}/say", data=form)

    async def thread(self) -> tuple[Message, ...]:
        return thread_of(await self.hand.journal())


async def released(hand: Hand, *scope: str) -> None:
    values: dict[str, Any] = {"kind": KIND, "acknowledged": [], "recipient": FERN, "scope": scope}
    await hand.do(RecordConsent, Role.PATIENT, **values)


async def tell(hand: Hand, **fields: Any) -> None:
    content = {"to": ["therapist"], "scope": "safety", "text": SECRET, "must_acknowledge": True, **fields}
    await hand.do(PostMessage, Role.PHYSICIAN, **content)


@asynccontextmanager
async def visiting(engine: Engine) -> AsyncIterator[Visitor]:
    """A pathway whose therapist works elsewhere and is released safety; with a link to it, opened by a browser."""
    hand = await engine.start(Tuning())
    team = {**TEAM.model_dump(), "therapist_practice_id": "fern-practice"}
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=team)
    await screened(hand)
    await released(hand, "safety")
    desk = Desk(engine.client, Links(engine.pool))
    link, token = await desk.create(hand.id, FERN, packaged())
    assert hand.id not in token
    transport = httpx.ASGITransport(Portal(engine.client, desk).app())
    async with httpx.AsyncClient(transport=transport, base_url="https://links.example") as browser:
        yield Visitor(hand, desk, browser, link.link_id, f"/t/{token}")


async def test_they_read_acknowledge_and_answer(engine: Engine) -> None:
    async with visiting(engine) as visitor:
        await tell(visitor.hand)
        page = await visitor.page()
        assert "Slept badly, &lt;b&gt;again&lt;/b&gt; &amp; worried." in page
        assert "I have read this" in page
        read = await visitor.acknowledge("C1", 1)
        assert (read.status_code, read.headers["location"]) == (303, visitor.path)
        page = await visitor.page()
        assert "Read by you" in page
        assert "I have read this" not in page
        assert not [one for one in (await visitor.hand.status()).work if one.kind == "acknowledge_message"]

        sent = await visitor.say("She was calm <i>afterwards</i>.", reply_to="C1", must_acknowledge="yes", to="both")
        assert sent.status_code == 303
        said = (await visitor.thread())[1]
        assert (said.author_id, said.reply_to, said.scope) == (FERN, "C1", "notes")
        assert said.to == (Role.PHYSICIAN, Role.COORDINATOR)
        assert said.versions[-1].text == "She was calm <i>afterwards</i>."
        assert "She was calm &lt;i&gt;afterwards" in await visitor.page()
        (row,) = await visitor.desk.of_pathway(visitor.hand.id)
        assert row.last_used_at is not None


async def test_looking_changes_nothing(engine: Engine) -> None:
    async with visiting(engine) as visitor:
        await tell(visitor.hand)
        version = (await visitor.hand.status()).version
        for method in ("GET", "HEAD"):
            assert (await visitor.browser.request(method, visitor.path)).status_code == 200
        for path in ("/read", "/say"):
            assert (await visitor.browser.get(visitor.path + path)).status_code == 404
        assert (await visitor.hand.status()).version == version
        (row,) = await visitor.desk.of_pathway(visitor.hand.id)
        assert row.last_used_at is None


async def test_pressed_twice_it_is_said_once(engine: Engine) -> None:
    async with visiting(engine) as visitor:
        await tell(visitor.hand)
        for _ in range(2):
            assert (await visitor.acknowledge("C1", 1)).status_code == 303
        form = {"key": "the-same", "to": "physician", "scope": "notes", "text": "Once."}
        for _ in range(2):
            assert (await visitor.browser.post(f"{visitor.path}/say", data=form)).status_code == 303
        assert [one.versions[-1].text for one in await visitor.thread()] == [SECRET, "Once."]
        # The same form with other words is another message, and must not be taken for this one.
        other = await visitor.browser.post(f"{visitor.path}/say", data={**form, "text": "Twice."})
        assert (other.status_code, "Twice." in other.text) == (409, True)


async def test_a_text_file_is_sent_as_a_message(engine: Engine) -> None:
    async with visiting(engine) as visitor:
        form = {"key": "k", "to": "physician", "scope": "notes", "text": "My note:"}
        file = {"file": ("note.txt", "\ufeffSüß geträumt.\n".encode(), "text/plain")}
        assert (await visitor.browser.post(f"{visitor.path}/say", data=form, files=file)).status_code == 303
        assert (await visitor.thread())[0].versions[0].text == "My note:\n\nSüß geträumt."
        binary = {"file": ("note.pdf", b"%PDF\xff\xfe", "application/pdf")}
        refused = await visitor.browser.post(f"{visitor.path}/say", data={**form, "key": "l"}, files=binary)
        assert (refused.status_code, "plain text" in refused.text) == (400, True)
        assert len(await visitor.thread()) == 1


async def test_only_what_the_release_covers_now_is_shown(engine: Engine) -> None:
    async with visiting(engine) as visitor:
        await tell(visitor.hand)
        await tell(visitor.hand, to=["coordinator"], text="Between us.")
        await visitor.say("Mine stays.")
        page = await visitor.page()
        assert "Slept badly" in page
        assert "Between us." not in page
        await visitor.hand.do(WithdrawConsent, Role.PATIENT, kind=KIND)
        page = await visitor.page()
        assert "Slept badly" not in page
        assert "Mine stays." in page
        told = await visitor.acknowledge("C1", 1)
        assert (told.status_code, "release does not cover" in told.text) == (409, True)
        assert (await visitor.thread())[0].read == ()


async def test_another_version_has_to_be_read_anew(engine: Engine) -> None:
    async with visiting(engine) as visitor:
        await tell(visitor.hand)
        await visitor.hand.do(ReviseMessage, Role.PHYSICIAN, message_id="C1", text="Slept well.")
        told = await visitor.acknowledge("C1", 1)
        assert (told.status_code, "Another version stands now" in told.text) == (409, True)
        assert (await visitor.acknowledge("C1", 2)).status_code == 303


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"text": ""}, 400),
        ({"text": "x" * 4001}, 400),
        ({"scope": "everything"}, 400),
        ({"reply_to": "C99"}, 409),
        ({"text": "x" * MAX_BODY_BYTES}, 413),
    ],
)
async def test_what_cannot_be_sent_is_said_on_the_page(engine: Engine, form: dict[str, str], status: int) -> None:
    async with visiting(engine) as visitor:
        answer = await visitor.say(**form)
        assert answer.status_code == status
        assert await visitor.thread() == ()


async def test_no_actor_or_pathway_can_be_chosen(engine: Engine) -> None:
    async with visiting(engine) as visitor:
        sent = await visitor.say(actor="dr-sage", role="physician", pathway="p-other", author_id="dr-sage")
        assert sent.status_code == 303
        assert [one.author_id for one in await visitor.thread()] == [FERN]


def altered(path: str) -> str:
    return path[:-4] + ("AAAA" if path[-4:] != "AAAA" else "BBBB")


@pytest.mark.parametrize(
    "spoil", [altered, lambda path: path[:-1], lambda _: "/t/k1.abc", lambda _: "/t/x", lambda _: "/"]
)
async def test_what_is_no_link_opens_nothing(engine: Engine, spoil: Callable[[str], str]) -> None:
    async with visiting(engine) as visitor:
        answer = await visitor.browser.get(spoil(visitor.path))
        assert (answer.status_code, "opens nothing" in answer.text) == (404, True)


async def test_a_link_ends_by_time_by_word_and_with_the_place_in_the_team(engine: Engine) -> None:
    async with visiting(engine) as visitor:
        assert await visitor.status() == 200
        await engine.pool.execute("UPDATE portal_links SET expires_at = now() - interval '1 second'")
        assert await visitor.status() == 404
        await engine.pool.execute("UPDATE portal_links SET expires_at = now() + interval '1 day'")
        assert await visitor.status() == 200
        await visitor.desk.revoke(visitor.link_id)
        assert await visitor.status() == 404
        form = {"key": "k", "to": "physician", "scope": "notes", "text": "Too late."}
        assert (await visitor.browser.post(f"{visitor.path}/say", data=form)).status_code == 404
        link, token = await visitor.desk.create(visitor.hand.id, FERN, packaged())
        assert (await visitor.browser.get(f"/t/{token}")).status_code == 200
        assert link.expires_at - link.created_at == timedelta(days=14)
        await visitor.hand.do(
            ChangeCareTeam, Role.COORDINATOR, seat="therapist", leaver_id=FERN, successor_id="th-birch"
        )
        assert (await visitor.browser.get(f"/t/{token}")).status_code == 404
        with pytest.raises(Refused) as refusal:
            await visitor.desk.create(visitor.hand.id, FERN, packaged())
        assert refusal.value.code == "not_of_another_practice"


async def test_who_belongs_to_the_clinic_needs_no_link(engine: Engine) -> None:
    hand = await engine.start(Tuning())
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
    desk = Desk(engine.client, Links(engine.pool))
    for person in (FERN, "dr-sage", "nobody"):
        with pytest.raises(Refused) as refusal:
            await desk.create(hand.id, person, packaged())
        assert refusal.value.code == "not_of_another_practice"
    for code, question in (
        ("unknown_pathway", desk.create("p-none", FERN, packaged())),
        ("unknown_link", desk.revoke("L1")),
    ):
        with pytest.raises(Refused) as refusal:
            await question
        assert refusal.value.code == code
    thread = packaged().thread
    assert thread is not None
    without = packaged().model_copy(update={"thread": thread.model_copy(update={"link_valid_days": None})})
    with pytest.raises(Refused) as refusal:
        await desk.create(hand.id, FERN, without)
    assert refusal.value.code == "links_not_in_protocol"


async def test_while_the_database_is_away_they_are_asked_to_come_again(engine: Engine) -> None:
    async with visiting(engine) as visitor:
        async with engine.postgres.outage():
            assert await visitor.status() == 503
        assert await visitor.status() == 200


async def test_a_release_taken_back_during_an_outage_holds_before_the_journal_says_so(
    server: Server, postgres: PostgresServer
) -> None:
    async with running_engine(server, postgres, workers=False) as engine:
        without = [queue for queue in TaskQueue if queue is not TaskQueue.RECORDS]
        temporal = server.environment.client
        async with working(temporal, engine.settings, without), visiting(engine) as visitor:
            await tell(visitor.hand)
            assert "Slept badly" in await visitor.page()
            async with postgres.outage():
                await visitor.hand.do(WithdrawConsent, Role.PATIENT, kind=KIND)
            behind = await visitor.browser.get(visitor.path)
            assert (behind.status_code, "Slept badly" in behind.text) == (503, False)
            async with working(temporal, engine.settings, [TaskQueue.RECORDS]):

                async def caught_up() -> bool:
                    return await visitor.status() == 200

                await eventually(caught_up, timeout=90)
                assert "Slept badly" not in await visitor.page()


async def test_pages_are_kept_by_nobody_and_load_nothing_from_elsewhere(engine: Engine) -> None:
    async with visiting(engine) as visitor:
        await tell(visitor.hand)
        with capture_logs() as logs:
            answer = await visitor.browser.get(visitor.path)
            await visitor.acknowledge("C1", 1)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert not re.search(r"<script|https?://|src=", answer.text)
        assert logs
        assert not [one for one in logs if FERN in str(one) or visitor.path in str(one) or visitor.hand.id in str(one)]


async def test_another_site_cannot_send_the_form(engine: Engine) -> None:
    async with visiting(engine) as visitor:
        form = {"key": "k", "to": "physician", "scope": "notes", "text": "From elsewhere."}
        headers = {"Sec-Fetch-Site": "cross-site"}
        assert (await visitor.browser.post(f"{visitor.path}/say", data=form, headers=headers)).status_code == 403
        assert await visitor.thread() == ()
