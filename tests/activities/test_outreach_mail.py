"""What our mails say, and what they never say."""

import email.policy
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from aiosmtplib.email import flatten_message
from hypothesis import given
from hypothesis import strategies as st

from activities.outreach.mail import Mailer
from activities.outreach.ports import ChannelRefused, Parcel
from activities.outreach.texts import TELLING, NotComposable, Texts, local_time, portal_link
from schemas.actors import Role
from schemas.messages import ClinicCounts, Contact, DigestCounts, Language, MessageRequest, Template

LINK = "https://portal.example.org/p/P-1/W3"
MAILER = Mailer("127.0.0.1", 25, "care-team@clinic.example")

TEXTS = Texts()

JARGON = re.compile(r"session|integration|treatment|screening|patient", re.IGNORECASE)
"""Not telling by itself, but our word for it and not the reader's."""

DIGEST = DigestCounts(open=12, overdue=5, today=3, clinic=ClinicCounts(overdue=40, past_limit=8, ending=7, findings=2))


def request(
    template: Template = Template.WORK_OVERDUE, to_role: Role = Role.THERAPIST, **changes: object
) -> MessageRequest:
    values = {
        "id": "E1-M1",
        "template": template,
        "to_role": to_role,
        "to_id": "person-1",
        "about": "W3",
        "at": datetime(2027, 1, 12, 17, tzinfo=UTC),
        "until": datetime(2027, 1, 14, 17, tzinfo=UTC),
        "digest": DIGEST if template is Template.DIGEST else None,
    }
    return MessageRequest.model_validate(values | changes)


def contact(role: Role = Role.THERAPIST, **changes: str) -> Contact:
    values = {
        "id": "person-1",
        "role": role,
        "name": "Wren Fable",
        "email": "wren@example.org",
        "zone": "America/Denver",
    }
    return Contact.model_validate(values | changes)


def composed(request: MessageRequest, recipient: Contact, link: str) -> EmailMessage:
    """The mail that somebody gets."""
    return MAILER.compose(Parcel("P-1", request, recipient, TEXTS.compose(request, recipient, link)))


EVERY_MAIL = pytest.mark.parametrize(
    ("template", "role", "until"), list(product(Template, Role, (None, datetime(2027, 1, 14, 17, tzinfo=UTC))))
)


def compose(template: Template, role: Role, until: datetime | None) -> tuple[str, str]:
    """Subject and body."""
    mail = composed(request(template, role, until=until), contact(role), LINK)
    return str(mail["Subject"]), str(mail.get_content())


@EVERY_MAIL
def test_no_mail_says_what_it_is_about(template: Template, role: Role, until: datetime | None) -> None:
    subject, body = compose(template, role, until)
    said = subject + "\n" + body.replace(LINK, "")
    assert TELLING.search(said) is None
    assert JARGON.search(said) is None
    assert "Wren" not in said
    assert "Fable" not in said


@EVERY_MAIL
def test_every_mail_is_short_plain_and_leads_to_the_portal(
    template: Template, role: Role, until: datetime | None
) -> None:
    subject, body = compose(template, role, until)
    assert 0 < len(subject) <= 60
    assert body.startswith("Hello,\n")
    assert f"\n{LINK}\n" in body
    assert "None" not in body
    assert "\n\n\n" not in body
    assert "  " not in body
    assert body.isascii()
    assert max(map(len, body.splitlines())) <= 80
    assert len(body.split()) < 100


@pytest.mark.parametrize("template", Template)
def test_a_patient_is_told_how_to_reach_the_team_and_no_number_is_invented(template: Template) -> None:
    _, body = compose(template, Role.PATIENT, None)
    assert "This mailbox is not read" in body
    assert "the number that your care team gave you" in body
    assert re.search(r"\d{3}[ -]\d", body) is None


