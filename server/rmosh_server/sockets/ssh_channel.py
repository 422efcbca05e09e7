"""One SSH channel as a carrier of datagrams: the two pipes that sshd reads and writes, held by the serving process.

It knows neither clients nor what is in a datagram. Nothing here waits, and what a dead network does not take is bound.
"""

import contextlib
import os
import stat
from typing import Final

from rmosh.datagram_stream import DatagramStream, framed, opening_line
from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass

#: Most bytes that wait for sshd to take them. Reason: a second of a fast link; what is newer is dropped, as a queue
#: on a network drops it, so that a screen is never older than this.
MAX_BACKLOG: Final = 1 << 18

#: Bytes read at once. Reason: what a pipe holds, so that a turn of the loop takes all there is.
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class ChannelEnds:
    """An SSH channel as it is handed over.

    Attributes:
        reading, writing: descriptors of the standard input and output of the command that SSH ran.
        lifeline: the end of a pipe whose closing ends that command, and with it the channel.
        nonce: of the hello that was said there.
    """

    reading: int
    writing: int
    lifeline: int
    nonce: str

    @property
    def descriptors(self) -> tuple[int, int, int]:
        """All three."""
        return self.reading, self.writing, self.lifeline


def may_carry(descriptor: int) -> bool:
    """Tell whether a descriptor is one that sshd gives its commands: a pipe or a socket, no terminal or file."""
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


class SshChannel:
    """The channel, until either side lets it go.

    Attributes:
        ended: why nothing goes through it any more; "" while something may.
        dropped: how many datagrams it had no room for.
    """

    def __init__(self, ends: ChannelEnds, *, follows_line: bool) -> None:
        """Take over the descriptors.

        Args:
            follows_line: the line has been written that datagrams follow; else they wait until the client's shows it.
        """
        self._ends = ends
        self._follows_line = follows_line
        self._arriving = DatagramStream(behind=opening_line(ends.nonce))
        self._backlog = bytearray()
        self.ended = ""
        self.dropped = 0
        for descriptor in ends.descriptors:
            os.set_inheritable(descriptor, False)
        for descriptor in (ends.reading, ends.writing):
            os.set_blocking(descriptor, False)

    @property
    def reading(self) -> int:
        """What to wait on for datagrams."""
        return self._ends.reading

    @property
    def writing(self) -> int:
        """What to wait on for room, while something waits."""
        return self._ends.writing

    @property
    def waits(self) -> bool:
        """Whether there is something that sshd has not taken yet, and may."""
        return bool(self._backlog) and (self._follows_line or self._arriving.has_begun)

    def receive(self) -> list[bytes]:
        """Return the datagrams that have arrived."""
        try:
            untrusted = os.read(self._ends.reading, _CHUNK)
            if untrusted:
                return self._arriving.feed(untrusted)
            self.ended = self.ended or "the SSH connection was closed"
        except BlockingIOError:
            pass
        except (OSError, Malformed) as error:
            self.ended = self.ended or str(error)
        return []

    def send(self, data: bytes) -> bool:
        """Queue a datagram for `flush`, or drop it; return whether there was room."""
        if self.ended or len(self._backlog) + len(data) > MAX_BACKLOG:
            self.dropped += 1
            return False
        self._backlog += framed(data)
        return True

    def flush(self) -> None:
        """Write what sshd takes now."""
        try:
            while self.waits and not self.ended:
                del self._backlog[: os.write(self._ends.writing, self._backlog)]
        except BlockingIOError:
            return
        except OSError as error:
            self.ended = str(error)

    def close(self) -> None:
        """Let the channel go: the command that SSH ran ends."""
        for descriptor in self._ends.descriptors:
            with contextlib.suppress(OSError):
                # The file behind it may be others' too: the login shell's, which has a script to end.
                os.set_blocking(descriptor, True)
                os.close(descriptor)
