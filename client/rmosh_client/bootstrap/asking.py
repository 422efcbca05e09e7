"""The user's terminal as a login meets it: asked about itself, and perhaps still answering."""

from typing import Protocol

from rmosh.traits import Traits


class Asking(Protocol):
    """What `rmosh_client.typing.introduction.Introduction` does for a login."""

    async def traits(self) -> Traits | None:
        """Return what the terminal has said of itself, not long after it was asked; None where nobody asked."""

    def make_way(self) -> None:
        """Leave the terminal to a question for the user: what it still answers must not become his answer."""


class NobodyAsked:
    """A login without a terminal."""

    async def traits(self) -> Traits | None:
        return None

    def make_way(self) -> None:
        pass
