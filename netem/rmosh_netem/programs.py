"""Finds the programs under test, and ports for them."""

import os
import shutil
import socket
import sys
from pathlib import Path

from .errors import Unavailable


def installed(program: str) -> str:
    """Return where a program is.

    Raises:
        Unavailable: nowhere.
    """
    found = shutil.which(program)
    if found is None:
        raise Unavailable(f"{program} is not installed: install it, or leave it out with --tools")
    return found


def ours(program: str) -> str:
    """Return the program of this Python's own installation; a version manager's stand-in would cost 50 ms."""
    beside = Path(sys.executable).with_name(program)
    return str(beside) if os.access(beside, os.X_OK) else installed(program)


def free_udp_port() -> int:
    """Return a UDP port that nobody has on any address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])
