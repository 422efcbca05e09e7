"""The narrowest place of a link and the queue before it: when each datagram gets through, or that it is dropped.

Sans-IO. A bottleneck is a rate or a cellular trace; its queue is cut off at its end, or kept short by CoDel, or
nearly filled by somebody else's download.
"""

import math
from collections import deque
from typing import Final

from .cellular import Deliveries
from .codel import TARGET, CoDel
from .link_model import LinkModel

#: Bytes of one segment of the download, headers included.
_SEGMENT: Final = 1500

#: How a download's window grows and shrinks: C and beta. Source: RFC 9438, section 4.
_CUBIC_GROWTH: Final = 0.4
_CUBIC_SHRINKS_TO: Final = 0.7


#: Share of a queue that TCP streams fill; what is left lets others in. Source: RFC 9438, the mean of CUBIC's window
#: between a drop, after which 0.7 are left, and the next.
_STREAMS_FILL: Final = 0.85


class Bottleneck:
    """One link's bottleneck; `model` is what holds at the time of each call. Its traces count from `begin`."""

    def __init__(self, *, begin: float = 0.0) -> None:
        self._queued: deque[tuple[float, int]] = deque()
        self._queued_bytes = 0
        self._busy_until = -math.inf
        self._codel = CoDel()
        self._deliveries: Deliveries | None = None
        self._begin = begin

    def begin_again(self, *, now: float) -> None:
        """Let traces and downloads begin now."""
        self._begin = now
        self._deliveries = None

    def pass_through(self, size: int, *, model: LinkModel, now: float) -> float | None:
        """Return when the last bit of `size` bytes leaves; None where they are dropped."""
        if not model.has_bottleneck:
            return max(now, self._busy_until)
        ahead = self.waiting_bytes(model=model, now=now)
        if ahead + size > model.queue:
            return None
        if model.codel and self._codel.drops(came=now, turn=self._turn(model, now), ahead=ahead):
            return None
        return self.pass_stream(size, model=model, now=now)

    def pass_stream(self, size: int, *, model: LinkModel, now: float) -> float:
        """Return when the last bit of `size` bytes, which are never dropped, leaves."""
        if not model.has_bottleneck:
            return max(now, self._busy_until)
        departure = self._departure(size, model, now)
        self._busy_until = departure
        self._queued.append((departure, size))
        self._queued_bytes += size
        return departure

    def stream_may_send_at(self, size: int, *, model: LinkModel, now: float) -> float:
        """Return `now`, or when to ask again: a stream of TCP keeps the queue as long as its kind does."""
        own = self.queued_bytes(now=now)
        if not own or not model.has_bottleneck:
            return now
        if model.codel:
            has_room = self._departure_of_next(size, model) - now <= TARGET
        else:
            has_room = own + size <= min(model.queue * _STREAMS_FILL, model.queue - 2 * _SEGMENT)
        return now if has_room else self._queued[0][0]

    def _departure_of_next(self, size: int, model: LinkModel) -> float:
        """Return when `size` more bytes would leave, a cellular trace's gaps left out."""
        rate = model.rate if model.cellular is None else model.cellular.mean_rate
        assert rate is not None
        return self._busy_until + size * 8 / rate

    def waiting_bytes(self, *, model: LinkModel, now: float) -> int:
        """Bytes, headers included, that have not yet left; a download's too."""
        own = self.queued_bytes(now=now)
        return max(own, self._download_bytes(model, now)) if model.download else own

    def queued_bytes(self, *, now: float) -> int:
        """Bytes, headers included, of what was sent here and has not yet left."""
        while self._queued and self._queued[0][0] <= now:
            self._queued_bytes -= self._queued.popleft()[1]
        return self._queued_bytes

    def _turn(self, model: LinkModel, now: float) -> float:
        """Return when what comes now is next."""
        turn = max(now, self._busy_until)
        if model.download and model.rate is not None:
            turn = max(turn, now + self._download_bytes(model, now) * 8 / model.rate)
        return turn

    def _departure(self, size: int, model: LinkModel, now: float) -> float:
        turn = self._turn(model, now)
        if model.cellular is None:
            assert model.rate is not None
            return turn + size * 8 / model.rate
        if self._deliveries is None or self._deliveries.trace is not model.cellular:
            self._deliveries = Deliveries(model.cellular)
        return max(turn, self._begin + self._deliveries.deliver(size, time=now - self._begin))

    def _download_bytes(self, model: LinkModel, now: float) -> int:
        """Return the bytes of a download by CUBIC, alone with its queue, that wait now."""
        most = max(0, model.queue - _SEGMENT)
        period = math.pow(most / _SEGMENT * (1 - _CUBIC_SHRINKS_TO) / _CUBIC_GROWTH, 1 / 3)
        if not period:
            return 0
        left = period - (now - self._begin) % period
        return min(most, max(0, round(most - _CUBIC_GROWTH * math.pow(left, 3) * _SEGMENT)))
