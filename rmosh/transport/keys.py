"""From the session's secret to the keys of each direction and epoch (`rmosh/PROTOCOL.md`, Keys).

A chain leads forward only: today's memory does not open yesterday's packets, because who steps on overwrites the link
that he leaves, and nobody keeps the secret that the first links came from.
"""

from enum import Enum

from rmosh import PROTOCOL_VERSION
from rmosh.lazy_dataclass import dataclass
from rmosh.transport.connection_ids import IdSequence
from rmosh.transport.cryptography import PRIMITIVES
from rmosh.transport.header import FIELD_BYTES, NUMBER_BYTES, SAMPLE_BYTES
from rmosh.transport.primitives import Secret

_NONCE_START = bytes(12 - NUMBER_BYTES)


class Direction(Enum):
    """Which way datagrams go; the value goes into their keys."""

    TO_SERVER = "client to server"
    TO_CLIENT = "server to client"


def _derived(key: Secret, label: str) -> Secret:
    derived = Secret()
    PRIMITIVES.keyed_hash(key, label.encode(), derived)
    return derived


def _nonce(packet_number: int) -> bytes:
    return _NONCE_START + packet_number.to_bytes(NUMBER_BYTES, "big")


class SealingKey:
    """The packet key of one direction in one epoch; not told in its repr, and unable to derive any other."""

    __slots__ = ("_key",)

    def __init__(self, key: Secret) -> None:
        self._key = key

    def seal(self, packet_number: int, plaintext: bytes, *, header: bytes) -> bytes:
        """Return ciphertext and tag. The caller never uses a packet number twice: it is the nonce."""
        return PRIMITIVES.seal(self._key, _nonce(packet_number), plaintext, header)

    def open(self, packet_number: int, untrusted: bytes, *, header: bytes) -> bytes:
        """Return the plaintext of ciphertext and tag.

        Raises:
            NotAuthentic: somebody else sealed it, or it was changed.
        """
        return PRIMITIVES.unseal(self._key, _nonce(packet_number), untrusted, header)

    def overwrite(self) -> None:
        """Leave nothing of it in memory."""
        self._key.overwrite()


class HeaderKey:
    """Masks epoch and packet number of one direction's datagrams, the same way back."""

    __slots__ = ("_key",)

    def __init__(self, key: Secret) -> None:
        self._key = key

    def mask(self, sealed: bytes) -> int:
        """Return what the fields of a datagram are masked with, and unmasked.

        Source: RFC 9001 section 5.4, with a hash in the cipher's place.
        """
        return int.from_bytes(PRIMITIVES.public_hash(self._key, sealed[:SAMPLE_BYTES])[:FIELD_BYTES], "big")


class KeyChain:
    """One direction's chain of epochs at one of its links; it leads forward only."""

    __slots__ = ("_link", "epoch")

    def __init__(self, link: Secret, epoch: int) -> None:
        self._link = link
        self.epoch = epoch

    def sealing_key(self) -> SealingKey:
        """Return this epoch's packet key."""
        return SealingKey(_derived(self._link, "rmosh packet key"))

    def following(self, result: Secret | None = None) -> "KeyChain":
        """Return the next epoch's link; who then overwrites this one cannot come back.

        Args:
            result: of a key exchange, which who only knows this link does not have.
        """
        if result is None:
            return KeyChain(_derived(self._link, "rmosh next epoch"), self.epoch + 1)
        link, half = Secret(), _derived(self._link, "rmosh mixed epoch")
        PRIMITIVES.mix(half, result, link)
        return KeyChain(link, self.epoch + 1)

    def private_key(self, entropy: bytes) -> Secret:
        """Return a private key that neither this link alone leads to, nor the entropy, which may stay in memory."""
        private = Secret()
        PRIMITIVES.keyed_hash(self._link, b"rmosh private key" + entropy, private)
        return private

    def overwrite(self) -> None:
        """Leave nothing of it in memory."""
        self._link.overwrite()


@dataclass(frozen=True, slots=True, repr=False)
class DirectionKeys:
    """What one direction begins with; header key and ids stay the same for the session's life."""

    chain: KeyChain
    header_key: HeaderKey
    ids: IdSequence


@dataclass(frozen=True, slots=True, repr=False)
class SessionKeys:
    """What both ends begin with; the secret is not needed any more."""

    to_server: DirectionKeys
    to_client: DirectionKeys

    @classmethod
    def derive(cls, secret: bytes | bytearray, *, version: int = PROTOCOL_VERSION) -> "SessionKeys":
        """Return the keys of a session's secret, which the caller forgets.

        Args:
            version: of the protocol that the session goes by; ends that differ in it hear nothing of each other.
        """
        root = Secret(secret)
        return cls(
            _direction(root, version, Direction.TO_SERVER.value), _direction(root, version, Direction.TO_CLIENT.value)
        )


def _direction(root: Secret, version: int, way: str) -> DirectionKeys:
    return DirectionKeys(
        chain=KeyChain(_derived(root, f"rmosh {version} {way}"), 0),
        header_key=HeaderKey(_derived(root, f"rmosh {version} header {way}")),
        ids=IdSequence(_derived(root, f"rmosh {version} connection ids {way}")),
    )
