"""What a session and the keeper of the shared port say to each other.

Each message is one packet of a Unix socket (SOCK_SEQPACKET), its kind in the first byte; numbers are big-endian.

| from | kind | then |
|---|---|---|
| session | 1 IDS | all connection ids that it takes datagrams under, 8 bytes each; those told before are void |
| keeper | 2 LISTENS | answers IDS: the UDP port (2 bytes), how many of the ids are another's (2 bytes), its network |
| both | 3 CARRY | a pair of addresses (38 bytes), and the datagram that came or is to go between them |
| keeper | 4 TOO_LONG | a pair of addresses, and the size (4 bytes) of a datagram that is too long to go between them |

No key and no secret is ever in one: ids stand on the wire in clear.
"""

import socket
import struct
from collections.abc import Iterable
from typing import Final, NamedTuple

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import Malformed
from rmosh.transport.header import CONNECTION_ID_BYTES

IDS: Final = 1
LISTENS: Final = 2
CARRY: Final = 3
TOO_LONG: Final = 4

#: Most ids of a session. Reason: 16 clients have 21 each.
MAX_IDS: Final = 512

#: Longest name of a network, in characters. Reason: Linux's have 16.
MAX_NETWORK: Final = 64

#: Stands for a local address that nobody knows: the routing table chooses.
ANY_LOCAL: Final = bytes(16)

#: What an IPv4 address has in front where it is written as one of IPv6. Source: RFC 4291 section 2.5.5.2.
MAPPED: Final = bytes(10) + b"\xff\xff"

_PAIR: Final = struct.Struct("!16sHI16s")
_LISTENS: Final = struct.Struct("!BHH")
_SIZE: Final = struct.Struct("!I")

#: Where a pair ends and a datagram begins.
_CARRIED: Final = 1 + _PAIR.size

#: Longest message, in bytes.
LONGEST_MESSAGE: Final = _CARRIED + MAX_DATAGRAM


class AddressPair(NamedTuple):
    """Where a datagram comes from or goes to, and the address of this host that it came to.

    Attributes:
        remote, local: of 16 bytes, IPv4 mapped; the local one may be ANY_LOCAL.
        port: the peer's UDP port.
        scope: the interface that a link-local address belongs to, 0 for none.
    """

    remote: bytes
    port: int
    scope: int
    local: bytes


class Listens(NamedTuple):
    """The keeper's answer to ids.

    Attributes:
        port: its UDP port.
        refused: how many of the ids are another session's.
        network: what tells the keeper's network from other containers', "" where nobody knows.
    """

    port: int
    refused: int
    network: str = ""


def packed_address(host: str) -> bytes:
    """Return a numeric address as 16 bytes.

    Raises:
        OSError: it is none.
    """
    if ":" in host:
        return socket.inet_pton(socket.AF_INET6, host)
    return MAPPED + socket.inet_pton(socket.AF_INET, host)


def ids_message(ids: Iterable[bytes]) -> bytes:
    """Return IDS."""
    return bytes([IDS]) + b"".join(ids)


def listens_message(told: Listens) -> bytes:
    """Return LISTENS."""
    return _LISTENS.pack(LISTENS, told.port, told.refused) + told.network.encode("ascii", "replace")


def carry_message(pair: AddressPair, datagram: bytes) -> bytes:
    """Return CARRY."""
    return b"%c%b%b" % (CARRY, _PAIR.pack(*pair), datagram)


def too_long_message(pair: AddressPair, size: int) -> bytes:
    """Return TOO_LONG."""
    return b"%c%b%b" % (TOO_LONG, _PAIR.pack(*pair), _SIZE.pack(size))


def read_ids(untrusted: bytes) -> frozenset[bytes]:
    """Return the ids of IDS.

    Raises:
        Malformed: they are too many, or no whole ones.
    """
    count, rest = divmod(len(untrusted) - 1, CONNECTION_ID_BYTES)
    if rest or count > MAX_IDS:
        raise Malformed(f"a session has at most {MAX_IDS} ids of {CONNECTION_ID_BYTES} bytes")
    return frozenset([untrusted[at : at + CONNECTION_ID_BYTES] for at in range(1, len(untrusted), CONNECTION_ID_BYTES)])


def read_listens(untrusted: bytes) -> Listens:
    """Return what LISTENS tells.

    Raises:
        Malformed: it is too short or too long, or has unprintable text.
    """
    network = untrusted[_LISTENS.size :].decode("ascii", "replace")
    if len(untrusted) < _LISTENS.size or len(network) > MAX_NETWORK or not network.isprintable():
        raise Malformed("the answer to ids is too short or too long")
    _, port, refused = _LISTENS.unpack_from(untrusted)
    return Listens(port, refused, network)


def read_carry(untrusted: bytes) -> tuple[AddressPair, bytes]:
    """Return the addresses and the datagram of CARRY.

    Raises:
        Malformed: there are no whole addresses, or no datagram.
    """
    if not _CARRIED < len(untrusted) <= LONGEST_MESSAGE:
        raise Malformed("a carried datagram is missing or too long")
    return AddressPair(*_PAIR.unpack_from(untrusted, 1)), untrusted[_CARRIED:]


def read_too_long(untrusted: bytes) -> tuple[AddressPair, int]:
    """Return the addresses and the size of TOO_LONG.

    Raises:
        Malformed: it has another length.
    """
    if len(untrusted) != _CARRIED + _SIZE.size:
        raise Malformed("a refusal has another length")
    return AddressPair(*_PAIR.unpack_from(untrusted, 1)), int(_SIZE.unpack_from(untrusted, _CARRIED)[0])
