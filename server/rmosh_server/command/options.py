"""The command line of `rmosh-server`, read into values; it knows what may be asked, not how it is done."""

import argparse
import os
from collections.abc import Sequence
from typing import Final, TypeAlias

from rmosh import PROTOCOL_VERSION, __version__
from rmosh.announce import SESSION_ID_BYTES
from rmosh.command_line import Parser
from rmosh.compiled import COMPILED
from rmosh.compression import Compression
from rmosh.lazy_dataclass import dataclass
from rmosh.session_name import is_session_name
from rmosh.spans import parse_span
from rmosh_server.plain_text import client_name
from rmosh_server.sockets.udp import DEFAULT_PORTS, PortRange, parse_ports

#: The UDP port that all sessions of a host share. Reason: in that range, where sessions' own ports come last.
SHARED_PORT: Final = "61000"

#: Most rows and columns of a window, in cells. Source: PROTOCOL.md, the bound of the WINDOW frame.
MAX_WINDOW: Final = 1000


@dataclass(frozen=True, slots=True)
class GuestWishes:
    """How a client wants to be attached.

    Attributes:
        name: how the others see it; "" for where it comes from.
        says_hello: it does so on standard input.
    """

    rows: int
    columns: int
    name: str = ""
    read_only: bool = False
    detach_others: bool = False
    says_hello: bool = False
    compression: Compression = Compression.LAYOUT
    obscures_typing: bool = False


@dataclass(frozen=True, slots=True)
class NewSession:
    """What `rmosh-server new` was asked for.

    Attributes:
        environment: variables wanted in the shell, in the order given; not all may be set.
        command: the words of a command to run instead of a shell; empty for a shell.
        name: what the session is called, "" for nothing.
        or_attach: attach to the session of that name if there is one.
        idle_timeout: seconds without a client after which it is ended; None for what the user's file says.
        is_tunnel: without a terminal and a shell, for streams alone.
    """

    guest: GuestWishes
    ports: PortRange
    term: str
    environment: tuple[tuple[str, str], ...]
    command: tuple[str, ...]
    name: str = ""
    or_attach: bool = False
    idle_timeout: float | None = None
    is_tunnel: bool = False


@dataclass(frozen=True, slots=True)
class AttachSession:
    """What `rmosh-server attach` was asked for: a session by name or id, "" for the only one."""

    session: str
    guest: GuestWishes


@dataclass(frozen=True, slots=True)
class AddPath:
    """What `rmosh-server path` was asked for: a way in through this SSH channel for a client, by its session id."""

    client: bytes


@dataclass(frozen=True, slots=True)
class ListSessions:
    """What `rmosh-server ls` was asked for."""

    as_json: bool


@dataclass(frozen=True, slots=True)
class KillSession:
    """What `rmosh-server kill` was asked for: a session by name or id."""

    session: str


@dataclass(frozen=True, slots=True)
class DetachClients:
    """What `rmosh-server detach` was asked for: a session by name or id, "" for the one it runs in."""

    session: str
    everyone: bool


@dataclass(frozen=True, slots=True)
class TraceClients:
    """What `rmosh-server trace` was asked for: a session by name or id, "" for the one it runs in."""

    session: str
    stop: bool


@dataclass(frozen=True, slots=True)
class ShowLog:
    """What `rmosh-server log` was asked for: a session by name or id, "" for the one it runs in, or the newest log."""

    session: str


@dataclass(frozen=True, slots=True)
class KeepPort:
    """What `rmosh-server port` was asked for.

    Attributes:
        place: where sessions shall find it; "" for the usual place.
        user: whom to be where root has started it.
    """

    ports: PortRange
    place: str
    user: str


@dataclass(frozen=True, slots=True)
class AskStatus:
    """What `rmosh-server status` was asked for."""

    session_id: bytes


#: What is asked of sessions that are there.
Errand: TypeAlias = AttachSession | AddPath | ListSessions | KillSession | DetachClients | TraceClients | ShowLog

Wanted: TypeAlias = NewSession | Errand | AskStatus | KeepPort


