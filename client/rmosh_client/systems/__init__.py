"""What each kind of system does in a way of its own, chosen once by what uname(1) calls it.

All doors offer the same: `BOOT_CLOCK`, `FORK_IS_SAFE`, `NAMELESS_TERMINAL`, `open_boot_timer`, `set_boot_timer`,
`open_route_socket`, `hear_refusals`, `peer_user` and `forbid_looks`.
"""

import os

_SYSTEM = os.uname().sysname

if _SYSTEM == "Linux":  # Android too, whatever sys.platform says there
    from rmosh_client.systems.linux import (
        BOOT_CLOCK,
        FORK_IS_SAFE,
        NAMELESS_TERMINAL,
        forbid_looks,
        hear_refusals,
        open_boot_timer,
        open_route_socket,
        peer_user,
        set_boot_timer,
    )
elif _SYSTEM == "Darwin":
    from rmosh_client.systems.darwin import (
        BOOT_CLOCK,
        FORK_IS_SAFE,
        NAMELESS_TERMINAL,
        forbid_looks,
        hear_refusals,
        open_boot_timer,
        open_route_socket,
        peer_user,
        set_boot_timer,
    )
else:
    from rmosh_client.systems.bsd import (
        BOOT_CLOCK,
        FORK_IS_SAFE,
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
    "FORK_IS_SAFE",
    "NAMELESS_TERMINAL",
    "forbid_looks",
    "hear_refusals",
    "open_boot_timer",
    "open_route_socket",
    "peer_user",
    "set_boot_timer",
]
