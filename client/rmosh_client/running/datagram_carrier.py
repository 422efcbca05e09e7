"""Carries datagrams between the session's core and the sockets; a fault in that is survived by all else."""

from typing import Final

from rmosh.containment import Containment
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.sockets import SendOutcome, SocketTable
from rmosh_client.running.core import Session

#: How long sockets that go on failing by a fault of ours are left alone, in seconds. Reason: keys wait meanwhile.
_LEFT_OFF_FOR: Final = 0.5


class DatagramCarrier:
    """Sends what the core has to say, and gives it what came."""

    def __init__(self, session: Session, sockets: SocketTable, walls: Containment) -> None:
        self._session = session
        self._sockets = sockets
        self._part = walls.part("the sockets", left_off_for=_LEFT_OFF_FOR)

    def send(self, *, now: float) -> None:
        """Send all that is to be sent now."""
        self._part.run(None, self._send, now)

    def _send(self, now: float) -> None:
        for datagram in self._session.datagrams_to_send(now=now):
            outcome = self._sockets.send(datagram)
            if outcome is SendOutcome.TOO_LONG:
                self._session.send_failed(datagram.path, now=now, too_long=len(datagram.data))
            elif outcome is SendOutcome.PATH_FAILED:
                self._session.send_failed(datagram.path, now=now)

    def receive(self, number: int) -> None:
        """Take what came on one socket."""
        for data, source in self._part.run([], self._sockets.receive, number):
            self._session.receive_datagram(data, source, now=monotonic())

    def open_fresh_paths(self, *, now: float) -> None:
        """Try new sockets beside those in use."""
        self._part.run(None, self._open_fresh_paths, now)

    def _open_fresh_paths(self, now: float) -> None:
        fresh, closed = self._sockets.open_fresh(keep=self._session.active_path)
        for path in closed:
            self._session.drop_path(path, now=now)
        for path in reversed(fresh):
            self._session.add_path(path, now=now)

    def look_at_network(self) -> bool:
        """Have the session look for another path if the host's addresses changed; return whether they did."""
        has_changed = self._sockets.look_at_source_addresses()
        if has_changed:
            self._session.network_changed(now=monotonic())
        return has_changed
