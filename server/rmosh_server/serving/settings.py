"""What a user may wish for a session, in his file or for this one; `command/server_file.py` reads the file."""

from dataclasses import dataclass
from typing import Final

from rmosh.channels.closing.policy import NEVER
from rmosh.history import DEFAULT_MAX_BYTES, DEFAULT_MAX_LINES
from rmosh.session.policy import CLIENT_TIMEOUT

#: Most that may be asked for: lines and bytes. Reason: a slip of a digit must not eat the host's memory.
MAX_LINES_ASKED: Final = 10_000_000
MAX_BYTES_ASKED: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Settings:
    """What is wished for.

    Attributes:
        idle_timeout: seconds without a client after which a session is ended.
        history_lines, history_bytes: how much is kept of what scrolled off.
        client_timeout: seconds of silence after which a client is forgotten.
        screen_checksums: programs may ask for checksums of the screen, and so learn what another has shown.
    """

    idle_timeout: float = NEVER
    history_lines: int = DEFAULT_MAX_LINES
    history_bytes: int = DEFAULT_MAX_BYTES
    client_timeout: float = CLIENT_TIMEOUT
    screen_checksums: bool = False