def test_a_mail_program_finds_the_address_by_which_nothing_more_comes() -> None:
    address = f"https://links.clinic.example/u/k1.{'dose_' * 40}"
    asked = request(Template.EDUCATION, Role.PATIENT)
    text = TEXTS.compose(asked, contact(Role.PATIENT), LINK, address)
    assert f"\n{address}\n" in text.body
    raw = flatten_message(MAILER.compose(Parcel("P-1", asked, contact(Role.PATIENT), text)))
    # As it goes over the line: folded it would be encoded, and a program that looks for it would not find it.
    assert f"\r\nList-Unsubscribe: <{address}>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_only_what_can_be_ended_says_how() -> None:
    for template in set(Template) - {Template.EDUCATION}:
        assert composed(request(template), contact(), LINK)["List-Unsubscribe"] is None


@pytest.mark.parametrize(
    "word", ["ketamine", "dosing", "approve_dosing", "Psychotherapy", "suicidal", "depression", "PHQ-9", "dose"]
)
def test_the_list_of_telling_words_knows_the_obvious_ones(word: str) -> None:
    assert TELLING.search(f"x {word} y")


def test_a_link_leads_to_the_item_unless_its_id_is_telling() -> None:
    assert portal_link("https://portal.example.org/", "P-1", "W3") == "https://portal.example.org/p/P-1/W3"
    assert portal_link("https://portal.example.org", "P-1", "dosing-2") == "https://portal.example.org/p/P-1"


@pytest.mark.parametrize(
    ("zone", "instant", "shown"),
    [
        ("America/Denver", datetime(2027, 1, 12, 17, 0, tzinfo=UTC), "Tue 12 Jan 2027, 10:00 MST"),
        # New York repeats the hour from one to two.
        ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "Sun 1 Nov 2026, 01:30 EDT"),
        ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "Sun 1 Nov 2026, 01:30 EST"),
        # … and leaves out the hour from two to three.
        ("America/New_York", datetime(2027, 3, 14, 6, 59, tzinfo=UTC), "Sun 14 Mar 2027, 01:59 EST"),
        ("America/New_York", datetime(2027, 3, 14, 7, 0, tzinfo=UTC), "Sun 14 Mar 2027, 03:00 EDT"),
        # Arizona stays where it is.
        ("America/Phoenix", datetime(2026, 10, 31, 17, 0, tzinfo=UTC), "Sat 31 Oct 2026, 10:00 MST"),
        ("America/Phoenix", datetime(2026, 11, 1, 17, 0, tzinfo=UTC), "Sun 1 Nov 2026, 10:00 MST"),
        # The date is the recipient's too.
        ("Pacific/Honolulu", datetime(2027, 1, 1, 5, 0, tzinfo=UTC), "Thu 31 Dec 2026, 19:00 HST"),
        # A zone that has no letters of its own.
        ("America/Sao_Paulo", datetime(2027, 1, 12, 17, 0, tzinfo=UTC), "Tue 12 Jan 2027, 14:00 UTC-03"),
    ],
)
def test_instants_read_as_on_the_recipients_wall(zone: str, instant: datetime, shown: str) -> None:
    assert local_time(instant, ZoneInfo(zone)) == shown
    body = composed(
        request(Template.SESSION_REMINDER, Role.PATIENT, at=instant), contact(Role.PATIENT, zone=zone), LINK
    )
    assert shown in body.get_content()


def test_a_span_shows_both_ends() -> None:
    body = composed(request(Template.INTEGRATION_DUE), contact(), LINK).get_content()
    assert "between Tue 12 Jan 2027, 10:00 MST\nand Thu 14 Jan 2027, 10:00 MST" in body


