"""Where bench runs happen: over a userspace relay on loopback, or between the two ends of a laboratory.

Both give a `Way`: what workloads do to the link, and what tools need to get onto it.
"""

import contextlib
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from ..addresses import RELAY_HOST, SSH_PORT, Address
from ..firewall import Firewall
from ..lab import plan as lab_plan
from ..lab.lab import Lab
from ..lab.running import Roam
from ..link import LinkModel
from ..profiles import Profile
from ..relay_process import RelayProcess
from ..sshd import SSHD_HOST, Sshd, free_port


class Access(Protocol):
    """How a client gets onto the link of one run.

    Attributes:
        host: what clients connect to.
        ssh_config: the ssh_config(5) file that they use.
    """

    @property
    def host(self) -> str: ...
    @property
    def ssh_config(self) -> Path: ...
    def udp_port(self, port: int, *, same: bool) -> int:
        """Return the port at `host` where clients find the server's UDP `port`: the same one, where that is asked."""


class Way(Access, Protocol):
    """The link of one run: how to get onto it, and what can be done to it."""

    def client_command(self, words: Sequence[str]) -> list[str]:
        """Return the command line that runs `words` at the client's end."""

    def change(self, *, up: LinkModel | None = None, down: LinkModel | None = None) -> None:
        """Change the links for what is sent from now on."""

    def begin_again(self) -> None:
        """Let schedules, spells and traces begin now, when measuring does: every tool then meets the same link."""

    def blackout(self, seconds: float) -> None:
        """Let nothing through for so many seconds from now."""

    def rebind(self, host: str | None = None) -> None:
        """Let the client be seen at another port; with `host`, at another address too."""

    def put_up(self, firewall: Firewall) -> None:
        """Have another firewall in the place of the one before."""

    def wire_bytes(self) -> tuple[int, int]:
        """Bytes sent up and down so far, headers included, lost ones too."""

    def wire_packets(self) -> tuple[int, int]:
        """Packets sent up and down so far, lost ones too; of TCP over a relay, pieces of a stream."""

    def describe(self) -> dict[str, object]:
        """Models, counters and lateness as plain values."""


class Driver(ABC):
    """A kind of way; a context manager, since what its runs share is started once."""

    name: str

    def __init__(self, folder: Path, *, congestion_control: str | None = None) -> None:
        """Keep keys and configurations in `folder`, which is empty; TCP of a laboratory uses `congestion_control`."""
        self._folder = folder
        self._congestion_control = congestion_control

    def __enter__(self) -> "Driver":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    @abstractmethod
    def open(
        self, profile: Profile, *, seed: int, congestion_control: str | None = None
    ) -> contextlib.AbstractContextManager[Way]:
        """Open a way for one run; a laboratory's TCP uses `congestion_control` where that is not None.

        Raises:
            NetemError: it cannot be.
        """


class RelayWay:
    """Through a relay's process."""

    def __init__(self, relay: RelayProcess, ssh_config: Path) -> None:
        self.host = RELAY_HOST
        self.ssh_config = ssh_config
        self.change = relay.change
        self.begin_again = relay.begin_again
        self.blackout = relay.blackout
        self.rebind = relay.rebind
        self.put_up = relay.put_up
        self.wire_bytes = relay.wire_bytes
        self.wire_packets = relay.wire_packets
        self.describe = relay.describe
        self._relay = relay

    def client_command(self, words: Sequence[str]) -> list[str]:
        """Return the words: the client is on this machine."""
        return list(words)

    def udp_port(self, port: int, *, same: bool) -> int:
        """Forward a port of the relay's host, any one unless it has to be the same.

        Then the server has to listen at sshd's host only, or the relay could not have its port.
        """
        listen = Address(RELAY_HOST, port if same else 0)
        to = Address(SSHD_HOST if same else "127.0.0.1", port)
        return self._relay.forward_udp(listen=listen, to=to).port


class RelayDriver(Driver):
    """One sshd on loopback, and a relay for each run: needs no root; ends TCP at the relay."""

    name = "relay"

    def __enter__(self) -> "RelayDriver":
        self._listen = Address(RELAY_HOST, free_port(RELAY_HOST))
        self._sshd = Sshd(self._folder, relay=self._listen, server_path=server_path())
        return self

    def __exit__(self, *error: object) -> None:
        self._sshd.__exit__(*error)

    @contextlib.contextmanager
    def open(self, profile: Profile, *, seed: int, congestion_control: str | None = None) -> Iterator[Way]:
        """Start a relay."""
        with RelayProcess(profile, seed=seed) as relay:
            relay.forward_tcp(listen=self._listen, to=self._sshd.address)
            yield RelayWay(relay, self._sshd.client_config)


class LabWay:
    """Between the ends of a laboratory."""

    def __init__(self, lab: Lab, ssh_config: Path) -> None:
        self.host = lab_plan.SERVER_IPV4
        self.ssh_config = ssh_config
        self.client_command = lab.client.command
        self.change = lab.change
        self.begin_again = lab.begin_again
        self.blackout = lab.blackout
        self.put_up = lab.put_up
        self.describe = lab.describe
        self._lab = lab

    def udp_port(self, port: int, *, same: bool) -> int:
        """Return the port as it is."""
        return port

    def rebind(self, host: str | None = None) -> None:
        """Let the NAT forget; where a host is asked, give the client the next one of its own addresses."""
        self._lab.roam(Roam.NAT if host is None else Roam.ADDRESS)

    def wire_bytes(self) -> tuple[int, int]:
        """Bytes sent up and down so far."""
        return self._counted("bytes_sent")

    def wire_packets(self) -> tuple[int, int]:
        """Packets sent up and down so far."""
        return self._counted("sent")

    def _counted(self, name: str) -> tuple[int, int]:
        counters = self._lab.describe()["counters"]
        assert isinstance(counters, dict)
        return counters["up"][name], counters["down"][name]


class LabDriver(Driver):
    """A laboratory with its own sshd for each run: real TCP and UDP on both ends; needs root."""

    name = "lab"

    @contextlib.contextmanager
    def open(self, profile: Profile, *, seed: int, congestion_control: str | None = None) -> Iterator[Way]:
        """Start a laboratory and an sshd in it."""
        listen = Address(lab_plan.SERVER_IPV4, SSH_PORT)
        congestion_control = congestion_control or self._congestion_control
        with Lab(profile, seed=seed, private=True, congestion_control=congestion_control) as lab:
            folder = self._folder / f"lab-{lab.owner.pid}-{lab.owner.start}"
            folder.mkdir()
            with Sshd(folder, relay=listen, server_path=server_path(), place=lab.server, listen=[listen]) as sshd:
                yield LabWay(lab, sshd.client_config)


DRIVERS: Final[dict[str, type[Driver]]] = {driver.name: driver for driver in (RelayDriver, LabDriver)}


def server_path() -> str:
    """Return PATH for the far side: this Python's own programs first."""
    return f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
