"""What `-L`, `-R` and `-D` take: where something listens and what it goes to. Source: ssh(1), ssh_config(5).

The grammar is ssh's, `udp/` in front of it is ours. Hosts are names as typed: each is looked up where it counts.
"""

import socket
from enum import Enum
from typing import Final, TypeAlias

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass

#: Most bytes of a host's name. Source: RFC 1035 section 2.3.4 has 255; a scoped IPv6 address has fewer.
MAX_HOST: Final = 255

#: Most bytes of a socket's path. Source: ssh reads a path into PATH_MAX; no system has more than 108 for it (unix(7)).
MAX_PATH: Final = 4096

_HIGHEST_PORT: Final = 65535

#: What stands before a specification that is about datagrams.
UDP_PREFIX: Final = "udp/"

#: What stands before a socket's path for `-W`.
_UNIX_PREFIX: Final = "unix:"


class Flag(Enum):
    """Which option asks for it: what listens here, there, and here for SOCKS."""

    LOCAL = "-L"
    REMOTE = "-R"
    DYNAMIC = "-D"


@dataclass(frozen=True, slots=True)
class Tcp:
    """A TCP port; `host` is None where none is named: the bind address that is usual."""

    host: str | None
    port: int

    def __str__(self) -> str:
        return _shown(self.host, self.port)


@dataclass(frozen=True, slots=True)
class Udp:
    """A UDP port; `host` as for TCP."""

    host: str | None
    port: int

    def __str__(self) -> str:
        return _shown(self.host, self.port)


@dataclass(frozen=True, slots=True)
class Unix:
    """A Unix socket."""

    path: str

    def __str__(self) -> str:
        return _escaped(self.path)


Place: TypeAlias = Tcp | Udp | Unix


@dataclass(frozen=True, slots=True)
class Forward:
    """One forward.

    Attributes:
        target: what a connection goes to; None where each says it itself, by SOCKS.
    """

    flag: Flag
    listen: Place
    target: Place | None

    @property
    def text(self) -> str:
        """What the option takes to ask for it."""
        prefix = UDP_PREFIX if isinstance(self.listen, Udp) else ""
        return f"{prefix}{self.listen}" + (f":{self.target}" if self.target is not None else "")

    def __str__(self) -> str:
        return f"{self.flag.value} {self.text}"


#: The right forms, as an error shows them.
_FORMS: Final = {
    Flag.LOCAL: "-L [bind_address:]port:host:hostport, udp/... of the same, or a socket's path on either side",
    Flag.REMOTE: "-R [bind_address:]port:host:hostport, udp/... of the same, a socket's path on either side, or"
    " -R [bind_address:]port alone for SOCKS",
    Flag.DYNAMIC: "-D [bind_address:]port",
}


@dataclass(frozen=True, slots=True)
class _Field:
    text: str
    is_path: bool


class _Bad(Exception):
    """What is wrong with a specification, in words."""


def parse_forward(flag: Flag, text: str) -> Forward:
    """Read what one of the options was given.

    Raises:
        BootstrapError: it is no specification; the message names it, what is wrong with it and the right form.
    """
    try:
        return _forward(flag, *_cut(text))
    except _Bad as wrong:
        raise BootstrapError(
            Stage.USAGE, f"{flag.value} {text!r}: {wrong}", hint=f"the form is {_FORMS[flag]}"
        ) from None


def parse_destination(text: str) -> Place:
    """Read what `-W` takes: host:port, as ssh does, or unix: and a socket's path.

    Raises:
        BootstrapError: it is neither.
    """
    try:
        if text.startswith(_UNIX_PREFIX):
            return _unix(_Field(text[len(_UNIX_PREFIX) :], is_path=True))
        host, _, port = text.rpartition(":")
        fields = [_Field(host, False), _Field(port, False)] if _is_bare_ipv6(host) else _fields(text)
        if len(fields) != 2 or any(field.is_path for field in fields):
            raise _Bad("it has not the fields that it needs")
        return _target(fields, Tcp)
    except _Bad as wrong:
        raise BootstrapError(
            Stage.USAGE, f"-W {text!r}: {wrong}", hint="the form is -W host:port, or -W unix:PATH"
        ) from None


def _is_bare_ipv6(host: str) -> bool:
    """Tell whether it is an address without its brackets, as `-W %h:%p` makes one."""
    try:
        return bool(socket.inet_pton(socket.AF_INET6, host.partition("%")[0]))
    except (OSError, ValueError):
        return False


def parse_listener(flag: Flag, text: str) -> Place:
    """Read what names a forward that is to be ended: where it listens, with a target or without, as ssh's `-KL` does.

    Raises:
        BootstrapError: it names none.
    """
    option = f"-K{flag.value[1:]}"
    try:
        fields, kind = _cut(text)
        return _listener(fields, kind) if _is_for_socks(fields) else _forward(flag, fields, kind).listen
    except _Bad as wrong:
        raise BootstrapError(
            Stage.USAGE, f"{option} {text!r}: {wrong}", hint=f"the form is {option} [bind_address:]port, or a path"
        ) from None


