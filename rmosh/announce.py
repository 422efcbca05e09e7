"""The announce line: how a new server tells the client, over SSH only, where it is and the session's secret.

`RMOSH-ANNOUNCE VERSION key=value ...`: every version keeps this form and the key `nonce`, so that any client can tell
its own line and which version it speaks. The secret never appears in argv, the environment, a log or a repr.
"""

import binascii
import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

from rmosh import PROTOCOL_VERSION
from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass, field

#: Length of a session id in bytes; 64 bits make a stranger's guess hopeless. Source: PROTOCOL.md.
SESSION_ID_BYTES: Final = 8

#: Length of the bootstrap secret in bytes: a BLAKE2b key for both directions. Source: RFC 7693.
SECRET_BYTES: Final = 32

#: What an announce line starts with; chosen so that a login script's chatter is not mistaken for it.
ANNOUNCE_PREFIX: Final = "RMOSH-ANNOUNCE"

#: Longest numeric address in characters, without a scope. Source: POSIX's INET6_ADDRSTRLEN, less its final zero.
_LONGEST_ADDRESS: Final = 45

#: Most addresses in an announce line. Reason: two families by two ways, the same again inside, is already rare.
MAX_ADDRESSES: Final = 8

#: What a line starts with that tells, ahead of how a session is, where its host may be reached now.
WHERE_PREFIX: Final = "RMOSH-WHERE"

#: What a line starts with that tells where a server that was sent has kept itself, or why it could not.
KEPT_PREFIX: Final = "RMOSH-KEPT"
NOT_KEPT_PREFIX: Final = "RMOSH-NOT-KEPT"

#: Longest announce line in characters; ours have about 200, the rest is room for what later versions add.
MAX_LINE: Final = 1024

_HEAD: Final = re.compile(rf"{ANNOUNCE_PREFIX} (?P<version>[0-9]{{1,5}})(?: (?P<fields>.*))?")
_FIELD: Final = re.compile(r"(?P<key>[a-z][a-z0-9-]{0,31})=(?P<value>[!-~]*)")
_PORT: Final = re.compile(r"[0-9]{1,5}")
_SESSION: Final = re.compile(r"[0-9a-f]{16}")
_SECRET: Final = re.compile(r"[A-Za-z0-9+/]{43}=")
_TIMEOUT: Final = re.compile(r"[0-9]{0,12}")
_TRACE: Final = re.compile(r"(/[!-~]{1,511})?")
_SOFTWARE: Final = re.compile(r"[0-9A-Za-z.+_-]{0,64}")
_YES: Final = re.compile(r"(yes)?")
_ADDRESSES: Final = re.compile(
    rf"([0-9A-Fa-f.:]{{2,{_LONGEST_ADDRESS}}}(,[0-9A-Fa-f.:]{{2,{_LONGEST_ADDRESS}}}){{0,{MAX_ADDRESSES - 1}}})?"
)
_ARRIVAL: Final = re.compile(r"[0-9A-Za-z.:%_-]{0,64}")


@dataclass(frozen=True, slots=True)
class Announce:
    """Where a server listens and how to speak to it.

    Attributes:
        version: of the protocol, chosen by the server from those that the client named.
        port: its UDP port; 0 where it could open none and only SSH carries datagrams.
        secret: in a buffer, so that `forget_secret` leaves nothing of it; the line it was read from is freed memory.
        arrival: the host's own address at which the SSH connection arrived; "" where none was told.
        client_timeout: whole seconds of silence after which the server forgets this client; endless where it does not.
        software: the server's version, for people; "" where none was told.
        trace: the file on its host that it traces this client into; "" where it does not, or cannot tell.
        addresses: where it says that it can be reached, numeric, likeliest first; a claim, not a fact.
        stream: it goes on with datagrams behind this line.
        streams: it speaks streams of bytes with this client.
    """

    version: int
    port: int
    session_id: bytes
    secret: bytearray = field(repr=False)
    arrival: str = ""
    client_timeout: float = math.inf
    software: str = ""
    trace: str = ""
    addresses: tuple[str, ...] = ()
    stream: bool = False
    streams: bool = False

    def forget_secret(self) -> None:
        """Overwrite the secret: once both ends have their keys nobody needs it."""
        self.secret[:] = bytes(len(self.secret))


@dataclass(frozen=True, slots=True)
class AnnounceLine:
    """The parts of an announce line that every version has; of its fields only `announce` asks more."""

    version: int
    fields: Mapping[str, str] = field(repr=False)

    @property
    def nonce(self) -> str:
        """What the line repeats of the hello that it answers; "" where it answers none."""
        return self.fields.get("nonce", "")


def format_announce(announce: Announce) -> str:
    """Return the announce line, without its newline."""
    secret = binascii.b2a_base64(announce.secret, newline=False).decode("ascii")
    head = f"{ANNOUNCE_PREFIX} {announce.version} port={announce.port}"
    line = f"{head} session={announce.session_id.hex()} secret={secret}"
    timeout = announce.client_timeout
    line = with_field(line, "client-timeout", str(int(timeout)) if math.isfinite(timeout) else "")
    line = with_field(line, "trace", announce.trace)
    line = with_field(line, "stream", "yes" if announce.stream else "")
    return with_field(line, "streams", "yes" if announce.streams else "")


