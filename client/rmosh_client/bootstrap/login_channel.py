"""A channel of SSH in which a session goes on, as the login that opened it hands it over."""

from collections.abc import Callable
from typing import Protocol

from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap.bounded_reading import Readable


class Writable(Protocol):
    """What bytes are written to: asyncssh's and asyncio's streams."""

    def write(self, data: bytes, /) -> None: ...
    def write_eof(self) -> None: ...
    async def drain(self) -> None: ...


@dataclass(frozen=True, slots=True)
class LoginChannel:
    """An open one.

    Attributes:
        nonce: of the hello that the announcement answers.
        behind: what has come behind the announce line already.
        close: closes the connection.
    """

    reader: Readable
    writer: Writable
    nonce: str
    behind: bytes
    close: Callable[[], None]