def test_a_mail_has_these_headers_and_no_others() -> None:
    mail = composed(request(), contact(), LINK)
    ours = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"}
    assert sorted(mail.keys()) == sorted(ours | {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"})
    assert mail["From"] == "care-team@clinic.example"
    assert mail["To"] == "wren@example.org"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"


def test_the_message_id_depends_on_the_message_alone() -> None:
    first = composed(request(), contact(), LINK)["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f]{32}@clinic\.example>", first)
    assert composed(request(), contact(email="moved@example.org"), LINK)["Message-ID"] == first
    assert composed(request(id="E1-M2"), contact(), LINK)["Message-ID"] != first


@pytest.mark.parametrize(
    "address",
    [
        "wren@example.org\r\nBcc: thief@example.org",
        "wren@example.org\nBcc: thief@example.org",
        "wren@example.org, thief@example.org",
        "wren@example.org,thief@example.org",
        "wren@example.org>,<thief@example.org",
        "Wren <wren@example.org>",
        "team:wren@example.org,thief@example.org;",
        "wren(thief@example.org)@example.org",
        "wren\0@example.org",
        "wren\x1b@example.org",
        "wren\N{LINE SEPARATOR}@example.org",
        '"wren\\r\\n"@example.org',
        "wren@[127.0.0.1]",
        "wren\u202e@example.org",
        "wren",
        "@",
        "",
    ],
)
def test_what_is_not_one_address_and_nothing_more_gets_no_mail(address: str) -> None:
    # Past the model's own check, as a row written by an older release could be.
    broken = contact().model_copy(update={"email": address})
    with pytest.raises(ChannelRefused) as refused:
        composed(request(), broken, LINK)
    assert refused.value.code == "address_malformed"
    assert "thief" not in str(refused.value)


@given(st.text(min_size=1, max_size=40), st.sampled_from(["\r\n", "\n", "\r", ",", "@", "", "\0", " "]))
def test_no_address_adds_a_recipient_or_a_header(text: str, between: str) -> None:
    broken = contact().model_copy(update={"email": f"wren{between}{text}@example.org"})
    try:
        raw = composed(request(), broken, LINK).as_bytes()
    except ChannelRefused:
        return
    read = message_from_bytes(raw, EmailMessage, policy=email.policy.SMTPUTF8)
    assert sorted(read.keys()) == sorted(composed(request(), contact(), LINK).keys())
    assert [address.domain for address in read["To"].addresses] == ["example.org"]


def test_a_name_cannot_get_into_a_mail_in_any_form() -> None:
    hostile = contact().model_copy(update={"name": "Wren\r\nBcc: thief@example.org\r\n\r\n{{ 7 * 7 }}"})
    raw = composed(request(), hostile, LINK).as_bytes()
    plain = composed(request(), contact(), LINK).as_bytes()
    without_date = re.compile(rb"^Date: .*\r\n", re.MULTILINE)
    assert without_date.sub(b"", raw) == without_date.sub(b"", plain)


DATED = (Template.SESSION_REMINDER, Template.FASTING_REMINDER)
"""What speaks of the instant of an appointment."""


@pytest.mark.parametrize("template", DATED)
def test_a_template_that_lacks_its_instant_makes_no_mail(template: Template) -> None:
    with pytest.raises(NotComposable) as refused:
        composed(request(template, at=None), contact(), LINK)
    assert refused.value.code == "template_failed"


@pytest.mark.parametrize("template", [template for template in Template if template not in DATED])
@pytest.mark.parametrize("role", Role)
def test_the_other_templates_do_without(template: Template, role: Role) -> None:
    mail = composed(request(template, role, at=None, until=None), contact(role), LINK)
    assert "None" not in mail.get_content()


@pytest.mark.parametrize(
    "sender", ["", "care-team", "Care Team <care-team@clinic.example>", "a@b.example, c@d.example"]
)
def test_a_sender_that_is_no_address_stops_the_start(sender: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        Mailer("127.0.0.1", 25, sender)


@pytest.mark.parametrize("role", [Role.PATIENT, Role.THERAPIST])
@pytest.mark.parametrize("template", Template)
def test_another_language_says_no_more_and_falls_back_on_english(template: Template, role: Role) -> None:
    recipient = contact(role).model_copy(update={"language": Language.SPANISH})
    mail = composed(request(template, role), recipient, LINK)
    subject, body = str(mail["Subject"]), str(mail.get_content())
    assert 0 < len(subject) <= 60
    assert TELLING.search(subject + "\n" + body.replace(LINK, "")) is None
    assert body.startswith(("Hola:\n", "Hello,\n"))
    assert f"\n{LINK}\n" in body
    assert body.startswith("Hola:") is (template.value in SPANISH)
    assert ("mar 12 ene 2027" in subject + body) is (template.value in SPANISH - {"education"})


SPANISH = {"appointment", "session_reminder", "checkin_due", "education"}
