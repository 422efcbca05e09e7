"""What a server says when it hangs up, which asyncssh keeps to itself or mixes with complaints of its own.

- A line in place of its version: OpenSSH turns a penalised address away with "Not allowed at this time", and others
  with the same words where too many logins are under way. Seen with OpenSSH 10.6.
- The reason in a DISCONNECT. Source: RFC 4253 section 11.1.

asyncssh has no public way to either. Where the installed version looks different, nothing is heard.
"""

from typing import Any, Final

from asyncssh.connection import SSHClientConnection
from asyncssh.constants import MSG_DISCONNECT
from asyncssh.packet import PacketDecodeError, SSHPacket

from rmosh_client.bootstrap.prompts import printable

#: Most of its words that are shown, in characters.
_MAX_WORDS: Final = 500

_ATTRIBUTES: Final = ("_inpbuf", "_packet_handlers", "_recv_handler")


class LastWords:
    """Listens to one connection; all words are safe to print.

    Attributes:
        before_version: the first line that came in place of the server's version; "" where that came.
        speaks_ssh: the server has told its version.
        listens: it could be heard.
        reason: of the DISCONNECT that ended it; "" where there was none.
    """

    def __init__(self) -> None:
        self.before_version = ""
        self.reason = ""
        self.speaks_ssh = False
        self.listens = False

    def listen(self, connection: SSHClientConnection) -> None:
        """Hook into a connection that was just made."""
        inner: Any = connection
        if not all(hasattr(inner, name) for name in _ATTRIBUTES):
            return
        receive, disconnect = inner._recv_handler, inner._packet_handlers[MSG_DISCONNECT]

        def received() -> bool:
            self._hear(inner._inpbuf)
            return bool(receive())

        def disconnected(target: Any, kind: int, number: int, packet: SSHPacket) -> None:
            self.reason = _reason(packet.get_remaining_payload())
            disconnect(target, kind, number, packet)

        self.listens = True
        inner._recv_handler = received
        inner._packet_handlers = inner._packet_handlers | {MSG_DISCONNECT: disconnected}

    def _hear(self, untrusted: bytes) -> None:
        if untrusted.startswith(b"SSH-"):
            self.speaks_ssh, self.before_version = True, ""
        elif not self.speaks_ssh and not self.before_version:
            self.before_version = _words(untrusted.lstrip(b"\r\n").partition(b"\n")[0].rstrip(b"\r"))


def _reason(untrusted: bytes) -> str:
    packet = SSHPacket(untrusted)
    try:
        packet.get_uint32()
        return _words(packet.get_string())
    except PacketDecodeError:
        return ""


def _words(untrusted: bytes) -> str:
    return printable(untrusted[:_MAX_WORDS].decode(errors="replace")).strip()
