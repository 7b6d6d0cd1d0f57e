"""Appointments as calendar objects: booked, moved and cancelled under one UID (iTIP, RFC 5546; by mail, RFC 6047)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from icalendar import Calendar, Event, vCalAddress, vText

from activities.outreach.ports import Parcel
from schemas.messages import Appointment, Language

PRODUCT: Final = "-//KAP pathways//EN"

SUMMARY: Final = {Language.ENGLISH: "Appointment", Language.SPANISH: "Cita"}
"""What the calendar shows: it is seen by others, too."""


def method(appointment: Appointment) -> str:
    """What the calendar is asked to do."""
    return "CANCEL" if appointment.cancelled else "REQUEST"


def calendar_object(parcel: Parcel, appointment: Appointment, starts_at: datetime, sender: str) -> str:
    """The appointment for the recipient's calendar.

    Instants are in UTC, so that no calendar needs our idea of a zone: each shows them on its own clock.

    Args:
        parcel: To whom, and the link to everything else.
        appointment: Which one, and its version.
        starts_at: When it begins.
        sender: E-mail address of the organiser.
    """
    event = Event()
    event.add("uid", f"{appointment.uid}@{sender.partition('@')[2]}")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", starts_at.astimezone(UTC))
    event.add("dtend", appointment.ends_at.astimezone(UTC))
    event.add("summary", vText(SUMMARY[parcel.recipient.language]))
    event.add("url", parcel.text.link)
    event.add("status", "CANCELLED" if appointment.cancelled else "CONFIRMED")
    event.add("organizer", vCalAddress(f"mailto:{sender}"))
    event.add("attendee", vCalAddress(f"mailto:{parcel.recipient.email}"))
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method(appointment))
    calendar.add_component(event)
    return str(calendar.to_ical(), "utf-8")
