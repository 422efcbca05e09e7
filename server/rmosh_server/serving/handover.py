"""What the process that started a session tells the interpreter that serves it: one message, its fields by name.

The message is a JSON object through a pipe: argv can be read by everyone. The secret stands by itself ahead of it, so
that the serving process has it in one buffer only.
"""

import math
import os
from collections.abc import Mapping
from typing import Any, Final

from rmosh.announce import SECRET_BYTES, SESSION_ID_BYTES, Announce
from rmosh.compression import Compression
from rmosh.errors import Malformed
from rmosh.hello import NONCE_BYTES, format_traits, is_nonce, parse_traits
from rmosh.lazy_dataclass import dataclass, field, field_names, replace
from rmosh.session_name import is_session_name
from rmosh.traits import Traits
from rmosh_server.plain_text import MAX_CLIENT_NAME, MAX_REMARK
from rmosh_server.serving.settings import MAX_BYTES_ASKED, MAX_LINES_ASKED, ForwardingSettings, Settings

#: Longest message in bytes, the secret included. Reason: a pipe holds 64 KB, and both ends of it are one process.
MAX_SIZE: Final = 65536

#: Most remarks handed over. Reason: there are six kinds: no directory, the two files, what they forbid, variables.
MAX_REMARKS: Final = 8

#: Longest word of a setting, in characters: a host's name and a port.
MAX_WORD: Final = 300

#: Stands for a descriptor that there is not.
NO_DESCRIPTOR: Final = -1

#: Variables by which a serving interpreter finds its modules, whatever the login's environment has of them.
PYTHON_VARIABLES: Final = ("PYTHONHOME", "PYTHONPATH")

#: Tells a serving interpreter where to have a fork server listen.
FORK_SERVER_VARIABLE: Final = "RMOSH_FORK_SERVER"

#: Most words of a command that is handed over. Reason: an interpreter, its options and a module.
_MAX_WORDS: Final = 8

#: Longest cookie of a display, in hexadecimal digits. Source: Xsecurity(7), MIT-MAGIC-COOKIE-1.
_LONGEST_COOKIE: Final = 32

#: Longest path in bytes. Source: <linux/limits.h>, PATH_MAX.
_MAX_PATH: Final = 4096

