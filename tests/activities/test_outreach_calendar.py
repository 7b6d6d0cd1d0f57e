"""Invitations as a mail program reads them: by an e-mail parser and a calendar parser, from the bytes alone."""

from __future__ import annotations

import email.policy
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
import vobject
from icalendar import Calendar

from activities.outreach.mail import Mailer
from activities.outreach.ports import Parcel
from activities.outreach.texts import TELLING, Texts
from schemas.actors import Role
from schemas.messages import Appointment, Contact, Language, MessageRequest, Template

MAILER = Mailer("127.0.0.1", 25, "care-team@clinic.example")
TEXTS = Texts()
LINK = "https://portal.example.org/p/P-1/S1"
MOSS = Contact(id="P-1", role=Role.PATIENT, name="Moss Tale", email="moss@example.org", zone="America/New_York")
BEFORE_THE_CHANGE = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
"""01:30 in New York, the first of two; the second is an hour later."""


def invitation(starts_at: datetime, sequence: int = 0, *, cancelled: bool = False, to: Contact = MOSS) -> EmailMessage:
    """A mail as it arrives."""
    request = MessageRequest(
        id=f"E1-M{sequence}",
        template=Template.APPOINTMENT,
        to_role=to.role,
        to_id=to.id,
        about="S1",
        at=starts_at,
        appointment=Appointment(
            uid="E1-S1", sequence=sequence, ends_at=starts_at + timedelta(hours=2), cancelled=cancelled
        ),
    )
    mail = MAILER.compose(Parcel("P-1", request, to, TEXTS.compose(request, to, LINK)))
    return message_from_bytes(mail.as_bytes(), EmailMessage, policy=email.policy.default)


def calendar_of(mail: EmailMessage) -> Calendar:
    (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    read = Calendar.from_ical(part.get_content())
    assert isinstance(read, Calendar)
    assert part["Content-Type"].params["method"] == read["METHOD"]
    return read


def event_of(mail: EmailMessage) -> tuple[str, int, str, datetime, datetime]:
    """Uid, sequence, status, beginning and end."""
    (event,) = calendar_of(mail).walk("VEVENT")
    return (
        str(event["UID"]),
        int(str(event["SEQUENCE"])),
        str(event["STATUS"]),
        event.decoded("DTSTART"),
        event.decoded("DTEND"),
    )


def test_booked_moved_and_cancelled_are_one_appointment() -> None:
    first, later = datetime(2027, 1, 12, 17, tzinfo=UTC), datetime(2027, 1, 13, 18, tzinfo=UTC)
    booked, moved = invitation(first), invitation(later, 1)
    cancelled = invitation(later, 2, cancelled=True)
    assert [calendar_of(mail)["METHOD"] for mail in (booked, moved, cancelled)] == ["REQUEST", "REQUEST", "CANCEL"]
    uid = "E1-S1@clinic.example"
    assert event_of(booked) == (uid, 0, "CONFIRMED", first, first + timedelta(hours=2))
    assert event_of(moved) == (uid, 1, "CONFIRMED", later, later + timedelta(hours=2))
    assert event_of(cancelled) == (uid, 2, "CANCELLED", later, later + timedelta(hours=2))
    assert [str(mail["Subject"]) for mail in (booked, moved, cancelled)] == [
        "Appointment: Tue 12 Jan 2027, 12:00 EST",
        "Appointment moved: Wed 13 Jan 2027, 13:00 EST",
        "Appointment cancelled: Wed 13 Jan 2027, 13:00 EST",
    ]


def test_a_calendar_program_with_a_parser_of_its_own_reads_the_same() -> None:
    starts_at = datetime(2027, 1, 12, 17, tzinfo=UTC)
    for sequence, cancelled in ((0, False), (1, False), (2, True)):
        mail = invitation(starts_at, sequence, cancelled=cancelled)
        (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
        read = vobject.readOne(part.get_content())
        assert read.validate()
        said = {line.name: line.value for line in read.vevent.lines()}
        assert (read.method.value, said["STATUS"]) == (
            ("CANCEL", "CANCELLED") if cancelled else ("REQUEST", "CONFIRMED")
        )
        assert (said["UID"], said["SEQUENCE"]) == ("E1-S1@clinic.example", str(sequence))
        assert (said["DTSTART"], said["DTEND"] - said["DTSTART"]) == (starts_at, timedelta(hours=2))
        assert (said["SUMMARY"], said["ATTENDEE"]) == ("Appointment", "mailto:moss@example.org")


@pytest.mark.parametrize(
    ("starts_at", "shown"),
    [
        (BEFORE_THE_CHANGE, "Sun 1 Nov 2026, 01:30 EDT"),
        (BEFORE_THE_CHANGE + timedelta(hours=1), "Sun 1 Nov 2026, 01:30 EST"),
        (datetime(2027, 3, 14, 6, 59, tzinfo=UTC), "Sun 14 Mar 2027, 01:59 EST"),
        (datetime(2027, 3, 14, 7, tzinfo=UTC), "Sun 14 Mar 2027, 03:00 EDT"),
    ],
)
def test_instants_are_right_on_the_days_on_which_the_clocks_change(starts_at: datetime, shown: str) -> None:
    mail = invitation(starts_at)
    assert mail["Subject"] == f"Appointment: {shown}"
    (event,) = calendar_of(mail).walk("VEVENT")
    begins, ends = event.decoded("DTSTART"), event.decoded("DTEND")
    assert begins.utcoffset() == timedelta(0)
    assert (begins, ends - begins) == (starts_at, timedelta(hours=2))
    assert begins.astimezone(ZoneInfo(MOSS.zone)) == starts_at.astimezone(ZoneInfo(MOSS.zone))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("sequence", "cancelled"), [(0, False), (1, False), (2, True)])
def test_an_invitation_says_nothing_telling(language: Language, sequence: int, cancelled: bool) -> None:
    mail = invitation(
        BEFORE_THE_CHANGE, sequence, cancelled=cancelled, to=MOSS.model_copy(update={"language": language})
    )
    parts = [str(part.get_content()) for part in mail.walk() if not part.is_multipart()]
    assert len(parts) == 2
    for text in (str(mail["Subject"]), *parts):
        assert TELLING.search(text.replace(LINK, "")) is None
        assert "Moss" not in text
    assert mail.get_content_type() == "multipart/alternative"


def test_an_appointment_goes_to_nobody_but_its_recipient() -> None:
    (event,) = calendar_of(invitation(BEFORE_THE_CHANGE)).walk("VEVENT")
    assert str(event["ATTENDEE"]) == "mailto:moss@example.org"
    assert str(event["ORGANIZER"]) == "mailto:care-team@clinic.example"
