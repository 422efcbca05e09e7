"""A bad link on loopback for any program, without root: UDP and TCP through one pair of links, in a thread.

All ports of a relay share its two links, and so one bottleneck and one queue in each direction, as the
programs of one machine share its uplink.
"""

import threading
from dataclasses import asdict
from types import TracebackType

from .addresses import Address
from .errors import BadRequest
from .firewall import Firewall
from .link import LinkModel, link_pair
from .precise_loop import Lateness, PreciseLoop
from .profiles import Profile
from .status import describe_model
from .tcp_relay import TcpRelay
from .udp_relay import UdpRelay


class Relay:
    """A running relay; a context manager. Its methods may be called from any thread."""

    def __init__(self, profile: Profile, *, seed: int) -> None:
        """Start the relay's thread; it listens nowhere yet.

        Raises:
            BadRequest: its firewall refuses, which takes a router.
        """
        _require_silent(profile.firewall)
        self._loop = PreciseLoop()
        self._up, self._down = link_pair(profile.up, profile.down, seed=seed, begin=self._loop.now())
        self._nat_timeout = profile.nat_timeout
        self._firewall = profile.firewall
        self._udp: list[UdpRelay] = []
        self._tcp: list[TcpRelay] = []
        self._thread = threading.Thread(target=self._loop.run, name="rmosh-netem relay", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Relay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def forward_udp(self, *, listen: Address, to: Address) -> Address:
        """Relay datagrams; return where it listens.

        Raises:
            Unavailable: `listen` cannot be bound.
        """
        return self._loop.call_from_thread(lambda: self._forward_udp(listen, to))

    def forward_tcp(self, *, listen: Address, to: Address) -> Address:
        """Relay connections; return where it listens.

        Raises:
            Unavailable: `listen` cannot be bound.
        """
        return self._loop.call_from_thread(lambda: self._forward_tcp(listen, to))

    @property
    def up(self) -> LinkModel:
        """What the link towards the server does now."""
        return self._up.model

    @property
    def down(self) -> LinkModel:
        """What the link towards the client does now."""
        return self._down.model

    def change(self, *, up: LinkModel | None = None, down: LinkModel | None = None) -> None:
        """Change the links for what is sent from now on; None leaves a direction as it is."""
        self._loop.call_from_thread(lambda: self._change(up or self._up.model, down or self._down.model))

    def begin_again(self) -> None:
        """Let schedules, spells and traces of both directions begin now."""
        self._loop.call_from_thread(self._begin_again)

    def blackout(self, seconds: float) -> None:
        """Let nothing through in either direction for so many seconds from now."""
        self._loop.call_from_thread(lambda: self._blackout(seconds))

    def rebind(self, host: str | None = None) -> int:
        """Give every UDP client a new upstream port, at address `host` if given; return how many there are.

        Raises:
            Unavailable: `host` is not an address of this machine.
        """
        return self._loop.call_from_thread(lambda: sum(relay.rebind(host) for relay in self._udp))

    @property
    def firewall(self) -> Firewall:
        """What is done to UDP."""
        return self._firewall

    def put_up(self, firewall: Firewall) -> None:
        """Have another firewall in the place of the one before.

        Raises:
            BadRequest: it refuses, which takes a router.
        """
        _require_silent(firewall)
        self._loop.call_from_thread(lambda: self._put_up(firewall))

    def forget_after(self, seconds: float | None) -> None:
        """Let the NAT forget a flow silent for so many seconds; None for never."""
        self._loop.call_from_thread(lambda: self._forget_after(seconds))

    def counters(self) -> dict[str, dict[str, int]]:
        """What has happened on each link, by direction and name."""
        return self._loop.call_from_thread(
            lambda: {"up": self._up.counters.as_dict(), "down": self._down.counters.as_dict()}
        )

    def lateness(self) -> Lateness:
        """The delay that the relay itself has added lately."""
        return self._loop.call_from_thread(self._loop.lateness)

    def describe(self) -> dict[str, object]:
        """Models, counters and lateness as plain values, for a result file."""
        return {
            "up": asdict(self.up),
            "down": asdict(self.down),
            "nat_timeout": self._nat_timeout,
            "firewall": self._firewall.in_words,
            "in_effect": self._loop.call_from_thread(self._in_effect),
            "counters": self.counters(),
            "dropped_by_host": self._loop.call_from_thread(self._dropped_by_host),
            "refused": self._loop.call_from_thread(self._refused),
            "lateness": asdict(self.lateness()),
        }

    def stop(self) -> None:
        """Close all sockets and end the thread; a second call does nothing."""
        if self._thread.is_alive():
            self._loop.call_from_thread(self._close)
            self._thread.join()

    def _forward_udp(self, listen: Address, to: Address) -> Address:
        relay = UdpRelay(self._loop, listen=listen, to=to, up=self._up, down=self._down, nat_timeout=self._nat_timeout)
        relay.firewall = self._firewall
        self._udp.append(relay)
        return self._udp[-1].address

    def _forward_tcp(self, listen: Address, to: Address) -> Address:
        self._tcp.append(TcpRelay(self._loop, listen=listen, to=to, up=self._up, down=self._down))
        return self._tcp[-1].address

    def _change(self, up: LinkModel, down: LinkModel) -> None:
        self._up.model = up
        self._down.model = down

    def _dropped_by_host(self) -> dict[str, int]:
        each = [relay.dropped_by_host() for relay in self._udp]
        return {direction: sum(counts[direction] for counts in each) for direction in ("up", "down")}

    def _refused(self) -> dict[str, int]:
        """Flows for which there was no room."""
        return {
            "TCP connections": sum(relay.refused for relay in self._tcp),
            "UDP clients": sum(relay.crowded_out for relay in self._udp),
        }

    def _in_effect(self) -> dict[str, str]:
        now = self._loop.now()
        return {"up": describe_model(self._up.model_at(now)), "down": describe_model(self._down.model_at(now))}

    def _begin_again(self) -> None:
        now = self._loop.now()
        for link in (self._up, self._down):
            link.begin_again(now=now)

    def _blackout(self, seconds: float) -> None:
        now = self._loop.now()
        for link in (self._up, self._down):
            link.black_out(start=now, end=now + seconds)

    def _put_up(self, firewall: Firewall) -> None:
        self._firewall = firewall
        for relay in self._udp:
            relay.firewall = firewall

    def _forget_after(self, seconds: float | None) -> None:
        self._nat_timeout = seconds
        for relay in self._udp:
            relay.forget_after(seconds)

    def _close(self) -> None:
        for udp in self._udp:
            udp.close()
        for tcp in self._tcp:
            tcp.close()
        self._loop.stop()


def _require_silent(firewall: Firewall) -> None:
    if firewall.refusal is not None:
        raise BadRequest("a relay is no router that could refuse: use rmosh-netem lab")
