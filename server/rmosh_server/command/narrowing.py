"""What each line of a server.toml may say, and what a user may still wish where the administrator has said something.

The administrator's word is the limit: a user may wish for less of it, never for more. A wider wish is told and cut to
the limit. A restriction that cannot be understood is as narrow as can be: whoever writes `bind` wrongly wanted fewer to
reach UDP, so nobody does, and sessions go through SSH.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from rmosh.addresses import Reach, plain_address, reach_of
from rmosh.lazy_dataclass import dataclass, replace
from rmosh.settings_file import shown
from rmosh.spans import parse_span
from rmosh_server.command.host_settings import CLOSED, HostSettings, Listening
from rmosh_server.serving.handover import MAX_WORD
from rmosh_server.serving.settings import MAX_BYTES_ASKED, MAX_LINES_ASKED, ForwardingSettings, Settings
from rmosh_server.sockets.udp import ANY_ADDRESS, ANY_IPV4, PortRange, parse_ports

#: Most public addresses. Reason: two families, each by two providers.
MAX_PUBLIC: Final = 4

#: What is told where a restriction cannot be understood.
UDP_CLOSED: Final = "so no UDP port is opened, and the session goes through SSH"

_DEFAULTS: Final = Settings()

#: Most entries of a list of hosts and ports, and the form of one. Reason: what is handed over fits a pipe.
_MOST_LISTED: Final = 50
_HOST_AND_PORT: Final = re.compile(r"(\[[^\]\s]+\]|[^:\s]+):(\d{1,5}|\*)")

#: Values of gateway_ports, the narrowest first.
_GATEWAYS: Final = ("no", "clientspecified", "yes")


@dataclass(frozen=True, slots=True)
class _Setting:
    """How one line is read.

    Attributes:
        read: returns the value, or raises ValueError.
        narrow: returns of an administrator's and a user's value the one that counts.
        adds_up: both count, each for itself.
        if_mistaken: what counts in place of a restriction that cannot be understood; None where it restricts nothing.
    """

    read: Callable[[object], Any]
    narrow: Callable[[Any, Any], Any]
    if_mistaken: object = None
    adds_up: bool = False


def narrowed(
    admin: Mapping[str, Any],
    user: Mapping[str, Any],
    *,
    admin_file: str = "",
    user_file: str = "",
    remarks: tuple[str, ...] = (),
) -> HostSettings:
    """Return what both files say together."""
    both = {**user, **admin}
    cut = []
    for name in admin.keys() & user.keys():
        both[name] = SETTINGS[name].narrow(admin[name], user[name])
        if both[name] not in (user[name], CLOSED) and not SETTINGS[name].adds_up:
            cut.append(name)
    if cut:
        remarks += (f"{user_file}: {', '.join(sorted(cut))}: not as wished, {admin_file} allows less",)
    listening, more = _listening(admin, both, reason="; ".join(remarks))
    forwarding = ForwardingSettings(**{name: both[name] for name in both.keys() & _OF_FORWARDING})
    sessions = replace(_DEFAULTS, forwarding=forwarding, **{name: both[name] for name in both.keys() & _OF_SESSIONS})
    longest_idle = admin.get("idle_timeout", math.inf)
    return HostSettings(sessions, listening, longest_idle, (*remarks, *more), both.get("fork_server", True))


def _listening(admin: Mapping[str, Any], both: Mapping[str, Any], *, reason: str) -> tuple[Listening, tuple[str, ...]]:
    ports, address = both.get("port_range"), both.get("bind", ANY_ADDRESS)
    if CLOSED in (ports, address):
        return Listening(closed=reason), (UDP_CLOSED,)
    forwarded: tuple[PortRange, PortRange] | None = None
    remarks: tuple[str, ...] = ()
    inside, outside = (admin if "public_port" in admin else both).get("port_range"), both.get("public_port")
    if outside is not None and (inside is None or inside.count != outside.count):
        remarks = (f"public_port {outside} needs a port_range of as many ports beside it (left out)",)
    elif outside is not None and inside is not None:
        forwarded = (outside, inside)
    public = both.get("public_address", ())
    shared = both.get("shared_port")
    return Listening(ports, admin.get("port_range"), address, public, forwarded, shared), remarks


def _duration(value: object) -> float:
    return parse_span(str(value))


def _up_to(limit: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limit:
            raise ValueError(f"it is a number from 0 to {limit}, not {shown(value)}")
        return value

    return read


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"it is true or false, not {shown(value)}")
    return value


def _ways(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in ("local", "remote"):
        return str(value)
    raise ValueError(f"it is true, false, 'local' (-L, -D and -W alone) or 'remote' (-R alone), not {shown(value)}")


def _common_ways(admin: str, user: str) -> str:
    if "yes" in (admin, user):
        return user if admin == "yes" else admin
    return admin if admin == user else "no"


def _gateways(value: object) -> str:
    word = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
    if word not in _GATEWAYS:
        raise ValueError(f"it is true, false or 'clientspecified', not {shown(value)}")
    return str(word)


def _hosts_and_ports(value: object) -> tuple[tuple[str, ...], ...]:
    listed = value if isinstance(value, list) else [value]
    if len(listed) > _MOST_LISTED or not all(isinstance(each, str) and _is_host_and_port(each) for each in listed):
        raise ValueError(f"it is a list of up to {_MOST_LISTED} 'HOST:PORT', * for any of either, not {shown(value)}")
    return (tuple(listed),)


def _is_host_and_port(text: str) -> bool:
    return text.isprintable() and len(text) <= MAX_WORD and _HOST_AND_PORT.fullmatch(text) is not None


def _ports(value: object) -> PortRange:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"it is a port or a range such as '60000:61000', not {shown(value)}")
    ports = parse_ports(str(value))
    if ports.first == 0:
        raise ValueError("port 0 is none")
    return ports


def _local_address(value: object) -> str:
    address = value if isinstance(value, str) else ""
    if not plain_address(address) or not address.isascii():
        raise ValueError(f"it is one numeric address of this host, such as '192.0.2.7', not {shown(value)}")
    return address if "%" in address else plain_address(address)


def _yes_or_no_or_path(value: object) -> bool | str:
    if isinstance(value, bool) or (isinstance(value, str) and value.startswith("/")):
        return value
    raise ValueError(f"it is true, false or the path of a socket, not {shown(value)}")


def _public_addresses(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    found = [plain_address(each) if isinstance(each, str) else "" for each in listed]
    if not 1 <= len(found) <= MAX_PUBLIC or not all(reach_of(each) in (Reach.GLOBAL, Reach.PRIVATE) for each in found):
        raise ValueError(
            f"it is a numeric address, or a list of up to {MAX_PUBLIC}, not {shown(value)}; "
            "a name goes into the client's ~/.ssh/config as HostName"
        )
    return tuple(dict.fromkeys(found))


def _overlap(admin: object, user: object) -> object:
    """Return the ports of both; the administrator's where there are none."""
    if not isinstance(admin, PortRange) or not isinstance(user, PortRange):
        return CLOSED
    return admin.overlap(user) or admin


