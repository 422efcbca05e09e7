"""What the user asked for, and what starting a session gives back; knows no SSH library."""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final, Protocol

from rmosh.announce import Announce
from rmosh.compression import Compression
from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap.login_channel import LoginChannel
from rmosh_client.forwarding.passed_on import PassedOn
from rmosh_client.forwarding.settings import NOTHING_FORWARDED, ForwardSettings

#: UDP ports a server may listen on unless told otherwise; firewalls opened for Mosh let these through.
DEFAULT_UDP_PORTS: Final = "60000:61000"


#: Digits of a session's id that tell it from others, as `rmosh ls` shows it.
SHOWN_ID_DIGITS: Final = 8

#: What is shorter to type than a setting of ssh_config(5). Source: ssh(1).
_LETTERS: Final = {"Port": "-p", "User": "-l", "ProxyJump": "-J", "IdentityFile": "-i"}
_FLAGS: Final = {
    "AddressFamily=inet": "-4",
    "AddressFamily=inet6": "-6",
    "ForwardAgent=yes": "-A",
    "ForwardAgent=no": "-a",
    "ForwardX11=yes": "-X",
    "ForwardX11=no": "-x",
}

#: What -Y says, which -X says half of.
_TRUSTED_X11: Final = ("ForwardX11=yes", "ForwardX11Trusted=yes")


class PathWish(Enum):
    """Which way a session's datagrams may go."""

    AUTO = "auto"
    UDP = "udp"
    SSH = "ssh"


