"""The sans-IO core of rmosh: transport, terminal, screen sync, prediction, sessions.

Nothing in this package opens a socket, reads a clock, draws randomness or calls the
operating system: `now` (monotonic seconds) and entropy come in as arguments.
"""

from typing import Final

__version__: Final = "0.1.0"

#: Version of the datagram format and the announce line; peers must agree exactly. Source: PROTOCOL.md.
PROTOCOL_VERSION: Final = 1
