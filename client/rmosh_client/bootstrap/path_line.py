"""The line by which a running session says that it goes on in a channel of SSH, past whatever a login script says."""

from collections.abc import Callable
from typing import Final

from rmosh.datagram_stream import PATH_PREFIX
from rmosh.errors import Malformed
from rmosh.hello import Hello
from rmosh_client.bootstrap.bounded_reading import Readable
from rmosh_client.bootstrap.login_channel import LoginChannel, Writable
from rmosh_client.bootstrap.missing_server import MissingServer
from rmosh_client.bootstrap.server_search import ServerSearch

_PREFIX: Final = f"{PATH_PREFIX} ".encode()

#: Most bytes of chatter before that line.
_MAX_CHATTER: Final = 1 << 17

#: Bytes read at once.
_CHUNK: Final = 8192


class PathReader:
    """Takes the far side's output as it comes.

    Attributes:
        behind: what has come behind the line; None before that is there.
    """

    def __init__(self, hello: Hello) -> None:
        self._wanted = f"nonce={hello.nonce}".encode()
        self._untrusted = b""
        self._read = 0
        self.search = ServerSearch()
        self.behind: bytes | None = None

    def feed(self, untrusted: bytes) -> None:
        """Take the next bytes.

        Raises:
            Malformed: too much came and no such line.
        """
        self._read += len(untrusted)
        self._untrusted += untrusted
        while self.behind is None and b"\n" in self._untrusted:
            line, _, self._untrusted = self._untrusted.partition(b"\n")
            if line.startswith(_PREFIX) and self._wanted in line.split():
                self.behind = self._untrusted
            else:
                self.search.take(line)
        if self.behind is None and self._read > _MAX_CHATTER:
            raise Malformed(f"{self._read} bytes came and no {PATH_PREFIX} line")


async def opened_channel(
    reader: Readable, writer: Writable, hello: Hello, missing: MissingServer, *, close: Callable[[], None]
) -> LoginChannel | None:
    """Return the channel once the server goes on in it; None where the output ends before.

    Raises:
        Malformed: too much came and no such line.
        BootstrapError: the server is missing there and cannot be sent.
    """
    lines = PathReader(hello)
    while lines.behind is None and (data := await reader.read(_CHUNK)):
        lines.feed(data)
        await missing.answer(lines.search, writer, lambda: 0)
    missing.stop()
    return None if lines.behind is None else LoginChannel(reader, writer, hello.nonce, lines.behind, close)
