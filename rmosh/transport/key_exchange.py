"""A Diffie-Hellman exchange an epoch (X25519, RFC 7748), whose result goes into the chains of both directions.

Whoever copied an end's keys and then only listens is shut out once an exchange is through: he has neither private key.
The client begins, the server answers; one exchange is open at a time. An end seals with the result once it knows that
the other has it: the client when the answer came, the server when its answer was acknowledged. An opener that expects a
result tries it first and the plain step second, so that neither loss nor order matters: the seal decides.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

from rmosh.errors import Malformed
from rmosh.transport.cryptography import PRIMITIVES
from rmosh.transport.frames import KEY_SHARE, KeyShare
from rmosh.transport.newest import NewestSender
from rmosh.transport.primitives import KEY_BYTES, Secret
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.sealing import Opener, Sealer
from rmosh.transport.traffic import Load

#: Bytes that an exchange's number is told to the hash in.
_NUMBER_BYTES: Final = 8

#: Most bytes of a KEY_SHARE frame: its type, a number, the share.
_FRAME_BYTES: Final = 1 + _NUMBER_BYTES + KEY_BYTES


class KeyExchange(ABC):
    """One end of it: a traffic class, the least urgent one, that also hears.

    Attributes:
        number: of the newest exchange begun or answered, 0 before the first.
    """

    def __init__(self, sealer: Sealer, opener: Opener, entropy: Callable[[int], bytes]) -> None:
        self._sealer = sealer
        self._opener = opener
        self._entropy = entropy
        self._share = NewestSender(KEY_SHARE, on_arrived=self._share_arrived)
        self.number = 0

    def check(self, share: KeyShare) -> None:
        """Refuse what cannot be a share of the other end's, before anything of its datagram takes effect.

        Raises:
            Malformed: it belongs to no exchange that may be open, or makes no secret.
        """
        if self._awaits(share.number):  # a share that makes no secret makes none whatever the private key
            PRIMITIVES.agree(Secret(), share.share, Secret())

    @abstractmethod
    def _awaits(self, number: int) -> bool:
        """Tell whether a share of this number would be taken now; one that was taken before changes nothing.

        Raises:
            Malformed: it belongs to no exchange that may be open.
        """

    @abstractmethod
    def take(self, share: KeyShare) -> None:
        """Take the other end's share, which was checked; one that was taken before changes nothing."""

    @abstractmethod
    def _share_arrived(self) -> None:
        """Take note that the other end has the newest share of this one."""

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when the share must be said (again)."""
        return self._share.due_at(link)

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the share when it is due."""
        return self._share.loads(room, link, now=now)

    def hurry(self) -> None:
        """Say the share at once if it is open."""
        self._share.hurry()

    def _private_key(self) -> Secret:
        return self._sealer.private_key(self._entropy(KEY_BYTES))

    def _is_unfinished(self) -> bool:
        """Tell whether one direction has yet to go on with the newest result."""
        return self._sealer.mixes or self._opener.expects


class BeginningExchange(KeyExchange):
    """The client's end; an exchange begins only where something else leaves."""

    def __init__(self, sealer: Sealer, opener: Opener, entropy: Callable[[int], bytes]) -> None:
        super().__init__(sealer, opener, entropy)
        self._private: Secret | None = None
        self._own_share = b""

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the share when it is due; begin the next exchange when the last one is through and it is time."""
        if self._may_begin(now) and room >= _FRAME_BYTES:
            self._begin()
        return super().loads(room, link, now=now)

    def _awaits(self, number: int) -> bool:
        if number > self.number:
            raise Malformed(f"a server answers key exchange {number}, the newest is {self.number}")
        return number == self.number and self._private is not None

    def take(self, share: KeyShare) -> None:
        """Take the server's answer."""
        if not self._awaits(share.number) or self._private is None:
            return
        result = _result(self._private, share.share, number=self.number, shares=self._own_share + share.share)
        self._private.overwrite()
        self._private = None
        self._share.settle()
        self._opener.expect(Secret(result.held))
        self._sealer.mix(result)

    def _share_arrived(self) -> None:
        """Wait for the answer, which is repeated by itself."""

    def _may_begin(self, now: float) -> bool:
        is_time = self.number == 0 or self._sealer.waning(now=now) or self._opener.is_waning
        return is_time and self._private is None and not self._is_unfinished() and self._opener.heard

    def _begin(self) -> None:
        self.number += 1
        self._private = self._private_key()
        self._own_share = PRIMITIVES.share_of(self._private)
        self._share.tell(KeyShare(self.number, self._own_share))


class AnsweringExchange(KeyExchange):
    """The server's end."""

    def __init__(self, sealer: Sealer, opener: Opener, entropy: Callable[[int], bytes]) -> None:
        super().__init__(sealer, opener, entropy)
        self._result: Secret | None = None

    def _awaits(self, number: int) -> bool:
        if number <= self.number:
            return False
        if self._result is not None or self._is_unfinished() or number != self.number + 1:
            raise Malformed(f"a client begins key exchange {number} when {self.number} is not through")
        return True

    def take(self, share: KeyShare) -> None:
        """Take the client's share and answer."""
        if not self._awaits(share.number):
            return
        private = self._private_key()
        own_share = PRIMITIVES.share_of(private)
        self._result = _result(private, share.share, number=share.number, shares=share.share + own_share)
        private.overwrite()
        self.number = share.number
        self._opener.expect(Secret(self._result.held))
        self._share.tell(KeyShare(self.number, own_share))

    def _share_arrived(self) -> None:
        assert self._result is not None
        self._sealer.mix(self._result)
        self._result = None


def _result(private: Secret, untrusted: bytes, *, number: int, shares: bytes) -> Secret:
    """Return what goes into the chains: it names the exchange and both shares, the client's first.

    Raises:
        Malformed: the other's share makes no secret.
    """
    agreed, result = Secret(), Secret()
    PRIMITIVES.agree(private, untrusted, agreed)
    PRIMITIVES.keyed_hash(agreed, b"rmosh exchange" + number.to_bytes(_NUMBER_BYTES, "big") + shares, result)
    agreed.overwrite()
    return result