def with_field(line: str, key: str, value: str) -> str:
    """Return an announce line with one more field, or as it is where the value is empty."""
    return f"{line} {key}={value}" if value else line


def with_addresses(line: str, addresses: Sequence[str]) -> str:
    """Return an announce line that tells as many addresses as a line holds."""
    for count in range(min(len(addresses), MAX_ADDRESSES), 0, -1):
        told = with_field(line, "addresses", ",".join(addresses[:count]))
        if len(told) <= MAX_LINE:
            return told
    return line


def new_announce(
    *, port: int, entropy: bytes, version: int = PROTOCOL_VERSION, client_timeout: float = math.inf
) -> Announce:
    """Return a fresh announce from SESSION_ID_BYTES + SECRET_BYTES bytes of entropy."""
    secret = bytearray(memoryview(entropy)[SESSION_ID_BYTES:][:SECRET_BYTES])
    return Announce(version, port, entropy[:SESSION_ID_BYTES], secret, client_timeout=client_timeout)


def parse_fields(untrusted: str) -> dict[str, str]:
    """Read `key=value` words with one space between; no known key is needed.

    Raises:
        Malformed: a word is something else, or a key is there twice; the message never repeats a value.
    """
    fields: dict[str, str] = {}
    for word in untrusted.split(" ") if untrusted else ():
        match = _FIELD.fullmatch(word)
        if match is None:
            raise Malformed("a word of the line is not key=value")
        if match["key"] in fields:
            raise Malformed(f"the key {match['key']} is there twice")
        fields[match["key"]] = match["value"]
    return fields


def split_announce(untrusted: bytes) -> AnnounceLine:
    """Read of one line, of whatever version, what all versions have in common.

    Raises:
        Malformed: it is not an announce line; the message never repeats the line, it may hold a secret.
    """
    if len(untrusted) > MAX_LINE:
        raise Malformed(f"an announce line has at most {MAX_LINE} characters, this one has {len(untrusted)}")
    match = _HEAD.fullmatch(untrusted.decode("ascii", "replace").rstrip("\r\n"))
    if match is None:
        raise Malformed("the line is not an announce line")
    return AnnounceLine(int(match["version"]), parse_fields(match["fields"] or ""))


def read_announce(line: AnnounceLine) -> Announce:
    """Return what a line of our version announces; fields that are unknown mean nothing.

    Raises:
        Malformed: a field that must be there is not, or a known one is out of bounds.
    """
    port = int(_checked(line, "port", _PORT))
    if port > 65535:
        raise Malformed(f"UDP port {port} does not exist")
    try:
        secret = bytearray(binascii.a2b_base64(_checked(line, "secret", _SECRET)))
    except binascii.Error as error:  # pragma: no cover - the pattern admits only valid base64 but for its tail bits
        raise Malformed("the secret is not base64") from error
    session_id = bytes.fromhex(_checked(line, "session", _SESSION))
    arrival, timeout = _checked(line, "arrival", _ARRIVAL), _checked(line, "client-timeout", _TIMEOUT)
    client_timeout = float(timeout) if timeout else math.inf
    software, trace = _checked(line, "software", _SOFTWARE), _checked(line, "trace", _TRACE)
    return Announce(
        line.version,
        port,
        session_id,
        secret,
        arrival,
        client_timeout,
        software,
        trace,
        _addresses(line),
        stream=bool(_checked(line, "stream", _YES)),
        streams=bool(_checked(line, "streams", _YES)),
    )


def parse_announce(untrusted: bytes) -> Announce:
    """Read one whole announce line of our version.

    Raises:
        Malformed: it is none; the message never repeats the line, it may hold a secret.
    """
    return read_announce(split_announce(untrusted))


def format_where(addresses: Sequence[str]) -> str:
    """Return the line that tells where a host may be reached now, without its newline."""
    return with_addresses(WHERE_PREFIX, addresses)


def parse_where(untrusted: str) -> tuple[str, ...]:
    """Read such a line; fields that are unknown mean nothing.

    Raises:
        Malformed: it is none.
    """
    prefix, _, fields = untrusted.partition(" ")
    if prefix != WHERE_PREFIX or len(untrusted) > MAX_LINE:
        raise Malformed("the line does not tell where a host is")
    return _addresses(AnnounceLine(PROTOCOL_VERSION, parse_fields(fields)))


def _addresses(line: AnnounceLine) -> tuple[str, ...]:
    return tuple(filter(None, _checked(line, "addresses", _ADDRESSES).split(",")))


def _checked(line: AnnounceLine, key: str, pattern: re.Pattern[str]) -> str:
    value = line.fields.get(key, "")
    if pattern.fullmatch(value) is None:
        raise Malformed(f"the announce line's {key} is missing or malformed")
    return value
