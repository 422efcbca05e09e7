"""What each kind of system does in a way of its own, chosen once by what uname(1) calls it.

Both doors offer the same: `peer_user`, `peer_process`, `start_on_terminal`, `start_on_streams`, `command_line`,
`own_addresses`, `network_namespace`, `forbid_looks` and `allow_looks`.
"""

import os

if os.uname().sysname == "Linux":  # Android too, whatever sys.platform says there
    from rmosh_server.systems.linux import (
        allow_looks,
        command_line,
        forbid_looks,
        network_namespace,
        own_addresses,
        peer_process,
        peer_user,
        start_on_streams,
        start_on_terminal,
    )
else:
    from rmosh_server.systems.bsd import (
        allow_looks,
        command_line,
        forbid_looks,
        network_namespace,
        own_addresses,
        peer_process,
        peer_user,
        start_on_streams,
        start_on_terminal,
    )

__all__ = [
    "allow_looks",
    "command_line",
    "forbid_looks",
    "network_namespace",
    "own_addresses",
    "peer_process",
    "peer_user",
    "start_on_streams",
    "start_on_terminal",
]
