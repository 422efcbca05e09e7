"""How large a datagram may be: upward search from a size that always works (RFC 8899, PLPMTUD).

The search starts only when somebody has more to say than fits, so an idle session never probes. Sizes are UDP
payloads in bytes.
"""

from collections import deque

from rmosh.transport.policy import (
    BASE_MTU,
    CEILING_MTU,
    FLOOR_MTU,
    MTU_BLACK_HOLE_LOSSES,
    MTU_MAX_PROBES,
    MTU_RAISE_AFTER,
    MTU_SEARCH_STEP,
    STREAM_DATAGRAM,
    SWALLOWED,
    SWALLOWED_OF,
)

#: Size above which a datagram that is lost says something of what the path carries.
_NEARLY_FLOOR = FLOOR_MTU // 2


class MtuSearch:
    """The largest size known to pass, the smallest believed not to, and the probe in between."""

    def __init__(self) -> None:
        self.size = FLOOR_MTU
        self._too_large = CEILING_MTU + 1
        self._probe: int | None = None
        self._probe_losses = 0
        self._wanted = False
        self._finished_at: float | None = None
        self._large_losses = 0
        self._newest_large = self._newest_floor = -1
        self._floor_losses = 0
        self._floor_was_lost: deque[bool] = deque(maxlen=SWALLOWED_OF)

    def want_larger(self, *, now: float) -> None:
        """Say that a larger datagram would be used."""
        if self._finished_at is not None and now - self._finished_at > MTU_RAISE_AFTER:
            self._finished_at = None
            self._too_large = CEILING_MTU + 1
        self._wanted = self._finished_at is None

    def next_probe(self) -> int | None:
        """Return the size to probe now, or None: nothing wanted, a probe on its way, or the search is over."""
        if not self._wanted or self._probe is not None:
            return None
        return self._next_size()

    def probe_sent(self, size: int) -> None:
        """Remember the probe on its way."""
        self._probe = size

    def probe_acknowledged(self, size: int, *, now: float) -> None:
        """The path carries this size."""
        self.size = max(self.size, size)
        self._probe = None
        self._probe_losses = 0
        self._large_losses = 0
        self._finish_if_known(now)

    def probe_lost(self, size: int, *, now: float) -> None:
        """A probe seems lost; several of one size mean that it is too large."""
        if self._probe != size:
            return
        self._probe = None
        self._probe_losses += 1
        if self._probe_losses >= MTU_MAX_PROBES:
            self._too_large = size
            self._probe_losses = 0
        self._finish_if_known(now)

    def probe_unanswered(self) -> None:
        """The probe's fate will not be known: the peer said nothing at all since. Who wants larger ones asks again."""
        self._probe = None
        self._wanted = False

    def datagram_acknowledged(self, size: int, *, number: int) -> None:
        """An ordinary datagram of this size, the packet of this number, arrived."""
        if size > _NEARLY_FLOOR:
            self._newest_floor = max(self._newest_floor, number)
            self._floor_losses = 0
            self._floor_was_lost.append(False)
        if size > FLOOR_MTU:
            self._newest_large = max(self._newest_large, number)
            self._large_losses = 0

    def datagram_lost(self, size: int, *, number: int, now: float) -> None:
        """An ordinary datagram seems lost; many large ones mean a black hole, unless one sent after them arrived."""
        if _NEARLY_FLOOR < size <= FLOOR_MTU:
            self._floor_losses += number > self._newest_floor
            self._floor_was_lost.append(True)
        if not FLOOR_MTU < size <= self.size or number < self._newest_large:
            return
        self._large_losses += 1
        if self._large_losses >= MTU_BLACK_HOLE_LOSSES:
            self.restart()
            self._wanted = True

    @property
    def carries_floor(self) -> bool:
        """Whether the path seems to carry the sizes that every path is trusted with, and more than a few of them."""
        return self._floor_losses < MTU_BLACK_HOLE_LOSSES and sum(self._floor_was_lost) < SWALLOWED

    def trust_floor(self) -> None:
        """Trust the floor again, as on any path that nothing is known of."""
        self._floor_losses = 0
        self._floor_was_lost.clear()

    def send_failed(self, size: int, *, now: float) -> None:
        """The local host refused a datagram of this size as too long."""
        if self._probe == size:
            self._probe = None
        self._too_large = min(self._too_large, max(size, FLOOR_MTU + 1))
        self.size = min(self.size, self._too_large - 1)
        self._finish_if_known(now)

    def restart(self) -> None:
        """Trust only the floor again: the path is new."""
        self.__init__()  # type: ignore[misc]

    def _next_size(self) -> int | None:
        if self._too_large - self.size <= MTU_SEARCH_STEP:
            return None
        for preferred in (BASE_MTU, CEILING_MTU):
            if self.size < preferred < self._too_large:
                return preferred
        return (self.size + self._too_large) // 2

    def _finish_if_known(self, now: float) -> None:
        if self._next_size() is None:
            self._finished_at = now
            self._wanted = False


class OneSize(MtuSearch):
    """A stream's, which carries all sizes, of which one is used; and that of what goes there and elsewhere as well."""

    def __init__(self, size: int = STREAM_DATAGRAM) -> None:
        super().__init__()
        self.size = size

    def restart(self) -> None:
        """Go on with the same size."""

    def want_larger(self, *, now: float) -> None:
        """Look for nothing."""

    def datagram_lost(self, size: int, *, number: int, now: float) -> None:
        """Conclude nothing: size was not the reason."""

    def send_failed(self, size: int, *, now: float) -> None:
        """Conclude nothing either."""
