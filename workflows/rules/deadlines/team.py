"""When a cover begins and ends, and when a credential ends or is about to."""

from collections.abc import Iterator
from datetime import datetime

from schemas.facts import CoverBegan, CoverEnded, CredentialEnding, CredentialLapsed, Fact
from schemas.pathway import Pathway
from workflows.rules.credentials import due_at, endings
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.team import COVERED, cover_of


def _covers(state: Pathway) -> Iterator[tuple[datetime, str]]:
    for seat in COVERED:
        cover = cover_of(state, seat)
        if cover is not None:
            yield (cover.ends_at if cover.began else cover.starts_at), seat.value


def _covered(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del now
    cover = next(one for one in state.staffing.covers if one.seat.value == subject)
    kind = CoverEnded if cover.began else CoverBegan
    yield kind(seat=cover.seat, person_id=cover.person_id)


def _credentials(state: Pathway) -> Iterator[tuple[datetime, str]]:
    return ((due_at(state, one), one.subject) for one in endings(state))


def _ended(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    """Told of days before, and then over. Two prescribers may be meant: the one whose instant comes first."""
    del now
    one = min((one for one in endings(state) if one.subject == subject), key=lambda one: due_at(state, one))
    who, credential = one.who, one.credential
    if one.warned:
        yield CredentialLapsed(person_id=who.person_id, role=who.role, credential=credential, state=one.where)
    else:
        yield CredentialEnding(
            person_id=who.person_id, role=who.role, credential=credential, state=one.where, ends_at=one.ends_at
        )


COVER = Deadline("cover_changes", _covers, _covered)
"""Work goes over to whoever stands in, and back."""

CREDENTIALS = Deadline("credential_ends", _credentials, _ended)
"""The coordinator is told days before. At the end an approval that stands by it is suspended; nothing renews itself."""
