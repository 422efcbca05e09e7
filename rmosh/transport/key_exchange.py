"""A Diffie-Hellman exchange an epoch (X25519, RFC 7748), whose result goes into the chains of both directions.

Whoever copied an end's keys and then only listens is shut out once an exchange is through: he has neither private key.
The client begins, the server answers; one exchange is open at a time. An end seals with the result once it knows that
the other has it: the client when the answer came, the server when its answer was acknowledged. An opener that expects a
result tries it first and the plain step second, so that neither loss nor order matters: the seal decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from rmosh.errors import Malformed
from rmosh.transport.frame_codec import encode_frame
from rmosh.transport.frames import KeyShare
from rmosh.transport.repeats import LinkConditions, RepeatSchedule
from rmosh.transport.sealing import Opener, Sealer
from rmosh.transport.sodium import KEY_BYTES, PRIMITIVES, Secret
from rmosh.transport.traffic import Load, TrafficClass

#: Bytes that an exchange's number is told to the hash in.
_NUMBER_BYTES: Final = 8


class KeyExchange(TrafficClass, Protocol):
    """One end of it: a traffic class of the least urgency, that also hears."""

    number: int

    def receive(self, share: KeyShare) -> None:
        """Take the other end's share.

        Raises:
            Malformed: it belongs to no exchange that may be open, or makes no secret.
        """


@dataclass(frozen=True, slots=True)
class _Told:
    """Cargo: the share that one datagram carried."""

    repeater: "_Repeater"
    encoded: bytes

    def on_acknowledged(self, *, now: float) -> None:
        self.repeater.arrived(self.encoded)

    def on_lost(self, *, now: float) -> None:
        pass


class _Repeater:
    """Says a share until it arrived."""

    def __init__(self, on_arrived: Callable[[], None]) -> None:
        self._on_arrived = on_arrived
        self._schedule = RepeatSchedule()
        self._encoded = b""

    def tell(self, share: KeyShare) -> None:
        self._encoded = encode_frame(share)
        self._schedule.renewed()

    def arrived(self, encoded: bytes) -> None:
        if encoded == self._encoded:
            self.settle()
            self._on_arrived()

    def settle(self) -> None:
        self._encoded = b""
        self._schedule.settled()

    def due_at(self, link: LinkConditions) -> float | None:
        return self._schedule.due_at(link)

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        due_at = self.due_at(link)
        if due_at is None or due_at > now or room < len(self._encoded):
            return []
        self._schedule.said(now=now)
        return [Load(self._encoded, _Told(self, self._encoded))]

    def hurry(self) -> None:
        self._schedule.hurry()


class BeginningExchange:
    """The client's end.

    Attributes:
        number: of the newest exchange begun, 0 before the first.
    """

    def __init__(self, sealer: Sealer, opener: Opener, entropy: Callable[[int], bytes]) -> None:
        self._sealer = sealer
        self._opener = opener
        self._entropy = entropy
        self._repeater = _Repeater(_nothing)
        self._private: Secret | None = None
        self._share = b""
        self.number = 0

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when the share must be repeated; an exchange begins only where something else leaves."""
        return self._repeater.due_at(link)

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the share when it is due; begin the next exchange when the last one is through and it is time."""
        if self._may_begin(now) and room >= _FRAME_BYTES:
            self._begin()
        return self._repeater.loads(room, link, now=now)

    def hurry(self) -> None:
        """Repeat it at once if it is open."""
        self._repeater.hurry()

    def receive(self, share: KeyShare) -> None:
        """Take the server's answer; one that was taken before changes nothing."""
        if share.number > self.number:
            raise Malformed(f"a server answers key exchange {share.number}, the newest is {self.number}")
        if share.number < self.number or self._private is None:
            return
        result = _result(self._private, share.share, number=self.number, shares=self._share + share.share)
        self._private.overwrite()
        self._private = None
        self._repeater.settle()
        self._opener.expect(Secret(result.held))
        self._sealer.mix(result)

    def _may_begin(self, now: float) -> bool:
        if self._private is not None or self._sealer.mixes or self._opener.expects or not self._opener.heard:
            return False
        return self.number == 0 or self._sealer.waning(now=now)

    def _begin(self) -> None:
        self.number += 1
        self._private = self._sealer.private_key(self._entropy(KEY_BYTES))
        self._share = PRIMITIVES.share_of(self._private)
        self._repeater.tell(KeyShare(self.number, self._share))


class AnsweringExchange:
    """The server's end.

    Attributes:
        number: of the newest exchange answered, 0 before the first.
    """

    def __init__(self, sealer: Sealer, opener: Opener, entropy: Callable[[int], bytes]) -> None:
        self._sealer = sealer
        self._opener = opener
        self._entropy = entropy
        self._repeater = _Repeater(self._answer_arrived)
        self._result: Secret | None = None
        self.number = 0

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when the answer must be said (again)."""
        return self._repeater.due_at(link)

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the answer when it is due."""
        return self._repeater.loads(room, link, now=now)

    def hurry(self) -> None:
        """Repeat it at once if it is open."""
        self._repeater.hurry()

    def receive(self, share: KeyShare) -> None:
        """Take the client's share and answer; one that was taken before changes nothing."""
        if share.number <= self.number:
            return
        unfinished = self._result is not None or self._sealer.mixes or self._opener.expects
        if unfinished or share.number != self.number + 1:
            raise Malformed(f"a client begins key exchange {share.number} when {self.number} is not through")
        private = self._sealer.private_key(self._entropy(KEY_BYTES))
        own = PRIMITIVES.share_of(private)
        self._result = _result(private, share.share, number=share.number, shares=share.share + own)
        private.overwrite()
        self.number = share.number
        self._opener.expect(Secret(self._result.held))
        self._repeater.tell(KeyShare(self.number, own))

    def _answer_arrived(self) -> None:
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


def _nothing() -> None:
    """A share that arrived is not yet answered."""


#: Most bytes of a KEY_SHARE frame: its type, a number, the share.
_FRAME_BYTES: Final = 1 + _NUMBER_BYTES + KEY_BYTES
