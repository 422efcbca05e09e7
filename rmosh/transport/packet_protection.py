"""Packet protection for one peer (as RFC 9001 section 5 calls it): sealing, opening, connection ids and key exchange.

It knows no path. The two ends differ in who begins an exchange; either answers under the id that the other has come to.
"""

from collections.abc import Callable

from rmosh.announce import Announce
from rmosh.transport.connection_ids import IDS_AHEAD
from rmosh.transport.key_exchange import AnsweringExchange, BeginningExchange, KeyExchange
from rmosh.transport.keys import SessionKeys
from rmosh.transport.sealing import Opener, Sealer


class PacketProtection:
    """What the endpoint sends and receives through.

    Attributes:
        exchange: a traffic class, the least urgent one.
    """

    def __init__(self, sealer: Sealer, opener: Opener, exchange: KeyExchange) -> None:
        self.sealer = sealer
        self.opener = opener
        self.exchange = exchange
        self._next_id_wanted = False

    @classmethod
    def of_client(cls, announce: Announce, entropy: Callable[[int], bytes], *, now: float) -> "PacketProtection":
        """Return the client's end; the announce is not kept, the caller forgets its secret."""
        keys = SessionKeys.derive(announce.secret, version=announce.version)
        sealer, opener = Sealer(keys.to_server, now=now), Opener(keys.to_client)
        return cls(sealer, opener, BeginningExchange(sealer, opener, entropy))

    @classmethod
    def of_server(cls, announce: Announce, entropy: Callable[[int], bytes], *, now: float) -> "PacketProtection":
        """Return the server's end; the announce is not kept, the caller forgets its secret."""
        keys = SessionKeys.derive(announce.secret, version=announce.version)
        sealer, opener = Sealer(keys.to_client, now=now), Opener(keys.to_server)
        return cls(sealer, opener, AnsweringExchange(sealer, opener, entropy))

    def open(self, untrusted: bytes, *, now: float) -> tuple[int, bytes]:
        """Return a datagram's packet number and frames.

        Raises:
            PeerError: see `Opener.open`.
        """
        opened = self.opener.open(untrusted, now=now)
        if self.opener.ids.newest > self.sealer.id_number:
            self.sealer.use_id(self.opener.ids.newest)
        return opened

    def seal(self, packet_number: int, plaintext: bytes, *, now: float) -> bytes:
        """Return the datagram that carries these frames, in the next epoch if that is due."""
        return self.sealing(now=now)(packet_number, plaintext)

    def sealing(self, *, now: float) -> Callable[[int, bytes], bytes]:
        """Return what seals the next datagrams of this moment, in the next epoch if that is due."""
        if self.sealer.ratchet_due(now=now):
            self.sealer.ratchet(now=now)
        self._take_next_id()
        return self.sealer.seal

    def change_id(self) -> None:
        """Go on to the next connection id with the next datagram: this end is about to be seen elsewhere."""
        self._next_id_wanted = True

    def _take_next_id(self) -> None:
        """Use the next id if that is wanted and the peer would know it: it is not far from one it answered under."""
        if self._next_id_wanted and self.sealer.id_number < self.opener.ids.newest + IDS_AHEAD:
            self.sealer.use_id(self.sealer.id_number + 1)
        self._next_id_wanted = False
