"""That it is over, at both ends: who said so, and whether the other knows."""

from rmosh.channels.channel import AtClient, AtServer, ClientSide, ServerSide
from rmosh.channels.closing.bare_ends import BareCloseAtServer, SessionClosed
from rmosh.channels.closing.frames import CLOSE, Close
from rmosh.channels.closing.policy import (
    CLOSE_WAITS_FOR_FRAME,
    CLOSE_WAITS_FOR_HISTORY,
    end_of_wait,
)
from rmosh.channels.closing.sender import CloseSender
from rmosh.channels.history.ends import HistoryAtClient, HistoryAtServer
from rmosh.channels.screen.ends import ScreenAtClient, ScreenAtServer
from rmosh.transport.channel import Urgency


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


class CloseAtServer(BareCloseAtServer, AtServer):
    """Says that it is over for one client after the last screen, or hears that it goes."""

    def __init__(self, side: ServerSide) -> None:
        self._screen = side.ends.of(ScreenAtServer).sender
        self._history = side.ends.of(HistoryAtServer)
        super().__init__(side.tell, last_frame=lambda: None if self._screen.pending else self._screen.number)
        self.senders = ((Urgency.INTERACTIVE, self._sender),)  # behind the last screen, and in the same datagram
        self._had_time = False

    def say(self, close: Close, *, patience: float, now: float) -> None:
        """Tell the client that it is over for it, after the last screen."""
        super().say(close, patience=patience, now=now)
        self._screen.ended()
        self._history.ended()

    @property
    def knows_the_end(self) -> bool:
        """Whether the client knows that it is over, and shows the last screen or had the time to."""
        is_settled = self._screen.settled and self._history.sender.settled
        return self.has_left or (super().knows_the_end and (is_settled or self._had_time))

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
