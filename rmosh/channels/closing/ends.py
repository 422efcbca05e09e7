"""That it is over, at both ends: who said so, and whether the other knows."""

from dataclasses import dataclass

from rmosh.channels.channel import AtClient, AtServer, AttachmentEvent, ClientEvent, ClientSide, ServerSide
from rmosh.channels.closing.frames import CLOSE, Close, CloseKind
from rmosh.channels.closing.policy import (
    CLOSE_WAITS_FOR_FRAME,
    CLOSE_WAITS_FOR_HISTORY,
    GOODBYE_PATIENCE,
    NEVER,
    end_of_wait,
)
from rmosh.channels.closing.sender import CloseSender
from rmosh.channels.history.ends import HistoryAtClient, HistoryAtServer
from rmosh.channels.screen.ends import ScreenAtClient, ScreenAtServer
from rmosh.transport.channel import Urgency


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


class CloseAtClient(AtClient):
    """Says that the user goes, and hears that the session is over."""

    takes = (CLOSE,)

    def __init__(self, side: ClientSide) -> None:
        from rmosh.channels.closing.receiver import CloseReceiver  # no server loads it

        history = side.ends.of(HistoryAtClient)
        self._tell = side.tell
        self._screen = side.ends.of(ScreenAtClient).receiver
        self._ending = CloseReceiver(history.missing, fetch_newest=history.fetch_newest)
        self.sender = CloseSender(lambda: 0)
        self.senders = ((Urgency.ENDING, self.sender),)

    def take(self, frame: Close, *, now: float) -> None:
        """Take the server's word that the session is over."""
        self._ending.take(frame, now=now)

    def turn(self, *, now: float) -> None:
        """Tell it once what was before it is here."""
        close = self._ending.due(self._screen.number, now=now)
        if close is not None:
            self._tell(SessionClosed(close))

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when one of the waits for that is over."""
        return self._ending.next_wakeup(now=now)

    def stop_waiting(self) -> bool:
        """Wait for no more lines if the session is over; return whether it is."""
        return self._ending.stop_waiting()

    @property
    def lines_awaited(self) -> int | None:
        """How many lines a session that is over still waits for; None where it goes on, or waits for none."""
        return self._ending.lines_awaited


class CloseAtServer(AtServer):
    """Says that it is over for one client, or hears that it goes.

    Attributes:
        goodbye_at: when one side said so; None before.
        given_up_at: when the other need not know any more; None where there is no such moment.
        has_left: the client said so.
    """

    takes = (CLOSE,)

    def __init__(self, side: ServerSide) -> None:
        self._tell = side.tell
        self._screen = side.ends.of(ScreenAtServer).sender
        self._history = side.ends.of(HistoryAtServer)
        self._sender = CloseSender(lambda: None if self._screen.pending else self._screen.number)
        self.senders = ((Urgency.ENDING, self._sender),)
        self.goodbye_at: float | None = None
        self.given_up_at: float | None = None
        self.has_left = False
        self._had_time = False

    def say(self, close: Close, *, patience: float, now: float) -> None:
        """Tell the client that it is over for it, after the last screen; only the first reason counts.

        Args:
            patience: seconds after which it is given up, whether or not it heard.
        """
        self._sender.close(close)
        self._history.ended()
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
        """Tell whether a client's goodbye asks for the session's end, and it may ask for that."""
        return close.kind is CloseKind.CLIENT_QUIT

    def _over(self, *, patience: float, now: float) -> None:
        if self.goodbye_at is None:
            self.goodbye_at = now
            self.given_up_at = None if patience == NEVER else now + patience

    @property
    def knows_the_end(self) -> bool:
        """Whether the client knows that it is over, and shows the last screen or had the time to."""
        if self.has_left:
            return True
        is_settled = self._screen.settled and self._history.sender.settled
        return self._sender.arrived_at is not None and (is_settled or self._had_time)

    def turn(self, *, now: float) -> None:
        """See whether the client had the time to show what was before."""
        arrived_at = self._sender.arrived_at
        if arrived_at is not None:
            wait = CLOSE_WAITS_FOR_HISTORY if self._screen.settled else CLOSE_WAITS_FOR_FRAME
            self._had_time = self._had_time or now >= arrived_at + wait

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when one of the waits for that is over."""
        arrived_at = self._sender.arrived_at
        return None if arrived_at is None or self.knows_the_end else end_of_wait(arrived_at, now=now)


class CloseTowardsReader(CloseAtServer):
    """The same towards a client that only looks on: it goes, and the session goes on."""

    @staticmethod
    def asks_for_the_end(close: Close) -> bool:
        """Tell that it never does."""
        return False
