"""A laboratory while it runs: two namespaces, what joins them, and the client's addresses. In its own process."""

import contextlib
import threading
from dataclasses import asdict, dataclass
from enum import Enum
from types import TracebackType
from typing import Any

from .. import congestion
from ..errors import BadRequest
from ..firewall import Firewall
from ..link import LinkModel
from ..profiles import Profile
from . import plan
from .backends import BackendName, open_backend
from .namespaces import Namespace, Owner


class Roam(Enum):
    """Ways in which a client finds itself elsewhere."""

    NAT = "nat"
    ADDRESS = "address"
    IPV4 = "ipv4"
    IPV6 = "ipv6"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Setup:
    """What a laboratory is made from.

    Attributes:
        profile: the link.
        seed: same seed, same fates.
        backend: what joins the namespaces.
        mtu: of both devices, in bytes; the programs' kernels know it. The link's own `mtu` they have to find out.
        congestion_control: of TCP at both ends; None for the usual one where this kernel has it.
    """

    profile: Profile
    seed: int = 1
    backend: BackendName = BackendName.AUTO
    mtu: int = 1500
    congestion_control: str | None = None


class RunningLab:
    """Its methods may be called from any thread; a context manager that leaves nothing behind."""

    def __init__(self, setup: Setup) -> None:
        """Make namespaces, devices and addresses.

        Raises:
            NetemError: it cannot be; nothing is left behind then.
        """
        plan.require_mtu(setup.mtu)
        self.profile = setup.profile
        self.owner = Owner.this_process()
        self._setup = setup
        self._congestion_control = congestion.choose(setup.congestion_control)
        self._lock = threading.RLock()
        self._turn = 0
        self._ipv4: str | None = None
        self._ipv6: str | None = None
        with contextlib.ExitStack() as undo:
            undo.callback(self.owner.remove_traces)
            self._client = self._make_namespace("client", undo)
            self._server = self._make_namespace("server", undo)
            self._server_ipv6 = plan.SERVER_IPV6 if self._client.has_ipv6 and self._server.has_ipv6 else None
            self._backend = open_backend(
                setup.backend,
                client=self._client,
                server=self._server,
                profile=setup.profile,
                seed=setup.seed,
                mtu=setup.mtu,
            )
            undo.callback(self._backend.close)
            self._start_devices(setup.mtu)
            self._undo = undo.pop_all()

    def __enter__(self) -> "RunningLab":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    @property
    def up(self) -> LinkModel:
        """What the link towards the server does now."""
        return self._backend.up

    @property
    def down(self) -> LinkModel:
        """What the link towards the client does now."""
        return self._backend.down

    def model(self, direction: str) -> LinkModel:
        """What the link does now in the direction "up" or "down"."""
        return self.up if direction == "up" else self.down

    def change(self, *, up: LinkModel | None = None, down: LinkModel | None = None) -> None:
        """Change the links for what is sent from now on; None leaves a direction as it is."""
        with self._lock:
            self._backend.change(up=up or self.up, down=down or self.down)

    def begin_again(self) -> None:
        """Let schedules, spells and traces of both directions begin now."""
        with self._lock:
            self._backend.begin_again()

    def blackout(self, seconds: float) -> None:
        """Let nothing through in either direction for so many seconds from now."""
        with self._lock:
            self._backend.blackout(seconds)

    def rebind(self, host: str | None = None) -> int:
        """Let the NAT forget; return how many flows go on from another port.

        Raises:
            BadRequest: a host is given, which only the relay can take.
        """
        if host is not None:
            raise BadRequest(f"the laboratory's client has its own addresses, not {host}: say roam address")
        with self._lock:
            return self._backend.rebind()

    @property
    def firewall(self) -> Firewall:
        """What is done to UDP."""
        return self._backend.firewall

    def put_up(self, firewall: Firewall) -> None:
        """Have another firewall in the place of the one before."""
        with self._lock:
            self._backend.put_up(firewall)

    def forget_after(self, seconds: float | None) -> None:
        """Let the NAT forget a flow silent for so many seconds; None for never."""
        with self._lock:
            self._backend.forget_after(seconds)

    def roam(self, kind: Roam) -> None:
        """Put the client elsewhere: another port of the NAT, other addresses, or another family of addresses.

        Raises:
            BadRequest: it would need IPv6, which this machine has not.
        """
        if kind in (Roam.IPV6, Roam.BOTH) and self._server_ipv6 is None:
            raise BadRequest(f"this machine has no IPv6 for roam {kind.value}: say roam address")
        with self._lock:
            if kind is Roam.NAT:
                self._backend.rebind()
                return
            self._turn += 1
            wants_ipv4 = kind in (Roam.IPV4, Roam.BOTH) or (kind is Roam.ADDRESS and self._ipv4 is not None)
            wants_ipv6 = kind in (Roam.IPV6, Roam.BOTH) or (kind is Roam.ADDRESS and self._ipv6 is not None)
            self._readdress(
                ipv4=plan.client_ipv4(self._turn) if wants_ipv4 else None,
                ipv6=plan.client_ipv6(self._turn) if wants_ipv6 else None,
            )

    def describe(self) -> dict[str, Any]:
        """Everything there is to know, as plain values for a result file."""
        with self._lock:
            return {
                "profile": self.profile.name,
                "seed": self._setup.seed,
                "backend": self._backend.name.value,
                "mtu": self._setup.mtu,
                "congestion_control": self._congestion_control,
                "client": {"namespace": self._client.name, "ipv4": self._ipv4, "ipv6": self._ipv6},
                "server": {"namespace": self._server.name, "ipv4": plan.SERVER_IPV4, "ipv6": self._server_ipv6},
                "dropped_by_host": {
                    namespace.side: namespace.dropped_on_the_way_out(plan.DEVICE)
                    for namespace in (self._client, self._server)
                },
                "up": asdict(self.up),
                "down": asdict(self.down),
                **self._backend.describe(),
            }

    def _make_namespace(self, side: str, undo: contextlib.ExitStack) -> Namespace:
        namespace = Namespace(self.owner, side)
        undo.callback(namespace.remove)
        namespace.create()
        addresses = [plan.SERVER_IPV4, *([plan.SERVER_IPV6] if namespace.has_ipv6 else [])]
        namespace.add_hosts("".join(f"{address} {plan.SERVER_NAME}\n" for address in addresses))
        return namespace

    def _start_devices(self, mtu: int) -> None:
        start = [
            "link set lo up",
            # without a link-local address nothing talks by itself
            f"link set {plan.DEVICE} mtu {mtu}{' addrgenmode none' if self._server_ipv6 else ''}",
            f"link set {plan.DEVICE} up",
        ]
        ipv4 = [f"address add {plan.SERVER_IPV4}/32 dev {plan.DEVICE}", f"route add 0.0.0.0/0 {self._by_device}"]
        ipv6 = [f"address add {self._server_ipv6}/128 dev {plan.DEVICE} nodad", f"route add ::/0 {self._by_device}"]
        self._server.configure([*start, *ipv4, *(ipv6 if self._server_ipv6 else [])])
        self._client.configure(start)
        self._readdress(ipv4=plan.client_ipv4(0), ipv6=plan.client_ipv6(0) if self._server_ipv6 else None)

    @property
    def _by_device(self) -> str:
        """A route's words: by the link. The congestion control is the route's, since the sysctl may be forbidden."""
        controlled = f" congctl {self._congestion_control}" if self._congestion_control else ""
        return f"dev {plan.DEVICE}{controlled}"

    def _readdress(self, *, ipv4: str | None, ipv6: str | None) -> None:
        """Give the client new addresses, then take the old: the order in which a phone leaves Wi-Fi."""
        new = []
        if ipv4 is not None:
            new += [f"address replace {ipv4}/32 dev {plan.DEVICE}", f"route replace 0.0.0.0/0 {self._by_device}"]
        if ipv6 is not None:
            new += [f"address replace {ipv6}/128 dev {plan.DEVICE} nodad", f"route replace ::/0 {self._by_device}"]
        old = [f"address del {gone}/32 dev {plan.DEVICE}" for gone in (self._ipv4,) if gone]
        old += [f"address del {gone}/128 dev {plan.DEVICE}" for gone in (self._ipv6,) if gone]
        old += ["route flush root 0.0.0.0/0"] if ipv4 is None else []
        old += ["route flush root ::/0"] if ipv6 is None else []
        self._client.configure(new)
        self._client.try_to_configure(old)  # the user may have taken some of it already
        self._ipv4, self._ipv6 = ipv4, ipv6
