"""The thread as it is put together from the journal."""

import pytest

from clients.errors import Refused
from clients.thread import thread_of
from schemas.actors import Role
from schemas.commands import PostMessage, ReviseMessage, WithdrawConsent
from schemas.consents import ReleaseScope
from tests.rules.consenting import RELEASE
from tests.rules.staffing import BIRCH, FERN, SAGE
from tests.rules.test_thread import SAFE, acknowledged, external, revised, told


def test_every_version_is_shown_with_who_has_read_which() -> None:
    course = acknowledged()
    course.must(ReviseMessage, Role.PHYSICIAN, actor=SAGE, message_id="C1", text="Ask about appetite.")
    (message,) = thread_of(course.events())
    assert [(one.number, one.text) for one in message.versions] == [(1, SAFE["text"]), (2, "Ask about appetite.")]
    assert [(one.version, one.person_id) for one in message.read] == [(1, FERN.id)]
    assert message.waits_for == (Role.THERAPIST,)


def test_nobody_is_waited_for_where_nothing_has_to_be_acknowledged() -> None:
    (message,) = thread_of(told(must_acknowledge=False).events())
    assert message.waits_for == ()


def test_another_practice_sees_what_is_said_to_it_while_the_release_covers_it() -> None:
    course = told(external(ReleaseScope.SAFETY))
    course.must(PostMessage, Role.PHYSICIAN, actor=SAGE, **{**SAFE, "to": (Role.COORDINATOR,)})
    course.must(PostMessage, Role.THERAPIST, actor=BIRCH, **{**SAFE, "to": (Role.PHYSICIAN,)})
    course.must(WithdrawConsent, Role.PATIENT, kind=RELEASE)
    course.must(ReviseMessage, Role.PHYSICIAN, actor=SAGE, message_id="C1", text="Not for everybody.")
    theirs = {one.id: [version.number for version in one.versions] for one in thread_of(course.events(), BIRCH.id)}
    assert theirs == {"C1": [1], "C3": [1]}
    assert {one.id for one in thread_of(course.events(), SAGE.id)} == {"C1", "C2", "C3"}


def test_a_stranger_is_refused() -> None:
    with pytest.raises(Refused):
        thread_of(revised().events(), "dr-nobody")
