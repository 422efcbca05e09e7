"""UDP, and a stream beside it, at one endpoint: what goes on which of them, and what is known of each.

Round trips, losses, windows and sizes are each path's own; what goes over both has a third set of them.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rmosh.transport.frame_type import WireFrame
from rmosh.transport.frames import Ping
from rmosh.transport.path import Path
from rmosh.transport.path_choice import Carrier, PathChoice, patience
from rmosh.transport.recovery import Recovery
from rmosh.transport.routes import Routes


class Beside(NamedTuple):
    """A stream beside UDP.

    Attributes:
        path: the stream.
        choice: which of the two is used, and why.
        stream, both: what is known of the stream, and of what goes over both.
    """

    path: Path
    choice: PathChoice
    stream: Recovery
    both: Recovery


class Ways:
    """UDP's routes, and the choice between them and a stream where there is one.

    Attributes:
        udp: what is known of UDP.
        beside: the stream; None where there is none.
        recovery: what is known of the way that carries everything now.
        recoveries: all that packets may have been sent under.
    """

    def __init__(self, routes: Routes, new: Callable[[bool], Recovery]) -> None:
        """Begin with UDP alone.

        Args:
            new: makes a recovery, for a stream or not.
        """
        self._routes = routes
        self._new = new
        self._answers_elsewhere = self._is_owed = False
        self._paid_at = -math.inf
        self.beside: Beside | None = None
        self.udp = self.recovery = new(False)
        self.recoveries: tuple[Recovery, ...] = (self.udp,)

    @property
    def active(self) -> Path | None:
        """The path in use; while both are, the one that was before. None before one is."""
        if self.beside is not None and self.beside.choice.settled is Carrier.STREAM:
            return self.beside.path
        return self._routes.active

    @property
    def is_reachable(self) -> bool:
        """Whether there is any way to send on."""
        return self.beside is not None or self._routes.reachable

    @property
    def uses_both(self) -> bool:
        """Whether UDP and the stream carry all."""
        return self.beside is not None and self.beside.choice.way is Carrier.BOTH

    # --- the stream comes and goes ---------------------------------------------------------------------------

    def add_stream(self, path: Path, *, now: float) -> bool:
        """Send by a stream too, instead of the one before; return whether all that is open goes there at once."""
        if self.beside is not None:
            return self._replace_stream(self.beside, path, now=now)
        stream, both = self._new(True), self._new(False)
        way = Carrier.STREAM if self._routes.active is None else Carrier.UDP
        choice = PathChoice(udp=self.udp, stream=stream, way=way, seeks=self._routes.seeks, now=now)
        self.beside = Beside(path, choice, stream, both)
        self.recoveries = (self.udp, stream, both)
        for recovery in self.recoveries:
            recovery.trace = self.udp.trace
        self._go_on()
        if way is Carrier.UDP:
            self.doubt(now=now)
        return True

    def _replace_stream(self, beside: Beside, path: Path, *, now: float) -> bool:
        if path == beside.path:
            return False
        beside.stream.expire(now, heard_at=None, now=now)
        beside.stream.forget_path(now=now)
        beside.stream.begin_again(now=now)
        self.beside = beside._replace(path=path)
        if beside.choice.way is Carrier.UDP:
            return False
        self.doubt(now=now)
        return True

    def drop_stream(self, path: Path, *, now: float) -> bool:
        """Give up a stream that was closed; return whether what was on its way in it has to go by UDP."""
        if self.beside is None or path != self.beside.path:
            return False
        choice = self.beside.choice
        for recovery in (self.beside.stream, self.beside.both):
            recovery.expire(now, heard_at=None, now=now)
        if choice.way is not Carrier.UDP:
            self.udp.begin_again(now=now)
        self.udp.deliveries = None
        self.beside, self.recovery, self.recoveries = None, self.udp, (self.udp,)
        return choice.way is not Carrier.UDP

    # --- choosing --------------------------------------------------------------------------------------------

    def turn(self, *, now: float) -> bool:
        """Choose anew; return whether all that is open shall be said at once, as another path carries it now."""
        if self.beside is None:
            return False
        choice = self.beside.choice
        choice.udp_usable = self._routes.has_addresses
        before = choice.way
        choice.judge(now=now)
        if choice.way is not before:
            self._change(self.beside, before, now=now)
        is_owed = choice.way is Carrier.BOTH and choice.way is not before
        self._is_owed = (self._is_owed or is_owed) and choice.way is not Carrier.UDP
        return self._is_owed and self._is_paid(self.beside.stream, now)

    def _change(self, beside: Beside, before: Carrier, *, now: float) -> None:
        choice = beside.choice
        if choice.way is Carrier.BOTH:
            self._carry_over(beside, before, now=now)
        elif choice.way is Carrier.UDP and before is Carrier.BOTH and not choice.stream_works:
            beside.stream.expire(now, heard_at=None, now=now)
        self._go_on()

    def _is_paid(self, stream: Recovery, now: float) -> bool:
        """Give the stream all that is open, unless what it was given the last time is on its way yet: it may stall."""
        if stream.proven_since < self._paid_at and stream.bytes_in_flight:
            return False
        self._is_owed, self._paid_at = False, now
        return True

    def try_udp(self, *, now: float) -> None:
        """Ask by UDP again, as there may be another way now."""
        if self.beside is not None:
            self.beside.choice.try_udp(now=now)

    def doubt(self, *, now: float) -> None:
        """Use both until it is known which of them works."""
        if self.beside is not None and self.beside.choice.way is not Carrier.BOTH:
            before = self.beside.choice.way
            self.beside.choice.doubt(now=now)
            self._carry_over(self.beside, before, now=now)
            self._go_on()

    def _carry_over(self, beside: Beside, before: Carrier, *, now: float) -> None:
        left = self.udp if before is Carrier.UDP else beside.stream
        beside.both.go_on_from(left, losing_as=self.udp, now=now)
        if before is Carrier.UDP:
            self.udp.expire(now - patience(self.udp), heard_at=None, now=now)

    def _go_on(self) -> None:
        if self.beside is not None:
            recoveries = {Carrier.UDP: self.udp, Carrier.STREAM: self.beside.stream, Carrier.BOTH: self.beside.both}
            self.recovery = recoveries[self.beside.choice.way]

    def heard(self, source: Path, questions: Sequence[WireFrame] | None, *, now: float) -> bool:
        """Take note of where a datagram came from; return whether all that is open shall be said at once.

        Who says something by the other path may hear nothing by the one in use; who only asks is answered there too.
        Who left UDP for the stream is answered by both: UDP may be bad one way, and our answers alone show that late.

        Args:
            questions: those of its frames that ask for an acknowledgement; None where the datagram is no newest one.
        """
        is_new = source.is_stream and not self._routes.seeks and self.add_stream(source, now=now)
        if self.beside is None or questions is None:
            return is_new
        choice = self.beside.choice
        choice.heard(by_stream=source.is_stream, now=now)
        elsewhere = choice.way is (Carrier.UDP if source.is_stream else Carrier.STREAM)
        if not elsewhere or not questions or not choice.udp_usable:
            return is_new
        proven = self._is_proven(choice, now)
        if proven and not source.is_stream:
            return is_new
        if proven or all(isinstance(frame, Ping) for frame in questions):
            self._answers_elsewhere = True
            return is_new
        self.doubt(now=now)
        self._is_owed = True
        return is_new

    def _is_proven(self, choice: PathChoice, now: float) -> bool:
        """Whether the way that is chosen is known to have worked a round trip ago."""
        recovery = self.recovery
        proven_since = max(recovery.proven_since, choice.held_since)
        return now - proven_since <= recovery.rtt.smoothed + patience(recovery)

    def udp_answered(self, source: Path, *, now: float) -> None:
        """Take note that an address answered its challenge, if it is the one in use now."""
        if self.beside is not None and source == self._routes.active:
            self.beside.choice.udp_answered(now=now)

    # --- where to --------------------------------------------------------------------------------------------

    def places(self, size: int, *, silent: bool, is_new: bool) -> tuple[list[Path], Recovery]:
        """Return where the next datagram goes, and under what it is remembered.

        Args:
            size: of the datagram, in bytes; what an unproven address has earned is spent by it.
            silent: an answer is overdue.
            is_new: it holds what the stream does not carry already.
        """
        beside, elsewhere = self.beside, self._answers_elsewhere
        self._answers_elsewhere = False
        if beside is None or (beside.choice.way is Carrier.UDP and not elsewhere):
            return self._routes.targets(size, silent=silent), self.udp
        if beside.choice.way is Carrier.STREAM and not elsewhere:
            return [beside.path], beside.stream
        addresses = self._routes.targets(size, silent=silent)
        if not addresses:
            return [beside.path], beside.stream
        if is_new or elsewhere:
            return [beside.path, *addresses], beside.both
        beside.choice.sent_on_udp_alone()
        return addresses, self.udp

    def probes(self, *, now: float) -> list[tuple[Sequence[Path], Recovery]]:
        """Return where to ask now whether anybody is there."""
        if self.beside is None:
            return []
        choice = self.beside.choice
        due: list[tuple[Sequence[Path], Recovery]] = []
        if choice.udp_probe_due(now=now) and self._routes.probed:
            choice.sent_on_udp_alone()
            due.append((self._routes.probed, self.udp))
        if choice.stream_probe_due(now=now):
            due.append(([self.beside.path], self.beside.stream))
        return due

    def stream_becomes_idle(self, *, now: float) -> bool:
        """Tell once that UDP has held for so long that the stream is not needed."""
        return self.beside is not None and self.beside.choice.becomes_idle(now=now)

    def next_wakeup(self) -> float | None:
        """Return when `turn` or `probes` has something to do, in monotonic seconds."""
        return None if self.beside is None else self.beside.choice.next_wakeup()