def parse_arguments(arguments: Sequence[str]) -> Wanted:
    """Read the words after the program's name.

    Raises:
        SystemExit: they are wrong (status 2, the reason on standard error), or only help or the version was asked.
    """
    own, command = _split_command(arguments)
    parser = build_parser()
    if not own:
        parser.refuse("no action is named", "rmosh-server ls lists your sessions here; --help tells the rest")
    parsed = parser.parse_words(own)
    if parsed.action == "new":
        return _new_session(parser, parsed, command)
    if command:
        parser.error(f"{parsed.action} takes no command")
    if parsed.action == "attach":
        return AttachSession(parsed.session, _guest_wishes(parsed))
    if parsed.action == "path":
        return AddPath(parsed.client)
    if parsed.action == "ls":
        return ListSessions(parsed.json)
    if parsed.action == "kill":
        return KillSession(parsed.session)
    if parsed.action == "detach":
        return DetachClients(parsed.session, parsed.all)
    if parsed.action == "trace":
        return TraceClients(parsed.session, parsed.stop)
    if parsed.action == "log":
        return ShowLog(parsed.session)
    if parsed.action == "port":
        return KeepPort(parsed.port, parsed.socket or "", parsed.user)
    return AskStatus(parsed.session_id)


def _new_session(parser: argparse.ArgumentParser, parsed: argparse.Namespace, command: tuple[str, ...]) -> NewSession:
    if parsed.or_attach and not parsed.name:
        parser.error("--or-attach needs --name")
    if parsed.tunnel and (parsed.name or parsed.read_only or command):
        parser.error("a tunnel has no name, no reader and no command")
    return NewSession(
        guest=_guest_wishes(parsed),
        ports=parsed.port,
        term=parsed.term,
        environment=tuple(parsed.env),
        command=command,
        name=parsed.name or "",
        or_attach=parsed.or_attach,
        idle_timeout=parsed.idle_timeout,
        is_tunnel=parsed.tunnel,
    )


def _guest_wishes(parsed: argparse.Namespace) -> GuestWishes:
    return GuestWishes(
        rows=parsed.rows,
        columns=parsed.columns,
        name=parsed.client,
        read_only=parsed.read_only,
        detach_others=parsed.detach_others,
        says_hello=parsed.hello,
        compression=Compression(parsed.compress),
        obscures_typing=parsed.obscure_typing,
    )


