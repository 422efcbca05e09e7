"""What a stream is for: the request that its opener begins with (`rmosh/PROTOCOL.md`, Streams).

Each kind is a frozen dataclass and one line of the table below: its code and how its fields are written, in their
order. What stands behind the known fields is a later version's, and passed over.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from rmosh.errors import UsageError
from rmosh.forwarding.first_message import (
    MAX_REQUEST,
    append_port,
    append_text,
    append_texts,
    counted_message,
    take_port,
    take_text,
    take_texts,
)
from rmosh.lazy_dataclass import dataclass, field_names
from rmosh.wire import MAX_VARINT, Reader, append_varint

#: Most rows and columns of a terminal. Source: ioctl_tty(2), struct winsize.
MAX_WINDOW_SIDE: Final = 65535


@dataclass(frozen=True, slots=True)
class ConnectTcp:
    """Connect to a port, of a host as the far side finds it by name or address."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class ConnectUnix:
    """Connect to a socket by its path."""

    path: str


@dataclass(frozen=True, slots=True)
class ConnectUdp:
    """Exchange datagrams with a port; on the stream each stands behind two bytes of length."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class ListenTcp:
    """Listen, and open a stream for each who comes; the answer tells the port.

    Attributes:
        bind: at which address or name; "" where none was asked for, "*" for all.
        port: 0 for one that is free.
    """

    bind: str
    port: int


@dataclass(frozen=True, slots=True)
class ListenUnix:
    """Listen at a path, and open a stream for each who comes."""

    path: str


@dataclass(frozen=True, slots=True)
class ListenUdp:
    """Listen for datagrams, and open a stream for each sender; the fields are ListenTcp's."""

    bind: str
    port: int


@dataclass(frozen=True, slots=True)
class RunProgram:
    """Run a program as the account's login shell starts it; `records.py` has what comes back.

    Attributes:
        command: for the shell, or the name of a subsystem; "" for the shell itself.
        environment: `NAME=VALUE`, as many of them as the host takes.
        name: what the client calls it, where it may have more to say of it; nobody can guess it.
        terminal: the kind of terminal that it shall run in; "" for pipes.
        rows, columns: of that terminal, in cells; 0 where nobody knows.
    """

    command: str
    is_subsystem: bool = False
    environment: tuple[str, ...] = ()
    name: str = ""
    terminal: str = ""
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True, slots=True)
class OutputBroken:
    """Nobody reads the output, or the errors, of a program any more; the stream was opened to say so, and ends.

    Attributes:
        name: what the client called the program.
    """

    name: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Linger:
    """Stay when the session is over, for as long as the stream lives: its client may let others in."""


@dataclass(frozen=True, slots=True)
class Serve:
    """Run the server itself with these words and this hello on its standard input; its output is the answer's data."""

    words: tuple[str, ...]
    hello: str


@dataclass(frozen=True, slots=True)
class ForwardAgent:
    """From now on this client takes connections to its agent, for as long as the stream lives."""


@dataclass(frozen=True, slots=True)
class ForwardX11:
    """From now on this client takes connections to its display, for as long as the stream lives.

    The answer tells the cookie that the host has its X11 clients show, in hexadecimal digits.
    """


@dataclass(frozen=True, slots=True)
class Accepted:
    """Somebody came to a listener.

    Attributes:
        listener: the number of the stream that asked for it.
        origin, origin_port: who came; "" and 0 where nobody knows.
    """

    listener: int
    origin: str = ""
    origin_port: int = 0


@dataclass(frozen=True, slots=True)
class AgentConnection:
    """A program wants the agent: which, as people know it."""

    program: str


@dataclass(frozen=True, slots=True)
class X11Connection:
    """A program wants the display: where it came from, as people know it."""

    origin: str


@dataclass(frozen=True, slots=True)
class UnknownRequest:
    """A kind of a later version."""

    kind: int


Request: TypeAlias = (
    "ConnectTcp | ConnectUnix | ConnectUdp | ListenTcp | ListenUnix | ListenUdp | RunProgram | Serve | ForwardAgent | "
    "ForwardX11 | OutputBroken | Linger | Accepted | AgentConnection | X11Connection | UnknownRequest"
)


@dataclass(frozen=True, slots=True)
class _Field:
    """How a value is written and read."""

    write: Callable[[bytearray, Any], None]
    read: Callable[[Reader], Any]


def _take_cells(reader: Reader) -> int:
    return reader.varint(limit=MAX_WINDOW_SIDE)


def _take_flag(reader: Reader) -> bool:
    return bool(reader.varint(limit=1))


_TEXT: Final = _Field(append_text, take_text)
_TEXTS: Final = _Field(append_texts, take_texts)
_PORT: Final = _Field(append_port, take_port)
_NUMBER: Final = _Field(append_varint, Reader.varint)
_FLAG: Final = _Field(append_varint, _take_flag)
_CELLS: Final = _Field(append_varint, _take_cells)

#: Code -> the kind, and its fields. Source: PROTOCOL.md.
KINDS: Final[dict[int, tuple[type[Any], tuple[_Field, ...]]]] = {
    1: (ConnectTcp, (_TEXT, _PORT)),
    2: (ConnectUnix, (_TEXT,)),
    3: (ConnectUdp, (_TEXT, _PORT)),
    4: (ListenTcp, (_TEXT, _PORT)),
    5: (ListenUnix, (_TEXT,)),
    6: (ListenUdp, (_TEXT, _PORT)),
    7: (RunProgram, (_TEXT, _FLAG, _TEXTS, _TEXT, _TEXT, _CELLS, _CELLS)),
    8: (Serve, (_TEXTS, _TEXT)),
    9: (ForwardAgent, ()),
    10: (ForwardX11, ()),
    11: (Accepted, (_NUMBER, _TEXT, _PORT)),
    12: (AgentConnection, (_TEXT,)),
    13: (X11Connection, (_TEXT,)),
    14: (OutputBroken, (_TEXT, _FLAG)),
    15: (Linger, ()),
}

_CODES: Final = {shape: code for code, (shape, _) in KINDS.items()}


def encode_request(request: Request) -> bytes:
    """Return what a stream begins with, its length first.

    Raises:
        UsageError: it is longer than MAX_REQUEST, a number is no varint, or its kind is unknown.
    """
    code = _CODES.get(type(request))
    if code is None:
        raise UsageError(f"{request} is no kind of request that is sent")
    message = bytearray((code,))
    for field, name in zip(KINDS[code][1], field_names(type(request)), strict=True):
        field.write(message, getattr(request, name))
    if len(message) > MAX_REQUEST:
        raise UsageError(f"a request has at most {MAX_REQUEST} bytes, this one would have {len(message)}")
    return counted_message(bytes(message))


def parse_request(untrusted: bytes) -> Request:
    """Return a request from its bytes, without their length.

    Raises:
        Malformed: they end within a field, or a value is out of bounds.
    """
    reader = Reader(untrusted)
    code = reader.varint(limit=MAX_VARINT)
    if code not in KINDS:
        return UnknownRequest(code)
    shape, fields = KINDS[code]
    request: Request = shape(*[field.read(reader) for field in fields])
    return request
