"""What a command of rmosh-server's prints that announces nothing, without what the far side tells us between."""

from collections.abc import Callable
from typing import Final

from rmosh_client.bootstrap.bounded_reading import Readable
from rmosh_client.bootstrap.missing_server import FarInput, MissingServer
from rmosh_client.bootstrap.server_search import ServerSearch

#: Bytes read at once.
_CHUNK: Final = 8192


class ErrandOutput:
    """Reads it to its end, and gives the far side what it wants meanwhile.

    Attributes:
        search: what came of looking for the server there.
    """

    def __init__(self, missing: MissingServer, *, limit: int) -> None:
        """Begin.

        Args:
            limit: bytes that are kept, the last ones.
        """
        self._missing = missing
        self._limit = limit
        self._kept = b""
        self._partial = b""
        self.search = ServerSearch()

    async def read(self, output: Readable, far_input: FarInput | None, left: Callable[[], int] = lambda: 0) -> bytes:
        """Return what is not for us.

        Raises:
            BootstrapError: the server cannot run there.
        """
        while data := await output.read(_CHUNK):
            self._feed(data)
            await self._missing.answer(self.search, far_input, left)
        self._missing.stop()
        return (self._kept + self._partial)[-self._limit :]

    def _feed(self, untrusted: bytes) -> None:
        *lines, self._partial = (self._partial + untrusted).split(b"\n")
        passed = b"".join([line + b"\n" for line in lines if not self.search.take(line)])
        self._kept = (self._kept + passed)[-self._limit :]
        self._partial = self._partial[-self._limit :]
