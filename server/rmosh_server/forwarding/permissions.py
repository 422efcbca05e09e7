"""What this host allows of forwarding: several files have a say in it, and the narrowest rule counts."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from rmosh.lazy_dataclass import dataclass

#: What a listener stands for that was asked for without an address.
LOOPBACK: Final = "localhost"

#: All addresses.
EVERYWHERE: Final = "*"

#: Stands for any host or any port.
_ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Directions:
    """Which ways forwards may go.

    Attributes:
        outward: from the client to what this host reaches.
        inward: from listeners on this host to the client.
    """

    outward: bool = True
    inward: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """What one file or one line says of forwarding; None where it says nothing of that.

    Attributes:
        said_by: where it stands, as people find it: `/etc/ssh/sshd_config line 7 (AllowTcpForwarding no)`.
        ports, sockets: which forwards may be of TCP and UDP, and of sockets by their path.
        targets: the `host:port` that may be connected to; `*` stands for any host or port.
        places: the `address:port` that may be listened at; * and ? stand for any letters of an address.
        gateways: whether others than this host may reach listeners: `no`, `clientspecified`, or `yes` for always.
        agent, x11: whether these may be forwarded.
    """

    said_by: str
    ports: Directions | None = None
    sockets: Directions | None = None
    targets: tuple[str, ...] | None = None
    places: tuple[str, ...] | None = None
    gateways: str | None = None
    agent: bool | None = None
    x11: bool | None = None


@dataclass(frozen=True, slots=True)
class AllowedPlace:
    """Where a client may have this host listen.

    Attributes:
        bind: an address, a name, LOOPBACK or EVERYWHERE.
        remark: why that is not what was asked for, for people; "" where it is.
        refusal: why nowhere; "" where somewhere.
    """

    bind: str = ""
    remark: str = ""
    refusal: str = ""


class Permissions:
    """All rules together: what one forbids is forbidden."""

    def __init__(self, rules: Sequence[Rules] = ()) -> None:
        self._rules = rules

    def to_connect(self, host: str, port: int) -> str:
        """Return why a host's port may not be connected to, "" where it may; so do the others."""
        return self._broken("forwards to ports", lambda rules: _may_go(rules.ports, outward=True)) or self._broken(
            f"a forward to {host} port {port}", lambda rules: _is_listed(rules.targets, host, port, _is_target)
        )

    def to_connect_path(self, _path: str) -> str:
        """Return why a socket may not be connected to."""
        return self._broken("forwards to sockets", lambda rules: _may_go(rules.sockets, outward=True))

    def to_listen_path(self, _path: str) -> str:
        """Return why a socket may not be listened at."""
        return self._broken("listening sockets", lambda rules: _may_go(rules.sockets, outward=False))

    def to_listen(self, asked: str, port: int) -> AllowedPlace:
        """Return where a client may have this host listen that asked for an address, or for "" or EVERYWHERE."""
        refusal = self._broken("listening ports", lambda rules: _may_go(rules.ports, outward=False)) or self._broken(
            f"listening at {asked or LOOPBACK} port {port}",
            lambda rules: _is_listed(rules.places, asked or LOOPBACK, port, _is_place),
        )
        if refusal:
            return AllowedPlace(refusal=refusal)
        gateways, said_by = self._gateways()
        if gateways == "yes":
            return AllowedPlace(EVERYWHERE, "" if asked == EVERYWHERE else f"at all addresses: {said_by}")
        if gateways == "no" and asked not in _OF_THIS_HOST:
            return AllowedPlace(LOOPBACK, f"only this host itself reaches it: {said_by}")
        return AllowedPlace(asked or LOOPBACK)

    def to_forward_agent(self) -> str:
        """Return why no agent may be forwarded."""
        return self._broken("forwarding of agents", lambda rules: rules.agent is not False)

    def to_forward_x11(self) -> str:
        """Return why no display may be forwarded."""
        return self._broken("forwarding of X11", lambda rules: rules.x11 is not False)

    def _gateways(self) -> tuple[str, str]:
        said = [(rules.gateways, rules.said_by) for rules in self._rules if rules.gateways is not None]
        return min(said, key=lambda each: _NARROWEST_FIRST.index(each[0]), default=_SILENT)

    def _broken(self, what: str, keeps: Callable[[Rules], bool]) -> str:
        """Return which rule something breaks; "" where it keeps all."""
        return next((f"{what}: not allowed by {rules.said_by}" for rules in self._rules if not keeps(rules)), "")


#: What a client may ask for and mean this host alone.
_OF_THIS_HOST: Final = ("", LOOPBACK, "127.0.0.1", "::1")

#: Values of GatewayPorts.
_NARROWEST_FIRST: Final = ("no", "clientspecified", "yes")

#: What counts where nobody says anything of it. Source: sshd_config(5), GatewayPorts.
_SILENT: Final = ("no", "GatewayPorts of sshd_config, or gateway_ports of server.toml, may allow more")


def _may_go(directions: Directions | None, *, outward: bool) -> bool:
    return directions is None or (directions.outward if outward else directions.inward)


def _is_listed(listed: tuple[str, ...] | None, host: str, port: int, matches: Callable[[str, str], bool]) -> bool:
    if listed is None:
        return True
    for entry in listed:
        address, _, its_port = entry.rpartition(":")
        if its_port in (_ANY, str(port)) and matches(address.strip("[]") or _ANY, host):
            return True
    return False


def _is_target(listed: str, host: str) -> bool:
    return listed in (_ANY, host)


def _is_place(listed: str, address: str) -> bool:
    return fnmatchcase(address.lower(), listed.lower().replace("[", "[[]"))
