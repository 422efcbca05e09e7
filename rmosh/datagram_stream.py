"""Datagrams on a stream of bytes: each goes behind its length, so that one channel of SSH carries what UDP would.

The server writes them right behind its announce line; the client begins with a line of its own, because a server passes
over what a login script left of its standard input, and over the second hello.
"""

from typing import Final

from rmosh.errors import Malformed, UsageError

#: Bytes of a length, big-endian.
LENGTH_BYTES: Final = 2

#: Longest datagram in bytes, by UDP as well: what it carries over IPv4, 65535 - 20 - 8. Source: RFC 768, RFC 791.
MAX_DATAGRAM: Final = 65507

#: What the line starts with that the client's datagrams follow.
OPENING_PREFIX: Final = "RMOSH-STREAM"

#: What the line starts with by which a server lets a client that it knows go on behind it.
PATH_PREFIX: Final = "RMOSH-PATH"

#: Most bytes that are passed over in search of the opening line. Reason: a hello and what a login script left.
MAX_PASSED_OVER: Final = 65536


def framed(datagram: bytes) -> bytes:
    """Return a datagram as a stream carries it.

    Raises:
        UsageError: it is empty, or longer than MAX_DATAGRAM.
    """
    if not 0 < len(datagram) <= MAX_DATAGRAM:
        raise UsageError(f"a datagram on a stream has 1 to {MAX_DATAGRAM} bytes, this one has {len(datagram)}")
    return len(datagram).to_bytes(LENGTH_BYTES, "big") + datagram


def opening_line(nonce: str) -> bytes:
    """Return the line that the client's datagrams follow, with its newline; the nonce is the hello's."""
    return f"{OPENING_PREFIX} {nonce}\n".encode("ascii")


class DatagramStream:
    """Takes the bytes of a stream as they come, and gives the datagrams in it; it keeps less than one of them."""

    def __init__(self, *, behind: bytes = b"") -> None:
        """Begin.

        Args:
            behind: a line, with its newline, up to whose end everything is passed over; b"" where datagrams come first.
        """
        self._behind = behind
        self._held = bytearray()
        self._passed_over = 0
        self._fault: Malformed | None = None

    @property
    def has_begun(self) -> bool:
        """Whether the line was there that datagrams follow."""
        return not self._behind

    def feed(self, untrusted: bytes) -> list[bytes]:
        """Return the datagrams that these bytes complete.

        Raises:
            Malformed: a length is out of bounds, or the line does not come; so is all that follows.
        """
        if self._fault is not None:
            raise self._fault
        self._held += untrusted
        try:
            if self._behind:
                self._pass_over()
            return [] if self._behind else self._complete()
        except Malformed as fault:
            self._fault = fault
            self._held.clear()
            raise

    def _pass_over(self) -> None:
        """Drop all up to the end of the line, which stands at the start of one."""
        while (end := self._held.find(b"\n")) >= 0 and self._behind:
            line = bytes(self._held[: end + 1])
            del self._held[: end + 1]
            self._passed_over += len(line)
            if line.replace(b"\r\n", b"\n") == self._behind:
                self._behind = b""
                return
        if self._passed_over + len(self._held) > MAX_PASSED_OVER:
            raise Malformed(f"no {OPENING_PREFIX} came within {MAX_PASSED_OVER} bytes")

    def _complete(self) -> list[bytes]:
        held, start, datagrams = self._held, 0, []
        while len(held) >= start + LENGTH_BYTES:
            begin = start + LENGTH_BYTES
            end = begin + int.from_bytes(held[start:begin], "big")
            if not begin < end <= begin + MAX_DATAGRAM:
                raise Malformed(f"a datagram on a stream has 1 to {MAX_DATAGRAM} bytes, one has {end - begin}")
            if len(held) < end:
                break
            datagrams.append(bytes(held[begin:end]))
            start = end
        del held[:start]
        return datagrams
