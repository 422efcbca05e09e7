"""A login where no terminal can be asked about itself: it is told that nobody knows."""

from collections.abc import Callable

from rmosh.traits import Traits
from rmosh_client.link.event_loop import EventLoop


class NoTerminalAsked:
    """See `rmosh_client.reaching.login_watch.Introduced`; the login itself asks the user at /dev/tty."""

    def begin(self, loop: EventLoop) -> None:
        """Ask nothing."""

    def tell(self, login: Callable[[Traits | None], None]) -> None:
        """Tell it that nobody knows."""
        login(None)

    def make_way(self) -> None:
        """Leave a terminal that we do not use."""

    def take_back(self) -> None:
        """Have nothing to take back."""

    def finish(self) -> None:
        """Have nothing to end."""
