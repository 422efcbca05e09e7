"""The loop of a tunnel: a session's without a terminal. Streams are all that it carries, and one client all it has."""

import time
from collections.abc import Callable
from typing import Protocol

from rmosh.channels.channel import FaultContained
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close
from rmosh.session.events import ClientLeft, ServerEvent
from rmosh_server.serving.loop import (
    QUIT_PATIENCE,
    Control,
    Presence,
    ReachedCore,
    ServingLoop,
    SignalSource,
    SshChannels,
    UdpPort,
)
from rmosh_server.serving.served_streams import ServedStreams


class TunnelCore(ReachedCore, Protocol):
    """What the driver needs of a tunnel; `rmosh.session.tunnel_server.TunnelServer` has it."""

    def next_event(self) -> ServerEvent | None: ...
    def end(self, close: Close, *, now: float) -> None: ...


class TunnelDriver(ServingLoop):
    """Runs one tunnel to its end."""

    def __init__(
        self,
        core: TunnelCore,
        udp: UdpPort,
        ssh_paths: SshChannels,
        signals: SignalSource,
        *,
        served: ServedStreams,
        presence: Presence,
        complain: Callable[[str], None],
        control: Control | None,
        idle_timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take over a tunnel.

        Args:
            served: serves what its client's streams ask for.
            complain: told in a line of each fault that it survives.
        """
        super().__init__(
            core,
            udp,
            ssh_paths,
            signals,
            presence=presence,
            complain=complain,
            control=control,
            idle_timeout=idle_timeout,
            clock=clock,
            served=served,
        )
        self._tunnel = core
        self._hung_up = False

    def turn(self) -> None:
        """Wait until something is due and do it: what came is forwarded before anything leaves."""
        ready = self._wait()
        now = self._walls.now
        self._receive(ready, now=now)
        self._handle_events(now=now)
        self._attend_host(ready, now=now)
        self._conclude_turn(now=now)

    def _handle_events(self, *, now: float) -> None:
        while (event := self._tunnel.next_event()) is not None:
            if isinstance(event, SessionClosed):
                self._end(event.close, now=now, patience=QUIT_PATIENCE)
                self._hang_up()
            elif isinstance(event, ClientLeft):
                self._client_left(event.client, now=now)
            elif isinstance(event, FaultContained):
                self._complain(event.line)

    def _tell_the_end(self, close: Close, *, now: float) -> None:
        self._tunnel.end(close, now=now)

    def _hang_up(self) -> None:
        if self._hung_up:
            return
        self._hung_up = True
        self._stop_serving_streams(for_good=True)
        self._announcing.run(None, self._presence.leave)

    def _child_ended(self, child: int, status: int, *, now: float) -> None:
        """Have none of its own: those that run for streams are told of theirs."""
