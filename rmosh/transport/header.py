"""The header in front of every datagram, authenticated and partly masked (`rmosh/PROTOCOL.md`, Datagram)."""

from typing import Final

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import Foreign

#: Bytes of a connection id: a stranger meets none of a session's by chance. Source: PROTOCOL.md, Datagram.
CONNECTION_ID_BYTES: Final = 8

#: Bytes of the key epoch, which tells epochs apart modulo 256. Source: PROTOCOL.md, Datagram.
EPOCH_BYTES: Final = 1

_EPOCHS: Final = 1 << 8 * EPOCH_BYTES

#: Bytes of the packet number. Source: PROTOCOL.md, Datagram.
NUMBER_BYTES: Final = 6

#: Largest packet number; a session would send a million packets a second for nine years to get there.
MAX_PACKET_NUMBER: Final = (1 << 8 * NUMBER_BYTES) - 1

#: Where each field starts, in bytes, and where the sealed frames do. Source: PROTOCOL.md, Datagram.
EPOCH_OFFSET: Final = CONNECTION_ID_BYTES
NUMBER_OFFSET: Final = EPOCH_OFFSET + EPOCH_BYTES
HEADER_BYTES: Final = NUMBER_OFFSET + NUMBER_BYTES

#: Bytes of epoch and packet number, which are masked.
FIELD_BYTES: Final = EPOCH_BYTES + NUMBER_BYTES

#: Bytes of the tag behind the frames. Source: RFC 8439 section 2.8.
TAG_BYTES: Final = 16

#: Bytes that header and tag add to the frames.
OVERHEAD_BYTES: Final = HEADER_BYTES + TAG_BYTES

#: Bytes of ciphertext and tag that the mask of epoch and number comes from; the shortest datagram has one more.
#: Source: RFC 9001 section 5.4.2.
SAMPLE_BYTES: Final = 16


def fields_of(epoch: int, packet_number: int) -> int:
    """Return the two masked fields as one number, as they stand in the header; of the epoch what is modulo 256."""
    return epoch % _EPOCHS << 8 * NUMBER_BYTES | packet_number


def epoch_and_number(fields: int) -> tuple[int, int]:
    """Return the epoch, modulo 256, and the packet number; whatever the fields are, they make both."""
    return divmod(fields, 1 << 8 * NUMBER_BYTES)


def connection_id_of(untrusted: bytes) -> bytes:
    """Return the connection id in front of a datagram.

    Raises:
        Foreign: the datagram is too short to hold a sealed frame, or longer than any.
    """
    if not OVERHEAD_BYTES < len(untrusted) <= MAX_DATAGRAM:
        raise Foreign(f"a datagram of {len(untrusted)} bytes is not of this protocol")
    return untrusted[:CONNECTION_ID_BYTES]
