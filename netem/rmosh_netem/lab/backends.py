"""What joins the two namespaces: our own `Link` between TUN devices, or a veth pair under the kernel's netem."""

import contextlib
import os
import subprocess
import threading
from dataclasses import asdict
from enum import Enum
from typing import Final, Protocol

from ..errors import BadRequest, NetemError, Unavailable
from ..firewall import Firewall
from ..link import LinkModel, link_pair
from ..precise_loop import PreciseLoop
from ..profiles import Profile
from ..status import describe_model
from . import plan, tc
from .namespaces import Namespace
from .tun import TUN_FILE, TUN_REMEDY, open_tun
from .tun_link import TunLink

#: Seconds the packets' thread gets to end.
_STOP_TIMEOUT: Final = 5.0


class BackendName(Enum):
    """How to choose what joins the namespaces."""

    AUTO = "auto"
    TUN = "tun"
    TC = "tc"


class Backend(Protocol):
    """A way between the namespaces' devices. Its methods are called by one thread at a time."""

    name: BackendName

    @property
    def up(self) -> LinkModel: ...
    @property
    def down(self) -> LinkModel: ...
    def change(self, *, up: LinkModel, down: LinkModel) -> None: ...
    def begin_again(self) -> None: ...
    def blackout(self, seconds: float) -> None: ...
    def rebind(self) -> int: ...
    @property
    def firewall(self) -> Firewall: ...
    def put_up(self, firewall: Firewall) -> None: ...
    def forget_after(self, seconds: float | None) -> None: ...
    def describe(self) -> dict[str, object]: ...
    def close(self) -> None: ...


def open_backend(
    name: BackendName,
    *,
    client: Namespace,
    server: Namespace,
    profile: Profile,
    seed: int,
    mtu: int,
) -> Backend:
    """Make the devices, named `plan.DEVICE` and still down, and what joins them.

    Raises:
        Unavailable: this kernel does not have it.
    """
    if name is BackendName.TUN or (name is BackendName.AUTO and TUN_FILE.exists()):
        return TunBackend(client=client, server=server, profile=profile, seed=seed, mtu=mtu)
    try:
        return TcBackend(client=client, server=server, profile=profile)
    except NetemError as error:
        if name is BackendName.TC:
            raise
        why, _, _ = str(error).rpartition(": ")
        raise Unavailable(f"this machine has no {TUN_FILE}, and without it {why}: {TUN_REMEDY}") from error


class TunBackend:
    """Packets pass through this process: seeded, with a NAT, on any kernel with TUN."""

    name = BackendName.TUN

    def __init__(
        self,
        *,
        client: Namespace,
        server: Namespace,
        profile: Profile,
        seed: int,
        mtu: int,
    ) -> None:
        """Make the devices and start the thread that moves packets.

        Raises:
            Unavailable: there is no TUN.
        """
        with contextlib.ExitStack() as undo:
            self._devices = []
            for namespace in (client, server):
                self._devices.append(open_tun(plan.DEVICE, namespace=namespace))
                undo.callback(os.close, self._devices[-1])
            undo.pop_all()
        self._nat = plan.home_router(profile.nat_timeout)
        self._loop = PreciseLoop()
        self._up, self._down = link_pair(profile.up, profile.down, seed=seed, begin=self._loop.now(), headers=0)
        self._link = TunLink(
            self._loop,
            client=self._devices[0],
            server=self._devices[1],
            up=self._up,
            down=self._down,
            nat=self._nat,
            mtu=mtu,
        )
        self._link.firewall = profile.firewall
        self._thread = threading.Thread(target=self._loop.run, name="rmosh-netem lab", daemon=True)
        self._thread.start()

    @property
    def up(self) -> LinkModel:
        """What the link towards the server does now."""
        return self._up.model

    @property
    def down(self) -> LinkModel:
        """What the link towards the client does now."""
        return self._down.model

    def change(self, *, up: LinkModel, down: LinkModel) -> None:
        """Change the links for what is sent from now on."""

        def change() -> None:
            self._up.model, self._down.model = up, down

        self._loop.call_from_thread(change)

    def begin_again(self) -> None:
        """Let schedules, spells and traces of both directions begin now."""

        def begin() -> None:
            now = self._loop.now()
            for link in (self._up, self._down):
                link.begin_again(now=now)

        self._loop.call_from_thread(begin)

    def blackout(self, seconds: float) -> None:
        """Let nothing through in either direction for so many seconds from now."""

        def black_out() -> None:
            now = self._loop.now()
            for link in (self._up, self._down):
                link.black_out(start=now, end=now + seconds)

        self._loop.call_from_thread(black_out)

    def rebind(self) -> int:
        """Let the NAT forget; return how many flows it knew."""
        return self._loop.call_from_thread(self._nat.rebind)

    @property
    def firewall(self) -> Firewall:
        """What is done to UDP."""
        return self._link.firewall

    def put_up(self, firewall: Firewall) -> None:
        """Have another firewall in the place of the one before."""
        self._link.firewall = firewall

    def forget_after(self, seconds: float | None) -> None:
        """Let the NAT forget a flow silent for so many seconds; None for never."""

        def change() -> None:
            self._nat.forget_after = seconds

        self._loop.call_from_thread(change)

    def describe(self) -> dict[str, object]:
        """Counters and lateness as plain values."""
        return self._loop.call_from_thread(
            lambda: {
                "in_effect": {
                    "up": describe_model(self._up.model_at(self._loop.now())),
                    "down": describe_model(self._down.model_at(self._loop.now())),
                },
                "counters": {"up": self._up.counters.as_dict(), "down": self._down.counters.as_dict()},
                "ignored": dict(self._link.ignored),
                "firewall": self._link.firewall.in_words,
                "nat_timeout": self._nat.forget_after,
                "lateness": asdict(self._loop.lateness()),
            }
        )

    def close(self) -> None:
        """End the thread and the devices."""
        if self._thread.is_alive():
            self._loop.call_from_thread(self._link.close)
            self._loop.call_from_thread(self._loop.stop)
            self._thread.join(_STOP_TIMEOUT)
        for device in self._devices:
            os.close(device)
        self._devices.clear()


