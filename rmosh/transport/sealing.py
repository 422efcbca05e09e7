"""Datagrams sealed and opened: epochs and replay. Knows no frame and no path.

ChaCha20-Poly1305 (RFC 8439) under one key per direction and epoch, the packet number as nonce. Layout, derivation and
policy: `rmosh/PROTOCOL.md`.
"""

from typing import Final

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import Foreign, NotAuthentic, UsageError
from rmosh.lazy_dataclass import dataclass
from rmosh.transport.connection_ids import AcceptedIds
from rmosh.transport.header import (
    CONNECTION_ID_BYTES,
    EPOCH_OFFSET,
    FIELD_BYTES,
    HEADER_BYTES,
    MAX_PACKET_NUMBER,
    OVERHEAD_BYTES,
    connection_id_of,
    epoch_and_number,
    fields_of,
)
from rmosh.transport.keys import DirectionKeys, KeyChain, SealingKey
from rmosh.transport.primitives import Secret
from rmosh.transport.replay import ReplayWindow


@dataclass(frozen=True, slots=True)
class EpochLimits:
    """When the next epoch is due.

    Attributes:
        packets: sealed in one epoch; a captured key opens about a gigabyte at most.
        seconds: since it began.
    """

    packets: int = 1 << 20
    seconds: float = 3600.0


#: What is used outside of tests. Source: PROTOCOL.md, Keys.
EPOCH_LIMITS: Final = EpochLimits()

#: Share of those after which the client begins the next key exchange, so that the next epoch comes of it: of its own
#: limits, and of the packets of the server's epoch.
WANING: Final = 0.75

#: Seconds a receiver keeps the previous epoch's key, for packets reordered on the way.
#: Source: PROTOCOL.md, Keys.
PREVIOUS_KEY_SECONDS: Final = 60.0

#: Epochs told apart by the header's one byte.
_EPOCHS_IN_HEADER: Final = 256


class Sealer:
    """Seals one direction's datagrams and says when its key has served long enough.

    Attributes:
        id_number: the number of the connection id in use.
        limits: when the next epoch is due.
    """

    def __init__(self, keys: DirectionKeys, *, now: float) -> None:
        self.limits = EPOCH_LIMITS
        self._result: Secret | None = None
        self._ids = keys.ids
        self._header_key = keys.header_key
        self._lowest_unused = 0
        self.use_id(0)
        self._enter(keys.chain, now)

    @property
    def epoch(self) -> int:
        """How often this direction's key was changed."""
        return self._chain.epoch

    def use_id(self, number: int) -> None:
        """Put the connection id of this number in front of all datagrams from now on."""
        self.id_number = number
        self._connection_id = self._ids.at(number)

    def seal(self, packet_number: int, plaintext: bytes) -> bytes:
        """Return the datagram that carries these frames.

        Raises:
            UsageError: the packet number was used or passed over before, or there is none left; or the
                frames are none or too long for a datagram.
        """
        if not self._lowest_unused <= packet_number <= MAX_PACKET_NUMBER:
            raise UsageError(f"packet number {packet_number} is not from {self._lowest_unused} to 2^48 - 1")
        if not 1 <= len(plaintext) <= MAX_DATAGRAM - OVERHEAD_BYTES:
            raise UsageError(f"{len(plaintext)} bytes of frames do not make a datagram")
        self._lowest_unused = packet_number + 1
        fields = self._fields | packet_number
        header = self._connection_id + fields.to_bytes(FIELD_BYTES, "big")
        sealed = self._key.seal(packet_number, plaintext, header=header)
        masked = fields ^ self._header_key.mask(sealed)
        return self._connection_id + masked.to_bytes(FIELD_BYTES, "big") + sealed

    def on_acknowledged(self, packet_number: int) -> None:
        """Learn that the peer opened a packet: so it holds the key of that packet's epoch."""
        if self._first_of_epoch <= packet_number < self._lowest_unused:
            self._peer_followed = True

    def private_key(self, entropy: bytes) -> Secret:
        """Return a private key for an exchange, from 32 fresh bytes and this epoch's link."""
        return self._chain.private_key(entropy)

    def mix(self, result: Secret) -> None:
        """Go to the next epoch as soon as may be, with the result of an exchange, which the peer has."""
        self._result = result

    @property
    def mixes(self) -> bool:
        """Whether such a result waits for the next epoch."""
        return self._result is not None

    def ratchet_due(self, *, now: float) -> bool:
        """Tell whether to `ratchet` now: there is reason to, and the peer is known to be in the present epoch."""
        return self._peer_followed and (self.mixes or self._served(1.0, now))

    def waning(self, *, now: float) -> bool:
        """Tell whether the next epoch will soon be due."""
        return self._served(WANING, now)

    def _served(self, share: float, now: float) -> bool:
        packets = self._lowest_unused - self._first_of_epoch
        return packets >= share * self.limits.packets or now - self._since >= share * self.limits.seconds

    def ratchet(self, *, now: float) -> None:
        """Go to the next epoch and forget this one.

        Raises:
            UsageError: no packet of this epoch was acknowledged; the peer could not follow two steps.
        """
        if not self._peer_followed:
            raise UsageError(f"epoch {self.epoch} was not acknowledged yet, the peer could not follow to the next")
        chain, key, result = self._chain, self._key, self._result
        self._enter(chain.following(result), now)
        chain.overwrite()
        key.overwrite()
        if result is not None:
            result.overwrite()
            self._result = None

    def _enter(self, chain: KeyChain, now: float) -> None:
        self._chain = chain
        self._fields = fields_of(chain.epoch, 0)
        self._key = chain.sealing_key()
        self._first_of_epoch = self._lowest_unused
        self._peer_followed = False
        self._since = now


