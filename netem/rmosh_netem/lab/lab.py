"""The laboratory as tests and the bench use it: `with Lab(profile, seed=1) as lab: lab.client.popen([...])`."""

import multiprocessing
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Final

from ..errors import NetemError, Unavailable
from ..firewall import Firewall
from ..link import LinkModel
from ..profiles import Profile
from . import plan
from .backends import BackendName
from .laboratory_process import serve
from .namespaces import Namespace, Owner, require_root, sweep
from .running import Roam, Setup

#: Seconds the laboratory's process gets to answer, and to clean up.
_ANSWER_TIMEOUT: Final = 15.0


class Side:
    """One end of the link, with its own network namespace."""

    def __init__(self, lab: "Lab", namespace: Namespace) -> None:
        """Belong to a laboratory."""
        self.namespace = namespace
        self._lab = lab

    @property
    def ipv4(self) -> str | None:
        """Its address now."""
        return self._address("ipv4")

    @property
    def ipv6(self) -> str | None:
        """Its address now."""
        return self._address("ipv6")

    def command(self, words: Sequence[str]) -> list[str]:
        """Return the command line that runs `words` here; the process keeps its id."""
        return self.namespace.command(words)

    def popen(self, words: Sequence[str], **options: Any) -> "subprocess.Popen[Any]":
        """Start a program here; `options` are those of subprocess.Popen. It is killed when the laboratory ends."""
        return subprocess.Popen(self.command(words), **options)  # noqa: S603

    def run(self, words: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[Any]":
        """Run a program here to its end; `options` are those of subprocess.run."""
        return subprocess.run(self.command(words), **options)  # noqa: S603

    def open_socket(self, family: socket.AddressFamily, kind: socket.SocketKind, protocol: int = 0) -> socket.socket:
        """Return a new socket of this process that lives here."""
        with self.namespace.inside():
            return socket.socket(family, kind, protocol)

    def _address(self, family: str) -> str | None:
        described = self._lab.describe()[self.namespace.side]
        assert isinstance(described, dict)
        address = described[family]
        assert address is None or isinstance(address, str)
        return address


class Lab:
    """Two namespaces joined by a bad link, in a process of its own; a context manager.

    Attributes:
        client: the end behind the NAT.
        server: the other end, called `plan.SERVER_NAME` in both ends' /etc/hosts.
        owner: the process that is the laboratory.
    """

    server_name: Final = plan.SERVER_NAME

    def __init__(
        self,
        profile: Profile,
        *,
        seed: int = 1,
        backend: BackendName = BackendName.AUTO,
        mtu: int = 1500,
        nat_timeout: float | None = None,
        profiles: Mapping[str, Profile] | None = None,
        private: bool = False,
        congestion_control: str | None = None,
    ) -> None:
        """Start it, once what dead laboratories left is gone.

        Args:
            profile: the link.
            seed: same seed, same fates.
            backend: what joins the namespaces.
            mtu: of both devices, in bytes.
            nat_timeout: seconds after which the NAT forgets a silent flow; None for the profile's own.
            profiles: what `profile NAME` can choose from while it runs.
            private: whether `rmosh-netem set` and the like shall not find it, because it measures.
            congestion_control: of TCP at both ends; None for the usual one, where this kernel lets us.

        Raises:
            Unavailable: we are not root, or this kernel cannot.
            BadRequest: the mtu is out of bounds.
        """
        require_root()
        sweep()
        setup = Setup(
            profile if nat_timeout is None else replace(profile, nat_timeout=nat_timeout),
            seed=seed,
            backend=backend,
            mtu=mtu,
            congestion_control=congestion_control,
        )
        context = multiprocessing.get_context("spawn")
        self._lock = threading.Lock()
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, setup, dict(profiles or {}), private))
        self._process.start()
        theirs.close()
        try:
            owner = self._answer()
        except BaseException:
            self.close()
            raise
        assert isinstance(owner, Owner)
        self.owner = owner
        self.client = Side(self, Namespace(owner, "client"))
        self.server = Side(self, Namespace(owner, "server"))

    def __enter__(self) -> "Lab":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def up(self) -> LinkModel:
        """What the link towards the server does now."""
        return self._model("up")

    @property
    def down(self) -> LinkModel:
        """What the link towards the client does now."""
        return self._model("down")

    def change(self, *, up: LinkModel | None = None, down: LinkModel | None = None) -> None:
        """Change the links for what is sent from now on; None leaves a direction as it is."""
        self._ask("change", up=up, down=down)

    def set(self, *settings: str) -> None:
        """Change both directions, such as set("loss=30%", "delay=50ms")."""
        self.obey(" ".join(("set", *settings)))

    def begin_again(self) -> None:
        """Let schedules, spells and traces of both directions begin now."""
        self._ask("begin_again")

    def blackout(self, seconds: float) -> None:
        """Let nothing through in either direction for so many seconds from now."""
        self._ask("blackout", seconds=seconds)

    def roam(self, kind: Roam = Roam.NAT) -> None:
        """Put the client elsewhere."""
        self._ask("roam", kind=kind)

    def block_udp(self, blocked: bool = True) -> None:
        """Let a firewall eat all UDP, or no longer."""
        self.put_up(Firewall(blocked=blocked))

    def put_up(self, firewall: Firewall) -> None:
        """Have another firewall in the place of the one before."""
        self._ask("put_up", firewall=firewall)

    def obey(self, line: str) -> str:
        """Do what a line says, as `rmosh-netem set` would; return the answer."""
        return str(self._ask("obey", line=line))

    def describe(self) -> dict[str, Any]:
        """Models, addresses, counters and lateness as plain values."""
        description = self._ask("describe")
        assert isinstance(description, dict)
        return description

    def close(self) -> None:
        """End everything inside and remove all traces; a second call does nothing."""
        self._pipe.close()
        self._process.join(_ANSWER_TIMEOUT)

    def _model(self, direction: str) -> LinkModel:
        model = self._ask("model", direction=direction)
        assert isinstance(model, LinkModel)
        return model

    def _ask(self, method: str, **arguments: object) -> object:
        with self._lock:
            try:
                self._pipe.send((method, arguments))
            except OSError as error:
                raise _ended() from error
            return self._answer()

    def _answer(self) -> object:
        try:
            if not self._pipe.poll(_ANSWER_TIMEOUT):
                raise Unavailable(f"the laboratory gave no answer in {_ANSWER_TIMEOUT:.0f} s: try again")
            answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise _ended() from error
        if isinstance(answer, NetemError):
            raise answer
        return answer


def _ended() -> Unavailable:
    return Unavailable("the laboratory's process has ended, its error is above: try again, after rmosh-netem sweep")
