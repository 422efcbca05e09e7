"""Carries datagrams between the session's core and the sockets; a fault in that is survived by all else."""

import socket
from collections.abc import Sequence
from typing import Final

from rmosh.containment import Containment
from rmosh.transport.datagram_runs import runs_of
from rmosh.transport.path import Path
from rmosh_client.link.claims import Claims
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.sockets import Address, SendOutcome, SocketTable
from rmosh_client.reaching.core import ReachingCore

#: How long sockets that go on failing by a fault of ours are left alone, in seconds. Reason: keys wait meanwhile.
_LEFT_OFF_FOR: Final = 0.5


class DatagramCarrier:
    """Sends what the core has to say, and gives it what came."""

    def __init__(self, session: ReachingCore, sockets: SocketTable, walls: Containment, claims: Claims) -> None:
        self._session = session
        self._sockets = sockets
        self._claims = claims
        self._part = walls.part("the sockets", left_off_for=_LEFT_OFF_FOR)

    def send(self, *, now: float) -> None:
        """Send all that is to be sent now."""
        self._part.run(None, self._send, now)

    def _send(self, now: float) -> None:
        claims, due = self._claims, self._session.datagrams_to_send(now=now, clock=monotonic)
        for run in runs_of([datagram for datagram in due if claims.may_send_to(datagram.path.host)]):
            path, data = run[0]
            outcome = self._sockets.send_run(run)
            if outcome is SendOutcome.TOO_LONG:
                self._session.send_failed(path, now=now, too_long=len(data))
            elif outcome is SendOutcome.PATH_FAILED:
                self._session.send_failed(path, now=now)

    def receive(self, number: int) -> None:
        """Take what came on one socket."""
        for data, source, received_at in self._part.run([], self._sockets.receive, number):
            self._session.receive_datagram(data, source, now=monotonic(), received_at=received_at)
        if (active := self._session.active_path) is not None:
            self._claims.answered(active.host)

    @property
    def is_answered_by_udp(self) -> bool:
        """Whether the server answers by UDP."""
        active = self._session.active_path
        return active is not None and not active.is_stream

    @property
    def tries_udp(self) -> bool:
        """Whether there is any address to try by UDP."""
        return bool(self._sockets.targets)

    def targets(self) -> list[tuple[socket.AddressFamily, Address]]:
        """Return the addresses to which one more datagram may go, which is counted where it is only a claim."""
        return [(family, to) for family, to in self._sockets.targets if self._claims.may_send_to(to[0])]

    def add_paths(self, paths: Sequence[Path], *, now: float) -> None:
        """Try paths beside those in use, the likeliest first."""
        for path in reversed(paths):
            self._session.add_path(path, now=now)

    def aim(self, addresses: Sequence[str], *, now: float) -> None:
        """Have these be the addresses at which the server is tried."""
        self._part.run(None, self._aim, addresses, now)

    def _aim(self, addresses: Sequence[str], now: float) -> None:
        fresh, gone = self._sockets.aim(addresses, keep=self._session.active_path)
        for path in gone:
            self._session.drop_path(path, now=now)
        self.add_paths(fresh, now=now)

    def open_fresh_paths(self, *, now: float) -> None:
        """Try new sockets beside those in use."""
        self._part.run(None, self._open_fresh_paths, now)

    def _open_fresh_paths(self, now: float) -> None:
        fresh, closed = self._sockets.open_fresh(keep=self._session.active_path)
        for path in closed:
            self._session.drop_path(path, now=now)
        self.add_paths(fresh, now=now)

    def look_at_network(self, *, now: float) -> bool:
        """Have the session look for another path if the host's addresses changed; return whether they did."""
        changed = self._sockets.look_at_source_addresses()
        if changed:
            self._session.network_changed(now=now)
        return changed