class Opener:
    """Opens one direction's datagrams, each packet once, and follows the sender's epochs.

    Attributes:
        ids: the connection ids that it knows the sender by.
        limits: when the sender's next epoch is due.
    """

    def __init__(self, keys: DirectionKeys) -> None:
        self.limits = EPOCH_LIMITS
        self.ids = AcceptedIds(keys.ids)
        self._header_key = keys.header_key
        self._chain = keys.chain
        self._key = self._chain.sealing_key()
        self._previous_key: SealingKey | None = None
        self._previous_until = 0.0
        self._result: Secret | None = None
        self._replay = ReplayWindow()
        self._first_of_epoch = 0

    @property
    def epoch(self) -> int:
        """How often the sender has changed its key, as far as its packets told."""
        return self._chain.epoch

    @property
    def heard(self) -> bool:
        """Whether anything was ever opened."""
        return self._replay.newest >= 0

    @property
    def is_waning(self) -> bool:
        """Whether the sender has sealed so much in its epoch that its next one will soon be due."""
        return self._replay.newest - self._first_of_epoch >= WANING * self.limits.packets

    def expect(self, result: Secret) -> None:
        """Be ready for a next epoch with the result of an exchange; the sender may still go there without it."""
        self._result = result

    @property
    def expects(self) -> bool:
        """Whether such a result was not used yet."""
        return self._result is not None

    def open(self, untrusted: bytes, *, now: float) -> tuple[int, bytes]:
        """Return a datagram's packet number and its frames.

        Raises:
            Foreign: it is too short or too long, or its connection id is none of this session's.
            Replayed: its packet was opened before, or is too old to tell.
            NotAuthentic: it was not sealed with this session's keys.
        """
        id_number = self.ids.number_of(connection_id_of(untrusted))
        if id_number is None:
            raise Foreign(f"connection id {untrusted[:CONNECTION_ID_BYTES].hex()} is none of this session's")
        sealed = untrusted[HEADER_BYTES:]
        fields = int.from_bytes(untrusted[EPOCH_OFFSET:HEADER_BYTES], "big") ^ self._header_key.mask(sealed)
        epoch, number = epoch_and_number(fields)
        self._replay.check(number)
        self.forget_previous(now=now)
        header = untrusted[:EPOCH_OFFSET] + fields.to_bytes(FIELD_BYTES, "big")
        plaintext = self._open_in_epoch(epoch, number, header, sealed, now)
        self._replay.mark(number)
        self.ids.heard(id_number)
        return number, plaintext

    def _open_in_epoch(self, epoch: int, number: int, header: bytes, sealed: bytes, now: float) -> bytes:
        ahead = (epoch - self._chain.epoch) % _EPOCHS_IN_HEADER
        if ahead == 0:
            return self._key.open(number, sealed, header=header)
        if ahead == 1:
            return self._open_in_next_epoch(number, header, sealed, now)
        if ahead == _EPOCHS_IN_HEADER - 1 and self._previous_key is not None:
            return self._previous_key.open(number, sealed, header=header)
        raise NotAuthentic(f"packet {number} claims epoch {epoch}, it is {self.epoch} now")

    def _open_in_next_epoch(self, number: int, header: bytes, sealed: bytes, now: float) -> bytes:
        """Open the first packet of the next epoch: the seal tells whether a result went into its key."""
        if self._result is not None:
            try:
                plaintext = self._try_step(self._chain.following(self._result), number, header, sealed, now)
            except NotAuthentic:
                pass
            else:
                self._result.overwrite()
                self._result = None
                return plaintext
        return self._try_step(self._chain.following(), number, header, sealed, now)

    def _try_step(self, chain: KeyChain, number: int, header: bytes, sealed: bytes, now: float) -> bytes:
        key = chain.sealing_key()
        plaintext = key.open(number, sealed, header=header)
        self._drop_previous()
        self._previous_key, self._previous_until = self._key, now + PREVIOUS_KEY_SECONDS
        self._chain.overwrite()
        self._chain, self._key, self._first_of_epoch = chain, key, number
        return plaintext

    @property
    def forgets_at(self) -> float | None:
        """When the previous epoch's key is to be forgotten; None while there is none."""
        return None if self._previous_key is None else self._previous_until

    def forget_previous(self, *, now: float) -> None:
        """Forget the previous epoch's key if it is time."""
        if self._previous_key is not None and now >= self._previous_until:
            self._drop_previous()

    def _drop_previous(self) -> None:
        if self._previous_key is not None:
            self._previous_key.overwrite()
            self._previous_key = None