#: Largest process id, and more than the largest descriptor. Source: pid_t and int have 32 bits.
_MAX_NUMBER: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Handover:
    """A session whose shell runs, or a tunnel, and whose client knows where to find it.

    Attributes:
        shell: process id of the shell or command; a tunnel's own, as it has neither that nor a terminal.
        is_login: a login shell runs, not a command.
        udp, master, slave: descriptors of the socket and of both ends of the PTY, NO_DESCRIPTOR where there is none.
        report: where the launcher waits to hear that the session serves; where it goes on in the SSH channel, until it
            lets that go.
        record, control: what holds the session's file locked, and the socket where other processes ask for it;
            NO_DESCRIPTOR where the session is not known on this host.
        obscures_typing: the first client is answered so that nobody learns when it types.
        shared_port: where the keeper of the port is that `udp` is connected to; "" where `udp` is a UDP socket.
        directory: where the record and the control socket are.
        name: what the user calls the session, "" for nothing.
        client: how other clients shall see its first one.
        compression: what is deflated for that one.
        traits: what its terminal said of itself; None where it does not tell.
        streams: it speaks streams of bytes beside the terminal.
        complaints: what did not go as it should, a line each.
        others: a line about the user's other sessions, "" for none.
        trace: the file that the first client is traced into, "" for none.
        stream: nonce of the hello behind which its datagrams follow, "" where they do not.
        reading, writing: descriptors of the SSH channel's input and output then.
        agent, agent_path: what listens for programs that want the client's agent, and where; NO_DESCRIPTOR for none.
        display_port, display_port_too: what listens for those that want its display, for one or two families of
            addresses.
        display, cookie: its number, and what they show there, in hexadecimal digits.
        settings: what the user wishes for all sessions, with what was wished for this one.
        program: the words that run this server anew; none where it is in memory alone.
        python_variables: what it has in the environment for its interpreter, as `NAME=VALUE`.
    """

    announce: Announce
    rows: int
    columns: int
    shell: int
    is_login: bool
    udp: int
    master: int
    slave: int
    report: int
    record: int = NO_DESCRIPTOR
    control: int = NO_DESCRIPTOR
    obscures_typing: bool = False
    shared_port: str = ""
    directory: str = ""
    name: str = ""
    client: str = ""
    compression: Compression = Compression.LAYOUT
    traits: Traits | None = None
    streams: bool = False
    complaints: tuple[str, ...] = ()
    others: str = ""
    trace: str = ""
    stream: str = ""
    reading: int = NO_DESCRIPTOR
    writing: int = NO_DESCRIPTOR
    agent: int = NO_DESCRIPTOR
    agent_path: str = ""
    display_port: int = NO_DESCRIPTOR
    display_port_too: int = NO_DESCRIPTOR
    display: int = 0
    cookie: str = field(default="", repr=False)
    settings: Settings = Settings()
    program: tuple[str, ...] = ()
    python_variables: tuple[str, ...] = ()

    @property
    def is_tunnel(self) -> bool:
        """Whether there is no terminal: streams are all that its client wants."""
        return self.master == NO_DESCRIPTOR

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All that must stay open."""
        numbers = [getattr(self, name) for name in _DESCRIPTORS]
        return tuple([number for number in numbers if number != NO_DESCRIPTOR])

    def renumbered(self, numbers: Mapping[int, int]) -> "Handover":
        """Return it with other numbers for the same descriptors.

        Raises:
            Malformed: one has no other.
        """
        if not numbers.keys() >= {*self.descriptors}:
            raise Malformed("a descriptor that is handed over was not passed")
        moved: dict[str, Any] = {name: numbers.get(getattr(self, name), NO_DESCRIPTOR) for name in _DESCRIPTORS}
        return replace(self, **moved)


#: Fields that are descriptors.
_DESCRIPTORS: Final = (
    "udp", "report", "master", "slave", "record", "control", "reading", "writing", "agent", "display_port",
    "display_port_too",
)  # fmt: skip


def receive(descriptor: int, numbers: Mapping[int, int] | None = None) -> Handover:
    """Read what was handed over through a pipe.

    Args:
        numbers: where it comes from another process, the number of each descriptor there and here.

    Raises:
        Malformed: it is not what this version hands over.
    """
    buffer = bytearray(MAX_SIZE)
    with open(descriptor, "rb", buffering=0) as pipe:
        size = pipe.readinto(buffer) or 0
        while numbers is not None and (more := pipe.readinto(memoryview(buffer)[size:])):
            size += more  # who is executed anew finds all of it there, and one end of the pipe may be his own
    session = parse_handover(bytes(memoryview(buffer)[SECRET_BYTES:size]), secret=buffer[:SECRET_BYTES])
    buffer[:SECRET_BYTES] = bytes(SECRET_BYTES)
    if numbers is not None:
        return session.renumbered(numbers)
    for kept in session.descriptors:
        os.set_inheritable(kept, False)
    return session


def format_handover(session: Handover) -> bytes:
    """Return the message, without the secret."""
    import json  # only now: the announce line does not wait for it

    announce = session.announce
    told: dict[str, object] = {
        "version": announce.version,
        "port": announce.port,
        "session": announce.session_id.hex(),
        "client_timeout": _finite(announce.client_timeout),
        **{name: getattr(session, name) for name in _PLAIN_FIELDS},
        "compression": session.compression.value,
        "traits": format_traits(session.traits),
        "settings": _told_settings(session.settings),
    }
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")  # a path may be any bytes


#: Fields that JSON has values for.
_PLAIN_FIELDS: Final = (
    "rows", "columns", "shell", "is_login", "udp", "master", "slave", "report", "record", "control", "obscures_typing",
    "shared_port", "directory", "name", "client", "complaints", "others", "trace", "stream", "streams",
    "reading", "writing", "program", "python_variables", "agent", "agent_path",
    "display_port", "display_port_too", "display", "cookie",
)  # fmt: skip


def parse_handover(untrusted: bytes, *, secret: bytearray) -> Handover:
    """Read the message; fields that are unknown mean nothing.

    Raises:
        Malformed: it is not one: a field is missing, of another kind, or out of its bounds.
    """
    from rmosh.json_object import parse_object  # 10 ms with the next, which the announce line does not wait for
    from rmosh.terminal.cells import MAX_COLUMNS, MAX_ROWS

    told = _Told(parse_object(untrusted, called="a handover"))
    name = told.text("name", limit=MAX_CLIENT_NAME)
    if name and not is_session_name(name):
        raise Malformed("the handover's name is no session's")
    return Handover(
        announce=_announce(told, secret),
        rows=told.number("rows", most=MAX_ROWS),
        columns=told.number("columns", most=MAX_COLUMNS),
        shell=told.number("shell"),
        is_login=told.flag("is_login"),
        udp=told.number("udp", least=0),
        master=told.number("master", least=NO_DESCRIPTOR),
        slave=told.number("slave", least=NO_DESCRIPTOR),
        report=told.number("report", least=0),
        record=told.number("record", least=NO_DESCRIPTOR),
        control=told.number("control", least=NO_DESCRIPTOR),
        obscures_typing=told.flag("obscures_typing"),
        shared_port=told.path("shared_port"),
        directory=told.path("directory"),
        name=name,
        client=told.text("client", limit=MAX_CLIENT_NAME),
        compression=told.compression("compression"),
        traits=parse_traits(told.text("traits", limit=256)),
        complaints=told.texts("complaints", limit=MAX_REMARK, most=MAX_REMARKS),
        others=told.text("others", limit=MAX_REMARK),
        trace=told.path("trace"),
        stream=_stream(told),
        streams=told.flag("streams"),
        reading=told.number("reading", least=NO_DESCRIPTOR),
        writing=told.number("writing", least=NO_DESCRIPTOR),
        agent=told.number("agent", least=NO_DESCRIPTOR),
        agent_path=told.path("agent_path"),
        display_port=told.number("display_port", least=NO_DESCRIPTOR),
        display_port_too=told.number("display_port_too", least=NO_DESCRIPTOR),
        display=told.number("display", least=0),
        cookie=told.text("cookie", limit=_LONGEST_COOKIE),
        settings=_settings(told.object("settings")),
        program=told.words("program"),
        python_variables=told.words("python_variables"),
    )


def _announce(told: "_Told", secret: bytearray) -> Announce:
    try:
        session_id = bytes.fromhex(told.text("session", limit=2 * SESSION_ID_BYTES))
    except ValueError:
        raise Malformed("the handover's session is no hexadecimal digits") from None
    if len(session_id) != SESSION_ID_BYTES or len(secret) != SECRET_BYTES:
        raise Malformed("the handover's session or secret has another length")
    return Announce(
        told.number("version"),
        told.number("port", least=0, most=65535),
        session_id,
        secret,
        client_timeout=told.seconds("client_timeout"),
    )


def _stream(told: "_Told") -> str:
    nonce = told.text("stream", limit=2 * NONCE_BYTES)
    if nonce and not is_nonce(nonce):
        raise Malformed("the handover's stream is no nonce")
    return nonce


def _settings(told: "_Told") -> Settings:
    return Settings(
        idle_timeout=told.seconds("idle_timeout"),
        history_lines=told.number("history_lines", least=0, most=MAX_LINES_ASKED),
        history_bytes=told.number("history_bytes", least=0, most=MAX_BYTES_ASKED),
        client_timeout=told.seconds("client_timeout"),
        screen_checksums=told.flag("screen_checksums"),
        forwarding=_forwarding(told.object("forwarding")),
    )


def _told_settings(settings: Settings) -> dict[str, object]:
    told = {name: getattr(settings, name) for name in field_names(Settings)}
    forwarding = {name: getattr(settings.forwarding, name) for name in field_names(ForwardingSettings)}
    return {name: _finite(value) for name, value in told.items() if name != "forwarding"} | {"forwarding": forwarding}


def _forwarding(told: "_Told") -> ForwardingSettings:
    return ForwardingSettings(
        allow_tcp_forwarding=told.text("allow_tcp_forwarding", limit=MAX_WORD),
        allow_stream_local_forwarding=told.text("allow_stream_local_forwarding", limit=MAX_WORD),
        permit_open=told.lists("permit_open"),
        permit_listen=told.lists("permit_listen"),
        gateway_ports=told.text("gateway_ports", limit=MAX_WORD),
        allow_agent_forwarding=told.flag_or_none("allow_agent_forwarding"),
        x11_forwarding=told.flag_or_none("x11_forwarding"),
    )


def _finite(value: float) -> float | None:
    """Return a number as JSON has it: none for what has no end."""
    return value if math.isfinite(value) else None


class _Told:
    """The fields of a message, each read as the kind that it must be."""

    def __init__(self, message: object) -> None:
        if not isinstance(message, dict):
            raise Malformed("a handover is one JSON object, and so are the settings in it")
        self._fields: Mapping[str, Any] = message

    def _value(self, key: str, kind: type) -> Any:
        value = self._fields.get(key)
        if type(value) is not kind:  # to Python, true is a number
            raise Malformed(f"the handover's {key} is missing or no {kind.__name__}")
        return value

    def flag(self, key: str) -> bool:
        return bool(self._value(key, bool))

    def flag_or_none(self, key: str) -> bool | None:
        return None if self._fields.get(key) is None else self.flag(key)

    def lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """Return lists of texts that name a host and a port each."""
        values = self._value(key, list)
        if not all(isinstance(value, list) and all(isinstance(word, str) for word in value) for value in values):
            raise Malformed(f"the handover's {key} are no lists of texts")
        return tuple([tuple([_printable(key, word, limit=MAX_WORD) for word in value]) for value in values])

    def number(self, key: str, *, least: int = 1, most: int = _MAX_NUMBER) -> int:
        value: int = self._value(key, int)
        if not least <= value <= most:
            raise Malformed(f"the handover's {key} is not between {least} and {most}")
        return value

    def seconds(self, key: str) -> float:
        """Return a duration; one without an end is null."""
        value = self._fields.get(key, 0)
        if value is None:
            return math.inf
        if type(value) not in (int, float) or not 0 < value <= _MAX_NUMBER:
            raise Malformed(f"the handover's {key} is no number of seconds")
        return float(value)

    def text(self, key: str, *, limit: int) -> str:
        return _printable(key, self._value(key, str), limit=limit)

    def texts(self, key: str, *, limit: int, most: int) -> tuple[str, ...]:
        values = self._value(key, list)
        if len(values) > most or not all(isinstance(value, str) for value in values):
            raise Malformed(f"the handover's {key} are too many, or no texts")
        return tuple([_printable(key, value, limit=limit) for value in values])

    def words(self, key: str) -> tuple[str, ...]:
        """Return words for the kernel, whatever bytes they have."""
        values = self._value(key, list)
        if len(values) > _MAX_WORDS or not all(isinstance(value, str) and "\0" not in value for value in values):
            raise Malformed(f"the handover's {key} are no words of a command")
        return tuple(values)

    def path(self, key: str) -> str:
        """Return the path of a directory, whatever bytes it has, or ""."""
        value = str(self._value(key, str))
        if "\0" in value or len(value.encode("utf-8", "surrogatepass")) > _MAX_PATH or value[:1] not in ("", "/"):
            raise Malformed(f"the handover's {key} is no path")
        return value

    def compression(self, key: str) -> Compression:
        try:
            return Compression(self._value(key, str))
        except ValueError:
            raise Malformed(f"the handover's {key} is none of ours") from None

    def object(self, key: str) -> "_Told":
        return _Told(self._fields.get(key))


def _printable(key: str, text: str, *, limit: int) -> str:
    if len(text) > limit or not text.isprintable():
        raise Malformed(f"the handover's {key} is too long, or cannot be printed")
    return text
