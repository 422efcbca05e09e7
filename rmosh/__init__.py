"""The sans-IO core of rmosh: transport, terminal, screen sync, prediction, sessions.

Nothing in this package opens a socket, reads a clock, draws randomness or calls the
operating system: `now` (monotonic seconds) and entropy come in as arguments.
"""

from typing import Final

__version__: Final = "0.1.0"

#: Versions of the protocol that this release speaks, ascending. The client names its own, the server chooses. Source:
#: PROTOCOL.md, Versions.
PROTOCOL_VERSIONS: Final = (2,)

#: The newest of them.
PROTOCOL_VERSION: Final = PROTOCOL_VERSIONS[-1]
