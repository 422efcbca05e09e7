"""The ids in front of datagrams: who holds the keys knows them all in advance, nobody else sees two belong together.

A client goes on to its next id when it changes its network or socket, and the server answers under the id of the same
number. So a walk from one network to another shows no constant, though a server's address or port may still link both.
"""

from typing import Final

from rmosh.transport.cryptography import PRIMITIVES
from rmosh.transport.header import CONNECTION_ID_BYTES
from rmosh.transport.primitives import Secret

#: How many ids beyond the newest one heard are taken: a client may move so often without being answered, and then keeps
#: its id. Source: PROTOCOL.md, Connection ids.
IDS_AHEAD: Final = 16

#: How many ids before the newest one heard are taken, for datagrams that were overtaken. Source: as above.
IDS_BEHIND: Final = 4

#: Bytes that an id's number is told to the hash in; it never leaves this process.
_INDEX_BYTES: Final = 8


class IdSequence:
    """All ids of one direction, by their numbers from 0 on."""

    __slots__ = ("_key",)

    def __init__(self, key: Secret) -> None:
        self._key = key

    def at(self, index: int) -> bytes:
        """Return one of them."""
        return PRIMITIVES.public_hash(self._key, index.to_bytes(_INDEX_BYTES, "big"))[:CONNECTION_ID_BYTES]


class AcceptedIds:
    """The ids that the peer may use now: those around the newest that it was heard under.

    Attributes:
        newest: the number of that one, 0 before any was heard.
        all: the ids; another set whenever they change.
    """

    def __init__(self, sequence: IdSequence) -> None:
        self._sequence = sequence
        self.newest = 0
        self._numbers = {sequence.at(index): index for index in range(IDS_AHEAD + 1)}
        self.all = frozenset(self._numbers)

    def number_of(self, untrusted: bytes) -> int | None:
        """Return the number of an id; None for one that is not taken."""
        return self._numbers.get(untrusted)

    def heard(self, number: int) -> None:
        """Take note that an authentic datagram came under an id."""
        if number <= self.newest:
            return
        kept = {known: index for known, index in self._numbers.items() if index >= number - IDS_BEHIND}
        further = range(self.newest + IDS_AHEAD + 1, number + IDS_AHEAD + 1)
        self._numbers = kept | {self._sequence.at(index): index for index in further}
        self.all = frozenset(self._numbers)
        self.newest = number
