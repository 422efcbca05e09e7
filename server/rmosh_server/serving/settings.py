"""What a user may wish for a session, in his file or for this one; `command/server_file.py` reads the file."""

from typing import Final

from rmosh.channels.closing.policy import NEVER
from rmosh.history import DEFAULT_MAX_BYTES, DEFAULT_MAX_LINES
from rmosh.lazy_dataclass import dataclass, replace
from rmosh.session.policy import CLIENT_TIMEOUT

#: Most that may be asked for: lines and bytes. Reason: a slip of a digit must not eat the host's memory.
MAX_LINES_ASKED: Final = 10_000_000
MAX_BYTES_ASKED: Final = 1 << 30

#: Seconds that a tunnel waits for its client at most. Reason: a laptop sleeps overnight and goes on; a tunnel has
#: nothing that anybody could come back to, and a client that was killed never says so.
TUNNEL_TIMEOUT: Final = 86400.0


@dataclass(frozen=True, slots=True)
class ForwardingSettings:
    """What files say of forwarding; what is empty or None is not spoken of.

    Attributes:
        allow_tcp_forwarding, allow_stream_local_forwarding: `yes`, `no`, `local` or `remote`, as in sshd_config(5).
        permit_open, permit_listen: lists of `HOST:PORT`; each list has to allow what is asked for.
        gateway_ports: `no`, `clientspecified` or `yes`.
    """

    allow_tcp_forwarding: str = ""
    allow_stream_local_forwarding: str = ""
    permit_open: tuple[tuple[str, ...], ...] = ()
    permit_listen: tuple[tuple[str, ...], ...] = ()
    gateway_ports: str = ""
    allow_agent_forwarding: bool | None = None
    x11_forwarding: bool | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What is wished for.

    Attributes:
        idle_timeout: seconds without a client after which a session is ended.
        history_lines, history_bytes: how much is kept of what scrolled off.
        client_timeout: seconds of silence after which a client is forgotten.
        forwarding: what clients may reach through the session.
        screen_checksums: programs may ask for checksums of the screen, and so learn what another has shown.
    """

    idle_timeout: float = NEVER
    history_lines: int = DEFAULT_MAX_LINES
    history_bytes: int = DEFAULT_MAX_BYTES
    client_timeout: float = CLIENT_TIMEOUT
    screen_checksums: bool = False
    forwarding: ForwardingSettings = ForwardingSettings()

    @property
    def of_a_tunnel(self) -> "Settings":
        """What counts for a tunnel, which is over once its only client is forgotten."""
        unheard = min(self.idle_timeout, self.client_timeout, TUNNEL_TIMEOUT)
        return replace(self, idle_timeout=unheard, client_timeout=unheard)
