"""Something to read: the mail that tells of it, and the address in it by which nothing more comes."""

import re
from email.message import EmailMessage

import httpx
import pytest

from activities.records.links import Links
from clients.portal.app import Portal
from clients.portal.links import Desk
from schemas.actors import Role
from schemas.commands import ChooseEducation
from schemas.facts import EducationChosen
from schemas.start import Tuning
from tests.support.engine import Engine, Hand
from tests.support.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def letters(hand: Hand, count: int) -> list[EmailMessage]:
    """The mails about something to read, once there are so many."""

    def found() -> list[EmailMessage]:
        mails = [one.message for one in hand.engine.mail.to(f"{hand.id}@example.org")]
        return [mail for mail in mails if "Something to read" in str(mail["Subject"])]

    async def there() -> bool:
        return len(found()) >= count

    await eventually(there)
    return found()


async def choices(hand: Hand) -> list[bool]:
    return [event.fact.wanted for event in await hand.journal() if isinstance(event.fact, EducationChosen)]


def path_in(letter: EmailMessage) -> str:
    """RFC 8058: an address that a mail program can post to by itself."""
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<https://links\.clinic\.example(/u/[A-Za-z0-9._-]+)>", str(letter["List-Unsubscribe"]))
    assert found is not None
    assert f"https://links.clinic.example{found[1]}" in str(letter.get_content()).splitlines()
    return found[1]


def browser(engine: Engine) -> httpx.AsyncClient:
    app = Portal(engine.client, Desk(engine.client, Links(engine.pool))).app()
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://links.example")


async def test_by_the_address_in_the_mail_nothing_more_comes(engine: Engine) -> None:
    hand = await engine.start(Tuning(continue_after_commands=2))
    await hand.wait(days=2)
    await hand.do(ChooseEducation, Role.PATIENT)
    await hand.wait(days=2)
    (letter,) = await letters(hand, 1)
    path = path_in(letter)
    assert hand.id not in path
    async with browser(engine) as visitor:
        # Mail programs open addresses by themselves.
        page = await visitor.get(path)
        assert page.status_code == 200
        assert 'method="post"' in page.text
        assert await choices(hand) == [True]
        for _ in range(2):
            pressed = await visitor.post(path, data={"List-Unsubscribe": "One-Click"})
            assert (pressed.status_code, "Done" in pressed.text) == (200, True)
        assert await choices(hand) == [True, False]
        await hand.wait(days=20)
        assert len(await letters(hand, 1)) == 1
        # An old mail still ends what was asked for anew.
        await hand.do(ChooseEducation, Role.COORDINATOR)
        assert (await visitor.post(path)).status_code == 200
        assert await choices(hand) == [True, False, True, False]
    assert await hand.failed_tasks() == 0


async def test_what_was_asked_for_and_ended_before_it_went_out_does_not_go_out(engine: Engine) -> None:
    hand = await engine.start(Tuning())
    engine.mail.recipient_replies[f"{hand.id}@example.org"] = "451 4.7.1 try again later"
    await hand.do(ChooseEducation, Role.PATIENT)
    status = await hand.status()
    (told_at,) = [one.at for one in status.due if one.reason == "education_due"]
    await hand.wait(seconds=(told_at - status.now).total_seconds())

    async def tried() -> bool:
        return any(row.template == "education" and row.attempts for row in await engine.client.outbox(hand.id))

    await eventually(tried)
    await hand.do(ChooseEducation, Role.PATIENT, wanted=False)
    engine.mail.recipient_replies.clear()
    await hand.wait(hours=1)
    assert not [one for one in engine.mail.to(f"{hand.id}@example.org") if "to read" in str(one.message["Subject"])]


@pytest.mark.parametrize("token", ["k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "nothing"])
async def test_what_is_no_address_of_ours_ends_nothing(engine: Engine, token: str) -> None:
    async with browser(engine) as visitor:
        assert (await visitor.get(f"/u/{token}")).status_code == 404
        assert (await visitor.post(f"/u/{token}")).status_code == 404
