"""What a program says by SOCKS 5, 4 and 4a before its connection begins. Sans-IO; CONNECT alone.

Names are not looked up here: the far side does that. Source: RFC 1928; SOCKS 4 and 4a as published by NEC.
"""

import ipaddress
from enum import Enum
from typing import Final

from rmosh.errors import Malformed
from rmosh.forwarding.answers import AnswerStatus
from rmosh_client.forwarding.specification import MAX_HOST, Tcp

#: Most bytes of a user's name in SOCKS 4, which nobody asks for here. Reason: as many as SOCKS 5 could say.
_MAX_USER: Final = 255

#: Bytes to read at once. Reason: a request is shorter, and what follows it fits the buffer of any connection.
SOCKS_AT_ONCE: Final = 512

_CONNECT: Final = 1
_NO_METHOD: Final = 0xFF
_WITHOUT_PASSWORD: Final = 0

#: Bytes of an address of SOCKS 5, by its kind; a name says its own length. Source: RFC 1928 section 5.
_LENGTHS: Final = {1: 4, 4: 16}
_NAME: Final = 3


class SocksReply(Enum):
    """What is answered; numbered as SOCKS 5 does, SOCKS 4 knows a yes and a no. Source: RFC 1928 section 6."""

    DONE = 0
    FAILED = 1
    NOT_ALLOWED = 2
    NETWORK_UNREACHABLE = 3
    HOST_UNREACHABLE = 4
    REFUSED = 5
    NO_SUCH_COMMAND = 7
    NO_SUCH_ADDRESS = 8


_REPLIES: Final = {
    AnswerStatus.DONE: SocksReply.DONE,
    AnswerStatus.NOT_ALLOWED: SocksReply.NOT_ALLOWED,
    AnswerStatus.REFUSED: SocksReply.REFUSED,
    AnswerStatus.TIMED_OUT: SocksReply.HOST_UNREACHABLE,
    AnswerStatus.NO_SUCH_HOST: SocksReply.HOST_UNREACHABLE,
    AnswerStatus.UNREACHABLE: SocksReply.HOST_UNREACHABLE,
}


def reply_for(status: AnswerStatus) -> SocksReply:
    """Return what tells a program what came of a connection."""
    return _REPLIES.get(status, SocksReply.FAILED)


class _TooShort(Exception):
    """More has to come first."""


class SocksServer:
    """One connection's beginning.

    Attributes:
        wanted: where the program wants to go, once it has said so; `behind` is what it sent after that.
        refused: why nothing comes of it, "" while something may; what `feed` has returned is still to be sent.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._version = 0
        self._has_greeted = False
        self.wanted: Tcp | None = None
        self.behind = b""
        self.refused = ""

    def feed(self, untrusted: bytes) -> bytes:
        """Take what the program sent; return what it is answered now.

        Raises:
            Malformed: this is not SOCKS.
        """
        if self.wanted is not None:
            self.behind += untrusted
            return b""
        self._held += untrusted
        answers = b""
        try:
            while self.wanted is None and not self.refused:
                answers += self._step()
        except _TooShort:
            return answers
        self.behind = bytes(self._held)
        self._held.clear()
        return answers

    def reply(self, reply: SocksReply) -> bytes:
        """Return what tells the program what came of it."""
        if self._version == 4:
            return bytes([0, 90 if reply is SocksReply.DONE else 91]) + bytes(6)
        return bytes([5, reply.value, 0, 1]) + bytes(6)

    def _step(self) -> bytes:
        self._version = self._byte(0)
        if self._version == 4 and not self._has_greeted:
            return self._request_4()
        if self._version != 5:
            raise Malformed(f"it begins with {self._version}, and SOCKS with 4 or 5")
        return self._request_5() if self._has_greeted else self._greeting()

    # --- SOCKS 5 -----------------------------------------------------------------------------------------------

    def _greeting(self) -> bytes:
        methods = self._bytes(2, self._byte(1))
        self._take(2 + len(methods))
        self._has_greeted = True
        if _WITHOUT_PASSWORD in methods:
            return bytes([5, _WITHOUT_PASSWORD])
        self.refused = "the program wants to log in, and there is nothing to log in to"
        return bytes([5, _NO_METHOD])

    def _request_5(self) -> bytes:
        command, kind = self._byte(1), self._byte(3)
        if command != _CONNECT:
            return self._refuse(SocksReply.NO_SUCH_COMMAND, "the program asks for more than CONNECT (BIND, or UDP)")
        if kind == _NAME:
            start, length = 5, self._byte(4)
        elif kind in _LENGTHS:
            start, length = 4, _LENGTHS[kind]
        else:
            return self._refuse(SocksReply.NO_SUCH_ADDRESS, f"the program names an address of the unknown kind {kind}")
        address, port = self._bytes(start, length), self._port(start + length)
        self._take(start + length + 2)
        return self._go_to(_name(address) if kind == _NAME else str(ipaddress.ip_address(address)), port)

    # --- SOCKS 4 -----------------------------------------------------------------------------------------------

    def _request_4(self) -> bytes:
        command, port, address = self._byte(1), self._port(2), self._bytes(4, 4)
        user_end = self._end_of_text(8, longest=_MAX_USER)
        has_name = address[:3] == bytes(3) and address[3] != 0
        end = self._end_of_text(user_end + 1, longest=MAX_HOST) if has_name else user_end
        name = self._bytes(user_end + 1, end - user_end - 1) if has_name else b""
        self._take(end + 1)
        if command != _CONNECT:
            return self._refuse(SocksReply.NO_SUCH_COMMAND, "the program asks for more than CONNECT (BIND)")
        return self._go_to(_name(name) if has_name else str(ipaddress.ip_address(address)), port)

    # --- both --------------------------------------------------------------------------------------------------

    def _go_to(self, host: str, port: int) -> bytes:
        if not host or not port:
            return self._refuse(SocksReply.NO_SUCH_ADDRESS, "the program names no host and port that there can be")
        self.wanted = Tcp(host, port)
        return b""

    def _refuse(self, reply: SocksReply, why: str) -> bytes:
        self.refused = why
        return self.reply(reply)

    def _byte(self, place: int) -> int:
        return self._bytes(place, 1)[0]

    def _port(self, place: int) -> int:
        return int.from_bytes(self._bytes(place, 2), "big")

    def _bytes(self, start: int, length: int) -> bytes:
        if len(self._held) < start + length:
            raise _TooShort
        return bytes(self._held[start : start + length])

    def _end_of_text(self, start: int, *, longest: int) -> int:
        end = self._held.find(0, start, start + longest + 1)
        if end >= 0:
            return end
        if len(self._held) > start + longest:
            raise Malformed(f"a text of SOCKS 4 has more than {longest} bytes")
        raise _TooShort

    def _take(self, count: int) -> None:
        del self._held[:count]


def _name(untrusted: bytes) -> str:
    """Return a host's name, "" where it is none."""
    name = untrusted.decode(errors="replace")
    return name if name.isprintable() and "\ufffd" not in name and not name.isspace() else ""