@dataclass(frozen=True, slots=True)
class SessionWish:
    """Which session, and how to be in it.

    Attributes:
        name: attach to the session with this name, or start one; "" for a new one without a name.
        attach_to: attach to this one, by name or the beginning of its id; "" for the only one; None to start one.
        read_only: watch without typing.
        detach_others: disconnect the other clients.
        client: how other clients see this one.
        idle_timeout: end a new session that nobody was at for so long, such as "3d"; "" for what the host says.
        compression: what the server shall deflate.
        obscures_typing: a listener shall not learn when we type.
        trace: the server shall write a trace, as we do.
    """

    name: str = ""
    attach_to: str | None = None
    read_only: bool = False
    detach_others: bool = False
    client: str = ""
    idle_timeout: str = ""
    compression: Compression = Compression.LAYOUT
    obscures_typing: bool = False
    trace: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One session to start.

    Attributes:
        destination: `[user@]host` as typed; the host may be an alias of the SSH configuration.
        ssh_options: `Keyword=value` settings that come before every configuration file.
        config_file: read instead of the user's and the system's SSH configuration.
        command: run instead of the login shell, as an argument vector.
        server: path of rmosh-server on the far side; looked up there when None.
        sends_server: send it where it is not found.
        keep_server_as: what a sent one shall keep itself as on the far side; "" to leave nothing there.
        udp_ports: `N` or `N:M`.
        path: by UDP, inside the SSH channel, or either.
        rows, columns: size of the local window in cells.
        wish: which session, and how to be in it.
        forwarding: what the command line wants forwarded; the SSH configuration adds to it.
        confirms_agent: the user is asked before each use of a key of his agent.
        is_lasting: the session can be left running; the demo's host ends with its client.
        shares: a login that is there may stand for this one, and this one for others.
        is_tunnel: without a terminal and a shell, for streams alone.
    """

    destination: str
    ssh_options: tuple[str, ...] = ()
    config_file: str | None = None
    command: tuple[str, ...] = ()
    server: str | None = None
    sends_server: bool = False
    keep_server_as: str = ""
    udp_ports: str = DEFAULT_UDP_PORTS
    path: PathWish = PathWish.AUTO
    rows: int = 24
    columns: int = 80
    wish: SessionWish = SessionWish()
    forwarding: ForwardSettings = NOTHING_FORWARDED
    confirms_agent: bool = False
    is_lasting: bool = True
    shares: bool = False
    is_tunnel: bool = False


def way_back(request: Request, session_id: bytes, *, ssh: str | None = None) -> str:
    """Return the command that attaches to the session anew, as a user types it; "" where none does.

    Args:
        session_id: of the session, where the request starts one.
        ssh: the command that logs in, if it is not rmosh itself.
    """
    if not request.is_lasting:
        return ""
    wish = request.wish
    started_here = session_id.hex()[:SHOWN_ID_DIGITS] if wish.attach_to is None else wish.attach_to
    read_only = ["--read-only"] if wish.read_only else []
    return _typed_as(
        [*_attaching(request, ssh), *read_only, request.destination, *filter(None, [wish.name or started_here])]
    )


def way_to_sessions(request: Request, *, ssh: str | None = None) -> str:
    """Return the beginning of a command that attaches to any session of the host; "" where none does."""
    return _typed_as([*_attaching(request, ssh), request.destination]) if request.is_lasting else ""


def _typed_as(words: list[str]) -> str:
    import shlex  # which the session has no use for: its login tells it these

    return shlex.join(words)


def _attaching(request: Request, ssh: str | None) -> list[str]:
    return ["rmosh", "attach", *_typed(request), *(["--ssh", ssh] if ssh is not None else [])]


def _typed(request: Request) -> Iterator[str]:
    """Yield the options that lead to the host, each as one would type it."""
    trusts_x11 = all(option in request.ssh_options for option in _TRUSTED_X11)
    yield from ("-Y",) if trusts_x11 else ()
    yield from ("--confirm-agent",) if request.confirms_agent else ()
    for option in request.ssh_options:
        if trusts_x11 and option in _TRUSTED_X11:
            continue
        keyword, _, value = option.partition("=")
        if option in _FLAGS:
            yield _FLAGS[option]
        else:
            yield from (_LETTERS[keyword], value) if keyword in _LETTERS else ("-o", option)
    for flag, texts in request.forwarding.by_flag():
        for text in texts:
            yield from (flag.value, text)
    for name, given in (("-F", request.config_file), ("--server", request.server)):
        yield from (name, given) if given is not None else ()


class Fate(Enum):
    """What became of a session, as the server's host tells when asked again."""

    ALIVE = "alive"
    ENDED = "ended"
    UNKNOWN = "unknown"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """The answer to asking again over SSH.

    Attributes:
        kind, value: of the session's CLOSE frame as PROTOCOL.md numbers them; None unless it ended.
        reason: why nobody could be asked; empty unless unreachable.
        reached: numeric addresses at which SSH found the host, or should have, likeliest first.
        claimed: where the host says that it is.
    """

    fate: Fate
    kind: str | None = None
    value: int | None = None
    reason: str = ""
    reached: tuple[str, ...] = ()
    claimed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """A server that waits for our datagrams.

    Attributes:
        addresses: numeric IP addresses where SSH found it, or should have, likeliest first, at least one.
        claimed: those that only the server speaks of and that may be tried.
        way_back: the command that attaches to the session anew.
        name: what is looked up again when the server falls silent; "" where it means nothing here.
        family: the only one that the user wants, as the socket module numbers families; 0 for any.
        forwarding: what is to be forwarded, and how.
        likeness: what logins have in common that may stand for this one; "" where none may.
        passed_on: what of this machine its programs may use.
    """

    announce: Announce
    addresses: tuple[str, ...]
    way_back: str
    name: str = ""
    family: int = 0
    forwarding: ForwardSettings = NOTHING_FORWARDED
    likeness: str = ""
    passed_on: PassedOn = PassedOn()
    claimed: tuple[str, ...] = ()


class OpenLogin(Protocol):
    """The login that a session was started through."""

    async def end(self) -> None:
        """Close it, and wait until the other side knows, but not for long."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A session that was started, and the login that it came through.

    Attributes:
        channel: where its datagrams go on inside SSH; None where they do not.
    """

    started: Started
    login: OpenLogin
    channel: LoginChannel | None = None


@dataclass(frozen=True, slots=True)
class OpenedPath:
    """One more path of a session that runs, and the login that it goes through."""

    login: OpenLogin
    channel: LoginChannel


#: What is said of such a login that goes on, after the host's name.
PLAIN: Final = "runs no rmosh-server for this account: this is a plain ssh session"


class RawTerminal(Protocol):
    """The user's terminal as far as a plain login needs it."""

    def fileno(self) -> int: ...
    def size(self) -> tuple[int, int]: ...
    def enter_raw(self) -> None: ...
    def restore(self) -> None: ...
    def write(self, data: bytes) -> int: ...


class PlainLogin(Protocol):
    """A login at an account that runs no command for us: what is left is what `ssh` would show there."""

    async def run(self, terminal: RawTerminal, read_keys: Callable[[], bytes | None]) -> int:
        """Show it until it ends and return the exit status.

        `read_keys` gives what was typed, None once the user quits.
        """
