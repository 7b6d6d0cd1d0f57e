"""Credentials of those who treat: what is asked of them, what they hold where and when, and what time says about it.

Prescriber and therapist are judged separately, in the state where the patient's body is, or is to be, at the dose.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from schemas.actors import Role
from schemas.commands import RecordCredentials
from schemas.facts import CredentialEnding, CredentialLapsed, CredentialsRecorded, Fact
from schemas.pathway import Pathway
from schemas.team import Credential, Credentials, Verified
from schemas.treatment import Approval, ApprovalStatus
from workflows.rules.calendar import end_of_date
from workflows.rules.refusing import require
from workflows.rules.team import holder

VERIFIED_ROLES = (Role.PHYSICIAN, Role.THERAPIST)


class Clinician(NamedTuple):
    """Somebody in the role in which something is asked of them."""

    person_id: str
    role: Role


def record_credentials(state: Pathway, command: RecordCredentials, at: datetime) -> list[Fact]:
    """Of physicians and therapists; what has ended is not held any more, and is left out."""
    told = command.credentials
    verified = told.role in VERIFIED_ROLES
    require(verified, "role_not_verified", "Credentials are verified of physicians and therapists.", "credentials.role")
    ends = [*told.licences.values(), told.prescribing_until, told.kap_training_until, told.malpractice_until]
    over = [day for day in ends if day is not None and end_of_date(day, state.zone) <= at]
    require(not over, "credential_over", "What has ended is not held any more; leave it out.", "credentials")
    return [CredentialsRecorded(credentials=told)]


def require_prescriber(state: Pathway, person_id: str, where: str, at: datetime) -> None:
    """Refuse a prescriber of whom nobody verified what the protocol asks in the state of dosing."""
    lacks = lacking(state, Clinician(person_id, Role.PHYSICIAN), where, at)
    require(
        Credential.LICENCE not in lacks,
        "prescriber_not_licensed",
        "No licence of this prescriber in the state of dosing is verified and valid.",
        "actor.id",
        state=where,
    )
    require(
        not lacks,
        "prescriber_not_qualified",
        "Something else that a prescriber has to hold is not verified and valid.",
        "actor.id",
        lacking=", ".join(lacks),
    )


def prescribers(approval: Approval) -> tuple[Clinician, ...]:
    """Whoever signed an approval."""
    signed = (approval.approved_by, approval.countersigned_by)
    return tuple(Clinician(person, Role.PHYSICIAN) for person in signed if person is not None)


def therapist(state: Pathway) -> Clinician | None:
    """Who acts as the therapist, where psychotherapy belongs to the treatment."""
    person = holder(state, Role.THERAPIST) if state.has_psychotherapy else None
    return Clinician(person, Role.THERAPIST) if person is not None else None


def place_of_dose(state: Pathway) -> str:
    """The state of the next dose: as attested at the arrival, before it as approved, or else the residence."""
    session, approval = state.cycle.session, state.approval
    if session is not None and session.checked_in_at is not None and session.location is not None:
        return session.location
    return (approval.state_of_dosing if approval is not None else None) or state.residence


def asked_of(state: Pathway, who: Clinician) -> tuple[Credential, ...]:
    """What the protocol asks; nothing under one without the section."""
    rules, team = state.protocol.care_team, state.care_team
    if rules is None:
        return ()
    if who.role is Role.PHYSICIAN:
        return rules.prescriber.asks
    own = team is not None and team.therapist_id == who.person_id and team.therapist_practice_id is not None
    return rules.external_therapist.asks if own else rules.therapist.asks


def lacking(state: Pathway, who: Clinician, where: str, at: datetime | None = None) -> tuple[Credential, ...]:
    """What is asked of somebody and not held, as of an instant; or as of now, by what time has said so far."""
    record = latest(state, who, at)
    return tuple(one for one in asked_of(state, who) if record is None or not _holds(state, record, one, where, at))


def latest(state: Pathway, who: Clinician, at: datetime | None = None) -> Verified | None:
    """The last that was verified of somebody, up to an instant."""
    known = [
        one
        for one in state.staffing.verified
        if Clinician(one.credentials.person_id, one.credentials.role) == who and (at is None or one.since <= at)
    ]
    return known[-1] if known else None


def _holds(state: Pathway, record: Verified, credential: Credential, where: str, at: datetime | None) -> bool:
    held, until = _extent(record.credentials, credential, where)
    if at is None:
        return held and _code(credential, where) not in record.lapsed
    return held and (until is None or at < end_of_date(until, state.zone))


def _extent(told: Credentials, credential: Credential, where: str) -> tuple[bool, date | None]:
    """Whether something is held, and its last day if it has one."""
    match credential:
        case Credential.LICENCE:
            return where in told.licences, told.licences.get(where)
        case Credential.PRESCRIBING_REGISTRATION:
            return told.prescribing_until is not None, told.prescribing_until
        case Credential.KAP_TRAINING:
            return told.kap_trained, told.kap_training_until
        case Credential.MALPRACTICE_COVER:
            return told.malpractice_until is not None, told.malpractice_until
        case Credential.REFERENCES:
            return told.references_checked, None


def _code(credential: Credential, where: str | None) -> str:
    """How a credential is remembered: a licence with its state."""
    return f"{credential.value}-{where}" if credential is Credential.LICENCE else credential.value


def on_duty(state: Pathway) -> Iterator[tuple[Clinician, str]]:
    """Whose credentials are watched, and for which state: they treat, or an approval stands by their word."""
    if state.protocol.care_team is None or state.care_team is None or not state.series_continues:
        return
    here = place_of_dose(state)
    wanted = [(Clinician(holder(state, Role.PHYSICIAN) or state.care_team.physician_id, Role.PHYSICIAN), here)]
    if (treating := therapist(state)) is not None:
        wanted.append((treating, here))
    approval = state.approval
    if approval is not None and approval.status in (ApprovalStatus.IN_FORCE, ApprovalStatus.PROPOSED):
        approved_for = approval.state_of_dosing or state.residence
        wanted += [(who, where) for who in prescribers(approval) for where in (here, approved_for)]
    yield from dict.fromkeys(wanted)


class Ending(NamedTuple):
    """A credential that ends, of somebody whose credentials are watched."""

    who: Clinician
    credential: Credential
    where: str | None
    ends_at: datetime
    warned: bool

    @property
    def subject(self) -> str:
        """Without a person's id."""
        return f"{self.who.role.value}-{_code(self.credential, self.where)}"


