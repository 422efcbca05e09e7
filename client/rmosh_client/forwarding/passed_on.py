"""What of this machine a session's programs at the far side may use, as plain values: the agent, and the display."""

from rmosh.lazy_dataclass import dataclass, field


@dataclass(frozen=True, slots=True)
class LoginProof:
    """What a host has proved itself with at the login, for an agent to see. Source: RFC 4253 section 8.

    Attributes:
        host_key: as SSH writes it.
        session: identifier of the SSH session: the hash of its first key exchange.
        signature: the host's, of that.
    """

    host_key: bytes
    session: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class AgentAccess:
    """The agent that is forwarded.

    Attributes:
        socket: its path here.
        proof: whom the login went to; None where another program logged in.
    """

    socket: str
    proof: LoginProof | None = None


@dataclass(frozen=True, slots=True)
class DisplayAddress:
    """Where a display takes connections: a TCP port, or the path of a socket; a NUL in front makes it an abstract one.

    Attributes:
        place: a numeric address or a path.
        port: 0 for a path.
    """

    place: str
    port: int = 0


@dataclass(frozen=True, slots=True)
class DisplayAccess:
    """The X11 display that is forwarded.

    Attributes:
        addresses: to be tried in this order.
        kind, cookie: what it wants to be shown; the cookie is random where nobody knows it, as displays that look at
            who connects ask for none.
        lasts: seconds for which connections are let through; 0 for as long as the session is there.
    """

    addresses: tuple[DisplayAddress, ...]
    kind: str
    cookie: bytes = field(repr=False)
    lasts: float = 0.0


@dataclass(frozen=True, slots=True)
class PassedOn:
    """Both; None for what is not passed on."""

    agent: AgentAccess | None = None
    display: DisplayAccess | None = None
