"""macOS: a BSD with a clock that counts sleep."""

import time
from typing import Final

from rmosh_client.systems.bsd import (
    NAMELESS_TERMINAL,
    forbid_looks,
    hear_refusals,
    open_boot_timer,
    open_route_socket,
    peer_user,
    set_boot_timer,
)

__all__ = [
    "BOOT_CLOCK",
    "NAMELESS_TERMINAL",
    "forbid_looks",
    "hear_refusals",
    "open_boot_timer",
    "open_route_socket",
    "peer_user",
    "set_boot_timer",
]

#: The clock that runs on while the machine is suspended. Source: clock_gettime(3) of macOS 10.12; on Linux the clock of
#: this name stands still then.
BOOT_CLOCK: Final[int | None] = time.CLOCK_MONOTONIC_RAW

#: Apple's frameworks, which look up names too, end a process that goes on in two without an exec. Source: CPython's
#: bpo-33725, found with macOS 10.13.
FORK_IS_SAFE: Final = False