def endings(state: Pathway) -> Iterator[Ending]:
    """Every credential that is needed and has not ended yet, as far as time has said."""
    found: dict[tuple[Clinician, str], Ending] = {}
    for who, where in on_duty(state):
        if (record := latest(state, who)) is None:
            continue
        for credential in asked_of(state, who):
            held, until = _extent(record.credentials, credential, where)
            code = _code(credential, where)
            if held and until is not None and code not in record.lapsed:
                place = where if credential is Credential.LICENCE else None
                ends_at = end_of_date(until, state.zone)
                found[who, code] = Ending(who, credential, place, ends_at, code in record.warned)
    yield from found.values()


def warned_of(state: Pathway) -> Iterator[Clinician]:
    """Who has to renew something, because its end was told of."""
    for who, where in on_duty(state):
        record = latest(state, who)
        if record is not None and {_code(one, where) for one in asked_of(state, who)} & set(record.warned):
            yield who


def due_at(state: Pathway, ending: Ending) -> datetime:
    """The next instant at which time says something about it: first days before the end, then the end."""
    rules = state.protocol.care_team
    ahead = 0 if ending.warned or rules is None else rules.warn_days_before.value
    return ending.ends_at - timedelta(days=ahead)


def credentials_recorded(state: Pathway, fact: CredentialsRecorded, at: datetime) -> dict[str, Any]:
    """From now on; what was verified before still counts for the time before."""
    verified = (*state.staffing.verified, Verified(credentials=fact.credentials, since=at))
    return {"staffing": state.staffing.model_copy(update={"verified": verified})}


def credential_ending(state: Pathway, fact: CredentialEnding, at: datetime) -> dict[str, Any]:
    """Told of once."""
    del at
    return _marked(state, fact, "warned")


def credential_lapsed(state: Pathway, fact: CredentialLapsed, at: datetime) -> dict[str, Any]:
    """Not held any more."""
    del at
    return _marked(state, fact, "lapsed")


def _marked(state: Pathway, fact: CredentialEnding | CredentialLapsed, mark: str) -> dict[str, Any]:
    record = latest(state, Clinician(fact.person_id, fact.role))
    if record is None:
        return {}
    marks = (*getattr(record, mark), _code(fact.credential, fact.state))
    marked = record.model_copy(update={mark: marks})
    verified = tuple(marked if one is record else one for one in state.staffing.verified)
    return {"staffing": state.staffing.model_copy(update={"verified": verified})}
