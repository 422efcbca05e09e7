"""Which congestion control this machine's TCP has, and which of them a laboratory's TCP uses."""

from pathlib import Path
from typing import Final

from .errors import Unavailable

#: What most hosts' TCP controls its rate with, whatever this machine's own does. Source: Linux since 2.6.19, RFC 9438.
USUAL: Final = "cubic"

#: Where Linux tells. Source: tcp(7).
_SETTINGS: Final = Path("/proc/sys/net/ipv4")


def machines_own() -> str:
    """Return what this machine's TCP begins with; empty where that is not told."""
    return _read("tcp_congestion_control")


def choose(name: str | None) -> str:
    """Return what a laboratory's TCP shall use: `name`, or the usual one, or this machine's own where it has no other.

    Raises:
        Unavailable: this kernel has not got `name`.
    """
    known = _read("tcp_available_congestion_control").split()
    if name is None:
        return USUAL if USUAL in known else machines_own()
    if name not in known:
        raise Unavailable(
            f"this kernel's TCP has no {name!r}, but {' and '.join(known) or 'does not tell what it has'}: "
            f"choose one of them, or load it with modprobe tcp_{name}"
        )
    return name


def _read(setting: str) -> str:
    try:
        return (_SETTINGS / setting).read_text(encoding="ascii").strip()
    except OSError:
        return ""
