"""Relays UDP through two links, as a NAT on a bad path would: one upstream port for each client."""

import socket
from dataclasses import dataclass
from functools import partial
from typing import Final

from .addresses import Address, bound_socket, dropped_by_host, own_address
from .errors import Unavailable
from .firewall import Firewall, Policer
from .link import UDP_HEADERS, Link
from .nat_memory import NatMemory
from .precise_loop import PreciseLoop

#: Clients kept at once; the one silent longest makes way. Keeps sockets well below select's 1024.
MAX_UDP_CLIENTS: Final = 256

#: Datagrams read at one go, so that timers wait less than 0.1 ms for a flood.
_READS_AT_ONCE: Final = 16

#: Largest UDP payload in bytes. Source: RFC 768, a 16-bit length.
_MAX_DATAGRAM: Final = 65535


@dataclass(slots=True)
class _Client:
    """One source address and the upstream socket that stands for it."""

    source: tuple[str, int]
    upstream: socket.socket


class UdpRelay:
    """Datagrams between any client at `listen` and one server at `to`.

    Attributes:
        firewall: what is done to them.
        unsendable: how many found no way on.
        crowded_out: clients that made way for a newer one, of which there may be `MAX_UDP_CLIENTS`.
    """

    def __init__(
        self,
        loop: PreciseLoop,
        *,
        listen: Address,
        to: Address,
        up: Link,
        down: Link,
        nat_timeout: float | None = None,
    ) -> None:
        """Bind at once; serve while the loop runs. A flow silent for `nat_timeout` seconds is forgotten.

        Raises:
            Unavailable: `listen` cannot be bound.
        """
        self._loop = loop
        self._to = to
        self._up = up
        self._down = down
        self._clients: dict[tuple[str, int], _Client] = {}
        self._upstream_host: str | None = None
        self._socket = bound_socket(listen, socket.SOCK_DGRAM)
        self.address = own_address(self._socket)
        self._memory: NatMemory[tuple[str, int]] = NatMemory(forget_after=nat_timeout)
        self.firewall = Firewall()
        self._policers = {"up": Policer(), "down": Policer()}
        self.unsendable = 0
        self.crowded_out = 0
        self._dropped_at_closed = 0
        loop.set_reader(self._socket, self._read_clients)

    def dropped_by_host(self) -> dict[str, int]:
        """Return how many datagrams the kernel dropped before the relay could read them, by direction."""
        return {
            "up": dropped_by_host(self._socket),
            "down": self._dropped_at_closed + sum(dropped_by_host(each.upstream) for each in self._clients.values()),
        }

    def rebind(self, host: str | None = None) -> int:
        """Give each client a new upstream port, as a NAT that forgot; return how many clients there are.

        What is still on its way to an old port is lost. With `host`, a local address of this machine, the
        clients also appear at that address from now on: a change of network.

        Raises:
            Unavailable: `host` is not an address of this machine, and nothing has changed.
        """
        host = host or self._upstream_host
        upstreams = [self._open_upstream(host) for _ in self._clients]
        self._upstream_host = host
        for client, upstream in zip(self._clients.values(), upstreams, strict=True):
            self._close(client.upstream)
            self._use(client, upstream)
        return len(self._clients)

    def forget_after(self, seconds: float | None) -> None:
        """Forget from now on what is silent for so many seconds; None for never."""
        self._memory.forget_after = seconds

    def close(self) -> None:
        """Close all sockets."""
        self._close(self._socket)
        for client in self._clients.values():
            self._close(client.upstream)
        self._clients.clear()

    def _read_clients(self) -> None:
        for _ in range(_READS_AT_ONCE):
            try:
                data, source = self._socket.recvfrom(_MAX_DATAGRAM)
            except OSError:  # nothing more, or an earlier reply found its port closed
                return
            if not self._passes("up", data):
                continue
            try:
                client = self._client_of((source[0], source[1]))
            except Unavailable:  # no way to the server just now
                self.unsendable += 1
                continue
            for arrival in self._up.send(data, now=self._loop.now()):
                self._loop.call_at(arrival.time, partial(self._send_up, client, arrival.data))

    def _read_server(self, client: _Client) -> None:
        for _ in range(_READS_AT_ONCE):
            try:
                data = client.upstream.recv(_MAX_DATAGRAM)
            except OSError:  # nothing more, or the server's port is closed
                return
            if not self._passes("down", data):
                continue
            for arrival in self._down.send(data, now=self._loop.now()):
                self._loop.call_at(arrival.time, partial(self._send_down, client, arrival.data))

    def _passes(self, direction: str, data: bytes) -> bool:
        return self._policers[direction].passes(len(data) + UDP_HEADERS, self.firewall, now=self._loop.now())

    def _send_up(self, client: _Client, data: bytes) -> None:
        try:
            client.upstream.send(data)
        except OSError:  # as a network would: what cannot be sent is gone
            self.unsendable += 1

    def _send_down(self, client: _Client, data: bytes) -> None:
        if not self._memory.inbound(client.source, now=self._loop.now()):
            return
        try:
            self._socket.sendto(data, client.source)
        except OSError:
            self.unsendable += 1

    def _client_of(self, source: tuple[str, int]) -> _Client:
        client = self._clients.pop(source, None)
        if client is None:
            if len(self._clients) >= MAX_UDP_CLIENTS:
                longest_silent = next(iter(self._clients))
                self.crowded_out += 1
                self._close(self._clients.pop(longest_silent).upstream)
            upstream = self._open_upstream(self._upstream_host)
            client = _Client(source, upstream)
            self._use(client, upstream)
        if self._memory.outbound(source, now=self._loop.now()):
            upstream = self._open_upstream(self._upstream_host)
            self._close(client.upstream)
            self._use(client, upstream)
        self._clients[source] = client  # the dict's order is by last word
        return client

    def _use(self, client: _Client, upstream: socket.socket) -> None:
        client.upstream = upstream
        self._loop.set_reader(upstream, partial(self._read_server, client))

    def _open_upstream(self, host: str | None) -> socket.socket:
        any_host = "::" if self._to.family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104 - a client's own address
        upstream = bound_socket(Address(host or any_host, 0), socket.SOCK_DGRAM)
        try:
            upstream.connect(self._to.pair)
        except OSError as error:
            upstream.close()
            raise Unavailable(f"cannot send to {self._to}: {error.strerror}: choose another server") from error
        return upstream

    def _close(self, sock: socket.socket) -> None:
        if sock is not self._socket:
            self._dropped_at_closed += dropped_by_host(sock)
        self._loop.set_reader(sock, None)
        sock.close()
