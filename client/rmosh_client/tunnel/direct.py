"""`rmosh -W`: standard input and output are a connection that the far side makes."""

from collections.abc import Callable
from typing import Final

from rmosh.forwarding.answers import RequestAnswer
from rmosh.forwarding.byte_stream import ByteStreams, ResetCode
from rmosh.forwarding.junction import Junction
from rmosh_client.bootstrap.exit_status import FAILED
from rmosh_client.forwarding.opening import Opening, request_to, why_not
from rmosh_client.forwarding.specification import Place
from rmosh_client.link.event_loop import Action, EventLoop
from rmosh_client.plain_text import printable
from rmosh_client.reaching.ending import Ending
from rmosh_client.reaching.link_loop import nothing
from rmosh_client.tunnel.standard_streams import StandardStreams

#: How often it is looked whether standard output is still read once standard input has ended, in seconds. Reason: who
#: has started us and is gone closes both, and waits for nothing that the network must carry first.
_LOOK_EVERY: Final = 0.25

#: Longest reason of the far side's that is shown, in characters.
_LONGEST_REASON: Final = 256


class DirectConnection:
    """One, from the request to the end of both ways.

    Attributes:
        ending: how it ended; None while it goes on.
    """

    def __init__(
        self,
        streams: ByteStreams,
        target: Place,
        ends: StandardStreams,
        loop: EventLoop,
        *,
        guarded: Callable[[Action], Action],
    ) -> None:
        """Ask for it; what comes from standard input follows at once.

        Args:
            guarded: makes of an action what the event loop calls; a turn follows it.

        Raises:
            NoStreams: the far side knows none.
        """
        self._streams = streams
        self._target = target
        self._ends = ends
        self._loop = loop
        self._stream = streams.open()
        self._opening = Opening(self._stream, request_to(target))
        self._junction = Junction(self._stream, ends)
        self._receive, self._send = guarded(self._junction.receive), guarded(nothing)
        self._looked_at = 0.0
        self.ending: Ending | None = None

    @property
    def _is_there(self) -> bool:
        return self._opening.answer is not None and self._opening.answer.is_done

    def turn(self, *, now: float) -> None:
        """Move what can be moved."""
        for stream in self._streams.opened():  # nothing here asks the far side for any
            stream.reset(ResetCode.NOT_ASKED_FOR.value)
        self._streams.changed()
        self._looked_at = now
        answer = self._opening.turn()
        if self._is_there:
            self._junction.send()
            if self._stream.at_end:
                self._junction.leave_off()  # as `ssh -W` does: who speaks there alone would wait for ever
        if self.ending is None:
            self.ending = self._as_it_stands() if answer is None or answer.is_done else self._failed(answer)
        self._watch()

    @property
    def next_wakeup(self) -> float | None:
        """When to take a turn without another reason, in monotonic seconds."""
        return self._looked_at + _LOOK_EVERY if self._ends.has_ended and self.ending is None else None

    def _as_it_stands(self) -> Ending | None:
        reset = self._stream.was_reset
        if self._junction.is_broken and reset is not None and self._ends.is_read:
            why = printable(reset.reason, limit=_LONGEST_REASON) or "it was given up there"
            return Ending(FAILED, f"{self._target}: {why}")
        if self._junction.is_broken or (self._ends.has_ended and not self._ends.is_read):
            return Ending(0 if self._ends.has_ended else FAILED)
        return Ending(0) if self._junction.is_over and self._stream.is_over else None

    def _failed(self, answer: RequestAnswer) -> Ending:
        return Ending(FAILED, answer.text or f"{self._target}: {why_not(answer)}")  # a text names what was asked for

    def _watch(self) -> None:
        """Wait only for an end that there is something to move for."""
        if self._opening.is_said and self._junction.wants_to_receive and self.ending is None:
            self._loop.add_reader(self._ends.reading, self._receive)
        else:
            self._loop.remove_reader(self._ends.reading)
        if self._is_there and self._junction.wants_to_send and self.ending is None:
            self._loop.add_writer(self._ends.writing, self._send)
        else:
            self._loop.remove_writer(self._ends.writing)
