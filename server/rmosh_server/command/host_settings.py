"""What the files of this host say of its sessions: `server_file.py` reads them."""

from typing import Final

from rmosh.channels.closing.policy import NEVER
from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass, replace
from rmosh_server.serving.settings import Settings
from rmosh_server.sockets.udp import ANY_ADDRESS, DEFAULT_PORTS, PortRange, UdpSocket, bind_first_free, closed_socket

#: What a restriction is that nobody can know any more: nothing is within it.
CLOSED: Final = "closed"


@dataclass(frozen=True, slots=True)
class Listening:
    """Where sessions listen for UDP, and how clients reach that.

    Attributes:
        ports: None for the usual ones.
        limit: all that may be listened on, whoever wishes; None for any.
        address: the only local address to listen at.
        public_addresses: told to clients, before those that this host knows.
        forwarded: the ports as clients see them, and those that they stand for; None where they are the same.
        shared: whether sessions use the port that they share, or the path where its keeper is; None where it is there.
        closed: why no UDP port may be opened; "" where one may.
    """

    ports: PortRange | None = None
    limit: PortRange | None = None
    address: str = ANY_ADDRESS
    public_addresses: tuple[str, ...] = ()
    forwarded: tuple[PortRange, PortRange] | None = None
    shared: bool | str | None = None
    closed: str = ""

    def open(self, wished: PortRange, *, remarks: list[str]) -> UdpSocket:
        """Open a socket on one of the ports that the client wishes, as far as the administrator lets it.

        Raises:
            BootstrapError: there is none.
        """
        if self.closed:
            return closed_socket()
        return bind_first_free(self._within_limit(wished, remarks), address=self.address)

    def _within_limit(self, wished: PortRange, remarks: list[str]) -> PortRange:
        if wished == DEFAULT_PORTS:  # which is what a client says whose user said nothing
            return self.ports or DEFAULT_PORTS
        if self.limit is None:
            return wished
        allowed = wished.overlap(self.limit)
        if allowed != wished:
            remarks.append(f"UDP port {wished} was wished for, this host allows {self.limit}")
        return allowed or self.limit

    def told_port(self, port: int) -> int:
        """Return what a client is told of a port."""
        if self.forwarded is None or port == 0:
            return port
        outside, inside = self.forwarded
        return outside.first + port - inside.first if inside.first <= port <= inside.last else port


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What both files say.

    Attributes:
        sessions: for how long, and how much is kept.
        listening: where.
        longest_idle: most seconds that a session may be kept without a client.
        remarks: what to tell the user of them, a line each.
        forks: sessions of one user may be forked from one process.
    """

    sessions: Settings = Settings()
    listening: Listening = Listening()
    longest_idle: float = NEVER
    remarks: tuple[str, ...] = ()
    forks: bool = True

    def for_session(self, *, idle_timeout: float | None, remarks: list[str]) -> Settings:
        """Return what counts for one session, of which the client may wish how long it is kept."""
        if idle_timeout is None:
            return self.sessions
        if idle_timeout > self.longest_idle:
            remarks.append(f"a session may be idle for {self.longest_idle:.0f} s on this host, no longer")
        return replace(self.sessions, idle_timeout=min(idle_timeout, self.longest_idle))


def udp_is_closed(reason: str) -> BootstrapError:
    """Return the error for a client that has no other way than UDP."""
    return BootstrapError(
        Stage.SERVER_FAILED,
        f"no UDP port is opened on this host: {reason}",
        hint="have that line mended, or log in with ssh",
    )