class TcBackend:
    """The kernel's netem on each end of a veth pair: for kernels that have it; no NAT, no seed, no counters."""

    name = BackendName.TC

    def __init__(self, *, client: Namespace, server: Namespace, profile: Profile) -> None:
        """Make the devices and put netem on them.

        Raises:
            Unavailable: the kernel has no sch_netem, or netem has no word for the profile.
            BadRequest: the profile has a firewall, or a NAT that forgets.
        """
        self.firewall = Firewall()
        self.put_up(profile.firewall)
        self.forget_after(profile.nat_timeout)
        self.up = profile.up
        self.down = profile.down
        self._client = client
        self._server = server
        self._blackout_end: threading.Timer | None = None
        commands = self._commands()
        client.configure(
            [f"link add {plan.DEVICE} type veth peer name {plan.DEVICE} netns {server.name}"],
        )
        for namespace, words in commands:
            self._tc(namespace, words)

    def change(self, *, up: LinkModel, down: LinkModel) -> None:
        """Change the links for what is sent from now on."""
        before = self.up, self.down
        self.up, self.down = up, down
        try:
            for namespace, words in self._commands():
                self._tc(namespace, words)
        except Unavailable:
            self.up, self.down = before
            raise

    def begin_again(self) -> None:
        """Do nothing: the kernel's netem has no schedules, spells or traces."""

    def blackout(self, seconds: float) -> None:
        """Let nothing through in either direction for so many seconds from now."""
        self._end_timer()
        for namespace in (self._client, self._server):
            self._tc(namespace, tc.blackout_command(device=plan.DEVICE))
        self._blackout_end = threading.Timer(seconds, lambda: self.change(up=self.up, down=self.down))
        self._blackout_end.daemon = True
        self._blackout_end.start()

    def rebind(self) -> int:
        """Refuse: there is no NAT."""
        raise BadRequest("the tc backend has no NAT to forget: use --backend tun, or roam address")

    def put_up(self, firewall: Firewall) -> None:
        """Refuse any that does something: there is none."""
        if firewall.in_words:
            raise BadRequest("the tc backend has no firewall: use --backend tun")

    def forget_after(self, seconds: float | None) -> None:
        """Refuse to begin: there is no NAT."""
        if seconds is not None:
            raise BadRequest("the tc backend has no NAT that could forget: use --backend tun")

    def describe(self) -> dict[str, object]:
        """Return nothing: the kernel's counters are shown by `tc -s qdisc`."""
        return {}

    def close(self) -> None:
        """Forget the blackout; the devices go with their namespaces."""
        self._end_timer()

    def _commands(self) -> list[tuple[Namespace, list[str]]]:
        return [
            (self._client, tc.netem_command(self.up, device=plan.DEVICE)),
            (self._server, tc.netem_command(self.down, device=plan.DEVICE)),
        ]

    def _end_timer(self) -> None:
        if self._blackout_end is not None:
            self._blackout_end.cancel()

    @staticmethod
    def _tc(namespace: Namespace, words: list[str]) -> None:
        command = ["tc", "-n", namespace.name, *words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        except FileNotFoundError as error:
            raise Unavailable("there is no tc on this machine: install iproute2, or use --backend tun") from error
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or ["nothing"])[0]
            raise Unavailable(
                f"this kernel's netem refuses ({said}): load it with modprobe sch_netem, or use --backend tun"
            )