def _cut(text: str) -> "tuple[list[_Field], type[Tcp] | type[Udp]]":
    bare = text.lstrip()
    if bare.startswith(UDP_PREFIX):
        return _fields(bare[len(UDP_PREFIX) :]), Udp
    return _fields(bare), Tcp


def _forward(flag: Flag, fields: list[_Field], kind: type[Tcp] | type[Udp]) -> Forward:
    if kind is Udp and any(field.is_path for field in fields):
        raise _Bad("a socket's path does not go with udp/")
    if _is_for_socks(fields):
        if flag is Flag.LOCAL:
            raise _Bad("it does not say where a connection goes")
        if kind is Udp:
            raise _Bad("it does not say where a datagram goes, and SOCKS is for TCP alone here")
        return Forward(flag, _listener(fields, kind), None)
    if flag is Flag.DYNAMIC:
        raise _Bad("it says where a connection goes, which each says itself by SOCKS")
    count = len(fields) - (1 if fields[-1].is_path else 2)
    if not 0 < count <= 2 or (count == 2 and fields[0].is_path):
        raise _Bad("it has not the fields that it needs")
    return Forward(flag, _listener(fields[:count], kind), _target(fields[count:], kind))


def _is_for_socks(fields: list[_Field]) -> bool:
    return len(fields) == 1 or (len(fields) == 2 and not fields[1].is_path)


def _listener(fields: list[_Field], kind: type[Tcp] | type[Udp]) -> Place:
    if fields[0].is_path and len(fields) == 1:
        return _unix(fields[0])
    if fields[0].is_path:
        raise _Bad(f"the path {fields[0].text!r} stands where a bind address does")
    host = _host(fields[0].text) if len(fields) == 2 else None
    return kind(host, _port(fields[-1].text, kind))


def _target(fields: list[_Field], kind: type[Tcp] | type[Udp]) -> Place:
    if len(fields) == 1:
        return _unix(fields[0])
    host, port = _host(fields[0].text), _port(fields[1].text, kind)
    if not host:
        raise _Bad("the host that a connection goes to is missing")
    if not port:
        raise _Bad("nothing can be connected to port 0")
    return kind(host, port)


def _unix(field: _Field) -> Unix:
    if not field.text:
        raise _Bad("the socket's path is missing")
    if len(field.text.encode(errors="surrogateescape")) > MAX_PATH:
        raise _Bad(f"the path has more than {MAX_PATH} bytes")
    return Unix(field.text)


def _host(text: str) -> str:
    text = text.strip()
    if len(text.encode(errors="surrogateescape")) > MAX_HOST:
        raise _Bad(f"the host's name has more than {MAX_HOST} bytes")
    if not text.isprintable():
        raise _Bad(f"{text!r} is no host's name")
    return text


def _port(text: str, kind: type[Tcp] | type[Udp]) -> int:
    """Return a port; a service's name stands for one, as /etc/services has it here."""
    digits = text.strip().removeprefix("+")
    if digits.isascii() and digits.isdecimal():
        if len(digits.lstrip("0")) > len(str(_HIGHEST_PORT)) or int(digits) > _HIGHEST_PORT:
            raise _Bad(f"port {digits[:10]} is beyond {_HIGHEST_PORT}")
        return int(digits)
    if not text:
        raise _Bad("a port is missing")
    try:
        return socket.getservbyname(text, "udp" if kind is Udp else "tcp")
    except (OSError, ValueError, UnicodeError):
        raise _Bad(f"{text!r} is no port: neither a number nor the name of a service") from None


def _fields(text: str) -> list[_Field]:
    """Cut a specification at its colons; one in brackets is taken as it is, a backslash takes a colon its meaning."""
    fields: list[_Field] = []
    place = 0
    while place < len(text):
        field, place = _bracketed(text, place) if text[place] == "[" else _plain(text, place)
        fields.append(field)
    if not 0 < len(fields) <= 4:
        raise _Bad("it is empty" if not fields else "it has too many fields: an IPv6 address goes into [brackets]")
    return fields


def _bracketed(text: str, start: int) -> tuple[_Field, int]:
    end = text.find("]", start)
    if end < 0 or text[end + 1 : end + 2] not in ("", ":"):
        raise _Bad("a bracket is not closed at a field's end")
    inside = text[start + 1 : end]
    return _Field(inside, "/" in inside), end + 2


def _plain(text: str, start: int) -> tuple[_Field, int]:
    taken: list[str] = []
    place = start
    while place < len(text) and text[place] != ":":
        if text[place] == "\\":
            place += 1
            if place == len(text):
                raise _Bad("it ends with a backslash")
        taken.append(text[place])
        place += 1
    field = "".join(taken)
    return _Field(field, "/" in field), place + 1


def _shown(host: str | None, port: int) -> str:
    if host is None:
        return str(port)
    return f"[{host}]:{port}" if ":" in host and "]" not in host else f"{_escaped(host)}:{port}"


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(":", "\\:")
    means_more = text.startswith(("[", UDP_PREFIX)) or text[:1].isspace()
    return f"\\{escaped}" if means_more else escaped
