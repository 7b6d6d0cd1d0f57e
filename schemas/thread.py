"""The care team's thread of one pathway, without its words: those are in the journal alone."""

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id, Instant, Model
from schemas.consents import ReleaseScope
from schemas.work import Priority


class Post(Model):
    """One message of the thread, in its current version."""

    id: Id
    author_id: Id
    to: tuple[Role, ...] = Field(description="The places in the team that it is for, whoever holds them.")
    scope: ReleaseScope = Field(description="What it tells of: somebody of another practice needs a release for it.")
    priority: Priority = Priority.ROUTINE
    must_acknowledge: bool = False
    version: int = Field(default=1, ge=1)
    said_at: Instant = Field(description="When the current version was written.")
    acknowledged: tuple[Role, ...] = Field(default=(), description="For which places the current version was read.")

    @property
    def reference(self) -> str:
        """Names this version."""
        return f"{self.id}v{self.version}"


class Thread(Model):
    """Every message of the thread, oldest first."""

    posts: tuple[Post, ...] = ()

    def post(self, message_id: str) -> Post | None:
        """The message of that id."""
        return next((one for one in self.posts if one.id == message_id), None)
