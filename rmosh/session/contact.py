"""What a client's and a server's contact have in common: an endpoint, and who observes it."""

from typing import TYPE_CHECKING

from rmosh.transport.endpoint import Endpoint

if TYPE_CHECKING:
    from rmosh.transport.trace import Observer


class Contact:
    """One end of a connection."""

    _endpoint: Endpoint

    def observe(self, observer: "Observer | None", *, now: float) -> None:
        """Tell an observer what happens from now on, instead of the one before; None for nobody."""
        self._endpoint.observe(observer, now=now)

    def _note(self, name: str, *, now: float, **figures: int | float) -> None:
        if self._endpoint.trace is not None:
            self._endpoint.trace.note(name, figures, now=now)