def _split_command(arguments: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Split at the first `--`; argparse would also drop later ones, which belong to the command."""
    words = list(arguments)
    if "--" not in words:
        return words, ()
    dashes = words.index("--")
    return words[:dashes], tuple(words[dashes + 1 :])


def build_parser() -> Parser:
    """Return the parser of all but the command behind two dashes."""
    parser = Parser(
        prog="rmosh-server", description="Keep a terminal for clients that come and go.", allow_abbrev=False
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"rmosh-server {__version__} (protocol {PROTOCOL_VERSION}, {COMPILED.told})",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _add_new(actions)
    _add_attach(actions)
    _add_path(actions)
    listing = actions.add_parser("ls", help="list this user's sessions", allow_abbrev=False)
    listing.add_argument("--json", action="store_true", help="as JSON, one array of objects")
    killing = actions.add_parser("kill", help="end a session and what runs in it", allow_abbrev=False)
    killing.add_argument("session", metavar="SESSION", help="its name, or the first digits of its id")
    detaching = actions.add_parser("detach", help="disconnect clients; the session goes on", allow_abbrev=False)
    detaching.add_argument("session", metavar="SESSION", nargs="?", default="", help="default: the one this runs in")
    detaching.add_argument("--all", action="store_true", help="all clients, not only the one that typed last")
    tracing = actions.add_parser(
        "trace", help="trace a session's clients from now on, and print into which files", allow_abbrev=False
    )
    tracing.add_argument("session", metavar="SESSION", nargs="?", default="", help="default: the one this runs in")
    tracing.add_argument("--stop", action="store_true", help="end their traces instead")
    log = actions.add_parser("log", help="show what a session's server complained about", allow_abbrev=False)
    log.add_argument(
        "session",
        metavar="SESSION",
        nargs="?",
        default="",
        help="its name, or the first digits of its id, also when it has ended (default: the one this runs in, or the "
        "one that has written last)",
    )
    status = actions.add_parser("status", help="say whether a session is alive", allow_abbrev=False)
    status.add_argument(
        "session_id", metavar="SESSION_ID_HEX", type=_session_id, help="the session's id, 16 hex digits"
    )
    _add_port(actions)
    return parser


def _add_port(actions: "argparse._SubParsersAction[Parser]") -> None:
    port = actions.add_parser("port", help="keep one UDP port for all sessions of this host", allow_abbrev=False)
    port.add_argument(
        "--port",
        type=_port_range,
        default=SHARED_PORT,
        metavar="N[:M]",
        help=f"UDP port, or the first free one of a range (default {SHARED_PORT}); systemd's socket unit overrides it",
    )
    port.add_argument(
        "--socket",
        type=os.path.abspath,
        metavar="PATH",
        help="where sessions find it (default: /run/rmosh/port.sock as root, else $XDG_RUNTIME_DIR/rmosh/port.sock)",
    )
    port.add_argument(
        "--user", default="nobody", metavar="NAME", help="be this user where root has started it (default nobody)"
    )


def _add_new(actions: "argparse._SubParsersAction[Parser]") -> None:
    new = actions.add_parser(
        "new",
        help="start a shell and print how to reach it",
        usage="rmosh-server new [options] [-- COMMAND...]",
        epilog="example: rmosh-server new --rows 50 --columns 132 -- htop",
        allow_abbrev=False,
    )
    _add_guest_options(new)
    new.add_argument("--name", type=_session_name, metavar="NAME", help="name the session")
    new.add_argument(
        "--idle-timeout",
        type=_duration,
        metavar="TIME",
        help="end it once nobody has been attached for this long, such as 3d",
    )
    new.add_argument("--tunnel", action="store_true", help="start no shell: the client wants forwarded streams alone")
    new.add_argument("--or-attach", action="store_true", help="attach to the session of that name if there is one")
    new.add_argument(
        "--port",
        type=_port_range,
        default=str(DEFAULT_PORTS),
        metavar="N[:M]",
        help=f"UDP port or range to listen on, 0 for any (default {DEFAULT_PORTS})",
    )
    new.add_argument("--term", default="xterm-256color", help="TERM of the shell (default xterm-256color)")
    new.add_argument(
        "--env",
        type=_variable,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a variable in the shell's environment; may be repeated",
    )


def _add_attach(actions: "argparse._SubParsersAction[Parser]") -> None:
    attach = actions.add_parser(
        "attach", help="let one more client in, and print how it reaches the session", allow_abbrev=False
    )
    _add_guest_options(attach)
    attach.add_argument(
        "session",
        metavar="SESSION",
        nargs="?",
        default="",
        help="its name, or the first digits of its id (default: the only one, or the only one nobody is at)",
    )


def _add_path(actions: "argparse._SubParsersAction[Parser]") -> None:
    path = actions.add_parser(
        "path", help="let a client that is attached reach its session through this SSH channel", allow_abbrev=False
    )
    path.add_argument(
        "--hello", action="store_true", required=True, help="read the client's hello from standard input, and answer it"
    )
    path.add_argument("client", metavar="CLIENT_ID_HEX", type=_session_id, help="the client's id, 16 hex digits")


def _add_guest_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=_cells, default=24, metavar="N", help="window height in cells (default 24)")
    parser.add_argument("--columns", type=_cells, default=80, metavar="N", help="window width in cells (default 80)")
    parser.add_argument("--client", type=client_name, default="", metavar="NAME", help="how other clients see this one")
    parser.add_argument(
        "--hello", action="store_true", help="read the client's hello from standard input, and answer it"
    )
    parser.add_argument("--read-only", action="store_true", help="the client watches without typing")
    parser.add_argument("--detach-others", action="store_true", help="disconnect the other clients")
    parser.add_argument("--obscure-typing", action="store_true", help="hide from eavesdroppers when the client types")
    parser.add_argument(
        "--compress",
        choices=[compression.value for compression in Compression],
        default=Compression.LAYOUT.value,
        help="compress nothing, the layout of screens, or their text too (default: %(default)s)",
    )


def _duration(text: str) -> float:
    try:
        return parse_span(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _session_name(text: str) -> str:
    if not is_session_name(text):
        raise argparse.ArgumentTypeError(
            f"a session's name has 1 to 64 letters, digits, - _ . @ and no dash first, not {text!r}"
        )
    return text


def _cells(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_WINDOW:
        raise argparse.ArgumentTypeError(f"a window has 1 to {MAX_WINDOW} rows and columns, not {text!r}")
    return int(text)


def _port_range(text: str) -> PortRange:
    try:
        return parse_ports(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("an environment variable is given as NAME=VALUE")
    return name, value


def _session_id(text: str) -> bytes:
    try:
        session_id = bytes.fromhex(text)
    except ValueError:
        session_id = b""
    if len(session_id) != SESSION_ID_BYTES:
        raise argparse.ArgumentTypeError(f"a session id is {2 * SESSION_ID_BYTES} hex digits, not {text!r}")
    return session_id
