"""That it is over, where no screen has to be shown before: a tunnel's ends, and what a session's build upon."""

from collections.abc import Callable

from rmosh.channels.channel import AttachmentEvent, ClientEvent
from rmosh.channels.closing.frames import CLOSE, Close, CloseKind
from rmosh.channels.closing.policy import GOODBYE_PATIENCE, NEVER
from rmosh.channels.closing.sender import CloseSender
from rmosh.lazy_dataclass import dataclass
from rmosh.transport.channel import ChannelEnd, Urgency


@dataclass(frozen=True, slots=True)
class SessionClosed(ClientEvent):
    """The session is over, as the peer said."""

    close: Close


@dataclass(eq=False, repr=False, slots=True)
class Left(AttachmentEvent):
    """The client says that it goes.

    Attributes:
        wants_the_end: the session shall end with that, unless it goes on for others.
    """

    wants_the_end: bool


class BareCloseAtClient(ChannelEnd):
    """Says that the user goes, and hears that it is over."""

    takes = (CLOSE,)

    def __init__(self, tell: Callable[[ClientEvent], None]) -> None:
        self._tell = tell
        self._is_over = False
        self.sender = CloseSender(lambda: 0)
        self.senders = ((Urgency.ENDING, self.sender),)

    def take(self, frame: Close, *, now: float) -> None:
        """Take the server's word; only the first counts."""
        if not self._is_over:
            self._is_over = True
            self._tell(SessionClosed(frame))


class BareCloseAtServer(ChannelEnd):
    """Says that it is over for one client, or hears that it goes.

    Attributes:
        goodbye_at: when one side said so; None before.
        given_up_at: when the other need not know any more; None where there is no such moment.
        has_left: the client said so.
    """

    takes = (CLOSE,)

    def __init__(
        self, tell: Callable[[AttachmentEvent], None], *, last_frame: Callable[[], int | None] = lambda: 0
    ) -> None:
        """Begin.

        Args:
            last_frame: returns the number of the last screen frame; None while it is not taken yet.
        """
        self._tell = tell
        self._sender = CloseSender(last_frame)
        self.senders = ((Urgency.ENDING, self._sender),)
        self.goodbye_at: float | None = None
        self.given_up_at: float | None = None
        self.has_left = False

    def say(self, close: Close, *, patience: float, now: float) -> None:
        """Tell the client that it is over for it; only the first reason counts.

        Args:
            patience: seconds after which it is given up, whether or not it heard.
        """
        self._sender.close(close)
        self._over(patience=patience, now=now)

    def take(self, frame: Close, *, now: float) -> None:
        """Take that the client goes; only the first time counts, and not if it was told to go before."""
        if self.has_left:
            return
        self.has_left = True
        if self.goodbye_at is None:
            self._over(patience=GOODBYE_PATIENCE, now=now)
            self._tell(Left(self.asks_for_the_end(frame)))

    @staticmethod
    def asks_for_the_end(close: Close) -> bool:
        """Tell whether a client's goodbye asks for the end of all, and it may ask for that."""
        return close.kind is CloseKind.CLIENT_QUIT

    def _over(self, *, patience: float, now: float) -> None:
        if self.goodbye_at is None:
            self.goodbye_at = now
            self.given_up_at = None if patience == NEVER else now + patience

    @property
    def knows_the_end(self) -> bool:
        """Whether the client knows that it is over."""
        return self.has_left or self._sender.arrived_at is not None
