"""From the session's secret to the keys of each direction and epoch (`rmosh/PROTOCOL.md`, Keys).

A chain leads forward only: today's memory does not open yesterday's packets, because who steps on overwrites the link
that he leaves, and nobody keeps the secret that the first links came from.
"""

from dataclasses import dataclass
from enum import Enum

from rmosh import PROTOCOL_VERSION
from rmosh.transport.header import NUMBER_BYTES
from rmosh.transport.sodium import PRIMITIVES, Secret

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


class KeyChain:
    """One direction's chain of epochs at one of its links; it leads forward only."""

    __slots__ = ("_link", "epoch")

    def __init__(self, link: Secret, epoch: int) -> None:
        self._link = link
        self.epoch = epoch

    def sealing_key(self) -> SealingKey:
        """Return this epoch's packet key."""
        return SealingKey(_derived(self._link, "rmosh packet key"))

    def following(self) -> "KeyChain":
        """Return the next epoch's link; who then overwrites this one cannot come back."""
        return KeyChain(_derived(self._link, "rmosh next epoch"), self.epoch + 1)

    def overwrite(self) -> None:
        """Leave nothing of it in memory."""
        self._link.overwrite()


@dataclass(frozen=True, slots=True, repr=False)
class SessionKeys:
    """What both ends begin with, one chain for each direction; the secret is not needed any more."""

    to_server: KeyChain
    to_client: KeyChain

    @classmethod
    def derive(cls, secret: bytes | bytearray) -> "SessionKeys":
        """Return epoch 0 of a session's secret, which the caller forgets."""
        root = Secret(secret)
        return cls(*[KeyChain(_derived(root, f"rmosh {PROTOCOL_VERSION} {way.value}"), 0) for way in Direction])