def _address_within(admin: str, user: str) -> str:
    """Return the user's address if the administrator's stands for it among others."""
    if CLOSED in (admin, user):
        return CLOSED
    covers = admin == ANY_ADDRESS or (admin == ANY_IPV4 and ":" not in user)
    return user if covers else admin


def _some_of(admin: tuple[str, ...], user: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([address for address in user if address in admin]) or admin


def _as_said(admin: object, _user: object) -> object:
    return admin


#: What is so where the administrator and the user have it so.
_BY_BOTH: Final = _Setting(_yes_or_no, lambda admin, user: admin and user, False)

#: Setting -> how it is read and narrowed.
SETTINGS: Final[Mapping[str, _Setting]] = {
    "idle_timeout": _Setting(_duration, min),
    "history_lines": _Setting(_up_to(MAX_LINES_ASKED), min, _DEFAULTS.history_lines),
    "history_bytes": _Setting(_up_to(MAX_BYTES_ASKED), min, _DEFAULTS.history_bytes),
    "client_timeout": _Setting(_duration, min, _DEFAULTS.client_timeout),
    "screen_checksums": _BY_BOTH,
    "allow_tcp_forwarding": _Setting(_ways, _common_ways, "no"),
    "allow_stream_local_forwarding": _Setting(_ways, _common_ways, "no"),
    "permit_open": _Setting(_hosts_and_ports, lambda admin, user: (*admin, *user), ((),), adds_up=True),
    "permit_listen": _Setting(_hosts_and_ports, lambda admin, user: (*admin, *user), ((),), adds_up=True),
    "gateway_ports": _Setting(_gateways, lambda admin, user: min(admin, user, key=_GATEWAYS.index), "no"),
    "allow_agent_forwarding": _BY_BOTH,
    "x11_forwarding": _BY_BOTH,
    "port_range": _Setting(_ports, _overlap, CLOSED),
    "bind": _Setting(_local_address, _address_within, CLOSED),
    "public_address": _Setting(_public_addresses, _some_of),
    "public_port": _Setting(_ports, _as_said),
    "shared_port": _Setting(_yes_or_no_or_path, _as_said),
    "fork_server": _BY_BOTH,
}

#: Those that are of sessions; the others are of how they are reached.
_OF_SESSIONS: Final = frozenset(
    {"idle_timeout", "history_lines", "history_bytes", "client_timeout", "screen_checksums"}
)

#: Those that are of what clients reach through sessions.
_OF_FORWARDING: Final = frozenset(
    {
        "allow_tcp_forwarding",
        "allow_stream_local_forwarding",
        "permit_open",
        "permit_listen",
        "gateway_ports",
        "allow_agent_forwarding",
        "x11_forwarding",
    }
)
