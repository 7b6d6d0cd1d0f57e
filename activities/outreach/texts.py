"""What messages say: packaged templates in the recipient's language, and nothing about a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import PackageLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2 import Template as Compiled
from jinja2.sandbox import SandboxedEnvironment

from schemas.messages import Contact, Language, MessageRequest, Template

TELLING: Final = re.compile(
    r"[kq]u?etamin|dos(e|ing|age|is)|drug|droga|fármac|medic|prescri|receta|infus|lozenge|injection|inyecc|psych|psic"
    r"|therap|terap|mental|depress|depresi|anxi|ansied|trauma|ptsd|\btept\b|suicid|phq|gad-?7|pcl-?5|score|puntua|diagn[oó]s",
    re.IGNORECASE,
)
"""What no open message may contain: a mailbox is read by others, too, and a text lights up on a locked screen."""

_SPANISH_DAYS: Final = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
_SPANISH_MONTHS: Final = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")


class NotComposable(Exception):
    """No text can be made of this message; trying again makes none either."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Text(NamedTuple):
    """What one message says."""

    subject: str
    body: str
    link: str
    unsubscribe: str | None = None
    """Where one says that nothing of the kind is wanted any more."""

    @property
    def short(self) -> str:
        """For a text message: the subject, and where the rest waits."""
        return f"{self.subject}: {self.link}"


class Texts:
    """The templates, compiled here, so that a missing or broken one stops the start.

    A language without a template of its own falls back on English.
    """

    def __init__(self) -> None:
        environment = SandboxedEnvironment(
            loader=PackageLoader("activities.outreach"),
            autoescape=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._compiled: Mapping[tuple[Template, Language], tuple[Compiled, Language]] = {
            (template, language): _compiled(environment, template, language)
            for template in Template
            for language in Language
        }

    def compose(self, request: MessageRequest, recipient: Contact, link: str, unsubscribe: str | None = None) -> Text:
        """The text for ``recipient``, with instants in the zone where they are now.

        Neither names nor anything else of the recipient goes in.

        Args:
            request: What to say.
            recipient: Who gets it; role and language choose the wording.
            link: Where the detail waits, behind a login; see :func:`portal_link`.
            unsubscribe: Where its kind is ended, without a login.

        Raises:
            NotComposable: The template lacks something it needs, or says what no open message may say.
        """
        zone = ZoneInfo(recipient.zone)
        template, language = self._compiled[request.template, recipient.language]
        instants = {"at": request.at, "until": request.until}
        shown = {name: local_time(instant, zone, language) for name, instant in instants.items() if instant is not None}
        said = request.appointment
        moved, cancelled = said is not None and said.sequence > 0, said is not None and said.cancelled
        known = {"role": recipient.role.value, "link": link, "digest": request.digest, "unsubscribe": unsubscribe}
        try:
            text = template.render(moved=moved, cancelled=cancelled, **known, **shown)
        except TemplateError:
            raise NotComposable("template_failed") from None
        subject, body = text.lstrip().split("\n", 1)
        if TELLING.search(text.replace(link, "").replace(unsubscribe or link, "")):
            raise NotComposable("template_telling")
        return Text(subject.removeprefix("Subject: "), body, link, unsubscribe)


def portal_link(portal_url: str, pathway_id: str, about: str) -> str:
    """Where the recipient finds what a message is about. An ``about`` that gives something away is left out."""
    parts = [pathway_id] if TELLING.search(about) else [pathway_id, about]
    return "/".join([portal_url.rstrip("/"), "p", *(quote(part, safe=":") for part in parts)])


def local_time(instant: datetime, zone: ZoneInfo, language: Language = Language.ENGLISH) -> str:
    """An instant as people in ``zone`` say it, such as ``Tue 12 Jan 2027, 10:00 MST``.

    The abbreviation tells the two passes through a repeated hour apart. Zones without one show their offset.
    """
    local = instant.astimezone(zone)
    name = local.strftime("%Z")
    day, month = f"{local:%a}", f"{local:%b}"
    if language is Language.SPANISH:
        day, month = _SPANISH_DAYS[local.weekday()], _SPANISH_MONTHS[local.month - 1]
    return f"{day} {local.day} {month} {local:%Y, %H:%M} {name if name.isalpha() else f'UTC{name}'}"


def _compiled(environment: SandboxedEnvironment, template: Template, language: Language) -> tuple[Compiled, Language]:
    """The template, and the language that it is in."""
    name = f"{template.value}.txt"
    if language is not Language.ENGLISH:
        try:
            return environment.get_template(f"{language.value}/{name}"), language
        except TemplateNotFound:
            pass
    return environment.get_template(name), Language.ENGLISH
