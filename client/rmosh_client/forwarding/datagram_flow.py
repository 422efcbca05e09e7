"""Datagrams that programs of this machine send to a forward's port: a stream for each of their ports."""

import socket
from collections.abc import Callable
from selectors import EVENT_READ
from typing import Final, Protocol, TypeAlias

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import RmoshError
from rmosh.forwarding.datagram_junction import DatagramJunction
from rmosh_client.forwarding.opening import Opening, request_to, why_not
from rmosh_client.forwarding.resources import Resources
from rmosh_client.forwarding.specification import Udp
from rmosh_client.forwarding.stream_users import CountedStream

#: Seconds without a datagram either way after which a port is forgotten. Source: RFC 4787 REQ-5 recommends 300.
_FORGOTTEN_AFTER: Final = 300.0

#: Most ports at a time; the one that was heard longest ago makes room. Reason: some programs use one for each question.
_MOST_FLOWS: Final = 256

#: Most datagrams taken at once.
_MOST_PER_TURN: Final = 64

_Address: TypeAlias = "tuple[str, int] | tuple[str, int, int, int]"


class FlowOwner(Protocol):
    """The forward that datagrams belong to."""

    def begun(self, flow: "DatagramFlow") -> None: ...
    def closed(self, flow: "DatagramFlow") -> None: ...
    def failed(self, reason: str) -> None: ...


class _Sender:
    """Who sent the first of them; answers go there."""

    def __init__(self, listening: socket.socket, address: _Address) -> None:
        self._listening = listening
        self._address = address

    def recv(self, _limit: int, /) -> bytes:
        raise BlockingIOError  # all who send share one socket, which is read elsewhere

    def send(self, data: bytes, /) -> int:
        return self._listening.sendto(data, self._address)


class DatagramFlow:
    """What one port here and one there say to each other."""

    def __init__(
        self, resources: Resources, owner: FlowOwner, sender: _Sender, target: Udp, forget: Callable[[], None]
    ) -> None:
        """Open a stream for them.

        Raises:
            RmoshError: there is none to be had.
        """
        self._resources = resources
        self._owner = owner
        self._forget = forget
        self.stream: CountedStream = resources.users.open()
        self._junction = DatagramJunction(self.stream, sender)
        self._opening = Opening(self.stream, request_to(target))
        self.heard_at = resources.clock()
        resources.users.use(self.stream, self)
        self._wait()

    def take(self, datagram: bytes) -> None:
        """Send one there; it is lost where it finds no room."""
        self.heard_at = self._resources.clock()
        if self._opening.is_said and not self.stream.is_over:
            self._junction.forward(datagram)

    def stream_changed(self) -> None:
        """Send on what came from there."""
        answer = self._opening.turn()
        if answer is not None and not answer.is_done:
            self._owner.failed(why_not(answer))
            self.close()
        elif answer is not None:
            if self.stream.readable:
                self.heard_at = self._resources.clock()
            self._junction.send()
            if self._junction.is_over:
                self.close()

    def close(self) -> None:
        """Forget this port."""
        self._resources.ready_set.call_off(self)
        self._resources.users.leave(self.stream)
        self._forget()
        self._owner.closed(self)

    def _wait(self) -> None:
        self._resources.ready_set.call_at(self, self.heard_at + _FORGOTTEN_AFTER, self._look)

    def _look(self) -> None:
        if self._resources.clock() - self.heard_at >= _FORGOTTEN_AFTER:
            self.close()
        else:
            self._wait()


class DatagramFlows:
    """All that go through one socket."""

    def __init__(self, resources: Resources, owner: FlowOwner, listening: socket.socket, target: Udp) -> None:
        """Begin to read the socket."""
        self._resources = resources
        self._owner = owner
        self._listening = listening
        self._target = target
        self._flows: dict[_Address, DatagramFlow] = {}
        resources.ready_set.watch(listening, EVENT_READ, self._read)

    def close(self) -> None:
        """End them all."""
        for flow in list(self._flows.values()):
            flow.close()

    def _read(self, _events: int) -> None:
        for _ in range(_MOST_PER_TURN):
            try:
                datagram, address = self._listening.recvfrom(MAX_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an ICMP error about an earlier one
                continue
            flow = self._flows.get(address) or self._begin(address)
            if flow is not None:
                flow.take(datagram)

    def _begin(self, address: _Address) -> DatagramFlow | None:
        if len(self._flows) >= _MOST_FLOWS:
            min(self._flows.values(), key=lambda flow: flow.heard_at).close()

        def forget() -> None:
            self._flows.pop(address, None)

        sender = _Sender(self._listening, address)
        try:
            flow = DatagramFlow(self._resources, self._owner, sender, self._target, forget)
        except RmoshError as error:
            self._owner.failed(str(error))
            return None
        self._flows[address] = flow
        self._owner.begun(flow)
        return flow
