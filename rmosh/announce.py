"""The announce line: how a new server tells the client, over SSH only, where it is and the session's secret.

The secret never appears in argv, the environment, a log or a repr; `Announce.__repr__` hides it.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Final

from rmosh import PROTOCOL_VERSION
from rmosh.errors import Malformed

#: Length of a session id in bytes; 64 bits make a stranger's guess hopeless. Source: PROTOCOL.md.
SESSION_ID_BYTES: Final = 8

#: Length of the bootstrap secret in bytes: a BLAKE2b key for both directions. Source: RFC 7693.
SECRET_BYTES: Final = 32

#: What an announce line starts with; chosen so that a login script's chatter is not mistaken for it.
PREFIX: Final = "RMOSH-ANNOUNCE"

#: Longest announce line in characters; a longer one is not ours. Source: the fields' own bounds, doubled.
MAX_LINE: Final = 160

_LINE: Final = re.compile(
    rf"{PREFIX} (?P<version>\d{{1,5}}) (?P<port>\d{{1,5}}) (?P<session>[0-9a-f]{{16}}) (?P<secret>[A-Za-z0-9+/]{{43}}=)"
)


@dataclass(frozen=True, slots=True)
class Announce:
    """Where a server listens and how to speak to it.

    Attributes:
        version: the server's protocol version.
        port: its UDP port; 0 where it could open none and only SSH carries datagrams.
        secret: in a buffer, so that `forget_secret` leaves nothing of it; the line it was read from is freed memory.
    """

    version: int
    port: int
    session_id: bytes
    secret: bytearray = field(repr=False)

    def forget_secret(self) -> None:
        """Overwrite the secret: once both ends have their keys nobody needs it."""
        self.secret[:] = bytes(len(self.secret))


def format_announce(announce: Announce) -> str:
    """Return the announce line, without its newline."""
    secret = base64.b64encode(announce.secret).decode("ascii")
    return f"{PREFIX} {announce.version} {announce.port} {announce.session_id.hex()} {secret}"


def new_announce(*, port: int, entropy: bytes) -> Announce:
    """Return a fresh announce from SESSION_ID_BYTES + SECRET_BYTES bytes of entropy."""
    secret = bytearray(memoryview(entropy)[SESSION_ID_BYTES:][:SECRET_BYTES])
    return Announce(PROTOCOL_VERSION, port, entropy[:SESSION_ID_BYTES], secret)


def parse_announce(untrusted: bytes) -> Announce:
    """Read one line that the remote side printed.

    Raises:
        Malformed: it is not an announce line; the message never repeats the line, it may hold a secret.
    """
    if len(untrusted) > MAX_LINE:
        raise Malformed(f"an announce line has at most {MAX_LINE} characters, this one has {len(untrusted)}")
    match = _LINE.fullmatch(untrusted.decode("ascii", "replace").strip())
    if match is None:
        raise Malformed("the line is not an announce line")
    port = int(match["port"])
    if port > 65535:
        raise Malformed(f"UDP port {port} does not exist")
    try:
        secret = bytearray(base64.b64decode(match["secret"], validate=True))
    except binascii.Error as error:  # pragma: no cover - the pattern admits only valid base64 but for its tail bits
        raise Malformed("the secret is not base64") from error
    return Announce(int(match["version"]), port, bytes.fromhex(match["session"]), secret)
