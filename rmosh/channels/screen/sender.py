"""The screen, server to client: newest wins, each message a diff against a frame the client has shown.

A message that fits one datagram is repeated as copies; a larger one is cut into symbols with as much parity as the
measured loss calls for, and what is lost of it is replaced by any further symbol. An older message is never
repeated once a newer one exists.
"""

from collections.abc import Callable
from typing import NamedTuple

from rmosh.channels.screen.frames import SCREEN_SYMBOL, ScreenSymbol
from rmosh.channels.screen.message import MessageProgress, ScreenMessage
from rmosh.channels.screen.pacer import FramePacer
from rmosh.channels.screen.policy import MAX_SENT_FRAMES, PICTURE_SIZE, TIME_TO_SHOW
from rmosh.channels.screen.unhurried import UnhurriedFrames
from rmosh.compression import Compression
from rmosh.errors import Malformed
from rmosh.moments import earliest
from rmosh.screen import encode_change
from rmosh.terminal.cells import Frame, blank_frame
from rmosh.transport.overdue import OverdueRepeats
from rmosh.transport.policy import ACK_WAIT_GRANTED
from rmosh.transport.repeats import LinkConditions, RepeatSchedule
from rmosh.transport.traffic import Load

#: Most bytes that a SCREEN_SYMBOL frame spends before its symbol: type, number, distance, length, size, block, symbol.
SCREEN_OVERHEAD = 1 + 8 + 4 + 4 + 4 + 2 + 2

#: Probe timeouts after which a message that is still not shown is made anew, from a newer frame if one is shown by now.
#: Reason: the client may have given up the frame it starts from, for want of memory.
_STALE_AFTER = 4

#: Smallest symbol worth a place in a datagram, in bytes.
SMALLEST_SYMBOL = 64


class ScreenShot(NamedTuple):
    """What the server's screen is at one moment.

    Attributes:
        input_offset: input bytes that the PTY had been given.
    """

    frame: Frame
    input_offset: int


class _Symbol(NamedTuple):
    """Cargo: one symbol of one message."""

    message: ScreenMessage
    block: int

    def on_acknowledged(self, *, now: float) -> None:
        self.message.symbol_arrived(self.block)

    def on_lost(self, *, now: float) -> None:
        self.message.symbol_lost(self.block)


class ScreenSender:
    """Takes frames from `take` when the pacer and the path allow, and gets the newest one through.

    Attributes:
        synchronizing: the program asked to show nothing until its update is done.
    """

    def __init__(
        self,
        take: Callable[[], ScreenShot],
        *,
        want_larger: Callable[[float], None],
        compression: Compression = Compression.LAYOUT,
    ) -> None:
        self._take = take
        self._want_larger = want_larger
        self._compression = compression
        self._pacer = FramePacer()
        self._schedule = RepeatSchedule()
        self._overdue = OverdueRepeats()
        self._unhurried = UnhurriedFrames()
        self._sent: dict[int, Frame] = {0: blank_frame(rows=1, columns=1)}
        self._newest: ScreenShot | None = None
        self._message: ScreenMessage | None = None
        self._began_at = 0.0
        self._shown = 0
        self._input_arrived = False
        self.synchronizing = False
        self.number = 0

    # --- what happens to the screen --------------------------------------------------------------------------

    def changed(self, *, output: int = 0, is_whole: bool = False, now: float) -> None:
        """The screen may look different from the newest frame."""
        self._pacer.changed(output=output, is_whole=is_whole, now=now)

    def ended(self) -> None:
        """What the screen shows now is what is left of the session."""
        self._pacer.ended()

    def input_arrived(self, *, now: float) -> None:
        """The user typed: a half-sent message may be given up once for what the key did."""
        self._input_arrived = True
        self._pacer.attend(now=now)
        self._unhurried.typed(now=now)

    def check_shown(self, number: int) -> None:
        """Refuse a frame number that was never sent.

        Raises:
            Malformed: no such frame was sent.
        """
        if number > self.number:
            raise Malformed(f"the client says it shows frame {number}, the newest is {self.number}")

    def shown(self, number: int) -> None:
        """The client shows a frame: diffs start from it now."""
        if number <= self._shown or number not in self._sent:
            return
        self._shown = number
        self._overdue.arrived(number)
        for older in [sent for sent in self._sent if sent < number]:
            del self._sent[older]
        if number == self.number:
            self._message = None
            self._schedule.settled()

    def start_over(self, *, now: float) -> None:
        """Give up the message in hand; a new frame is taken, and sent as what changed since the one that is shown."""
        self._message = self._newest = None
        self._schedule = RepeatSchedule()
        self._overdue = OverdueRepeats()
        self._pacer = FramePacer()
        self._pacer.changed(now=now)

    @property
    def shown_frame(self) -> tuple[int, Frame]:
        """The newest frame that the client is known to show, behind its number."""
        return self._shown, self._sent[self._shown]

    @property
    def settled(self) -> bool:
        """Whether the client shows the newest screen."""
        return self._message is None and not self._pacer.pending

    @property
    def pending(self) -> bool:
        """Whether there is a change that no frame has shown."""
        return self._pacer.pending

    # --- traffic class ---------------------------------------------------------------------------------------

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when a datagram must leave for the screen's sake."""
        frame_at = self._frame_at(link)
        if self._message is None:
            return frame_at
        if self._has_unsent(self._message, link):
            return 0.0
        return earliest((frame_at, self._repeat_at(self._message, link)))

    def _frame_at(self, link: LinkConditions) -> float | None:
        """Return when to take a new frame; while the peer is silent only for a repeat that is due anyway, or a key."""
        if not self._may_take(link):
            return None
        frame_at = self._pacer.due_at(
            synchronizing=self.synchronizing, rtt=link.smoothed_rtt, awaits_picture=self._awaits_picture
        )
        if frame_at is None or self._message is None or not link.silent or self._input_arrived:
            return frame_at
        repeat_at = self._repeat_at(self._message, link)
        return None if repeat_at is None else max(frame_at, repeat_at)

    @property
    def _awaits_picture(self) -> bool:
        """Whether a part of a picture is on its way; what a key did since then is not held up by it."""
        return self._message is not None and self._message.length >= PICTURE_SIZE and not self._input_arrived

    def _repeat_at(self, message: ScreenMessage, link: LinkConditions) -> float | None:
        scheduled = self._schedule.due_at(link, copies=message.single)
        if message.single:
            return self._overdue.due_at(link, scheduled=scheduled)
        return scheduled + TIME_TO_SHOW if scheduled is not None and not link.reliable else scheduled

    @staticmethod
    def _has_unsent(message: ScreenMessage, link: LinkConditions) -> bool:
        room = max(link.window_room, link.whole_room if message.is_under_way else 0.0)
        return room >= link.room and not link.silent and message.unsent(link.loss)

    def _may_take(self, link: LinkConditions) -> bool:
        """Whether a new frame may replace the message in hand: it is out, untouched, or made stale by a key."""
        if link.window_room < link.room:
            return False
        message = self._message
        is_free = message is None or message.progress(link.loss) is not MessageProgress.UNDER_WAY
        return is_free or self._input_arrived

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return one symbol of the newest message when one is due."""
        if room < SCREEN_OVERHEAD + SMALLEST_SYMBOL:
            return []
        frame_at = self._frame_at(link)
        if frame_at is not None and frame_at <= now:
            self._take_frame(room, link, now=now)
        elif self._message is not None and (
            self._message.symbol_size + SCREEN_OVERHEAD > link.room or self._is_stale(self._message, link, now)
        ):
            self._start_message(room, link, now=now)
        message = self._message
        if message is None or message.symbol_size + SCREEN_OVERHEAD > room:
            return []
        repeat_at = self._repeat_at(message, link)
        repeat = repeat_at is not None and repeat_at <= now
        if not repeat and not self._has_unsent(message, link):
            return []
        if repeat and link.lossy and not (link.reliable or link.silent or message.single):
            message.answer_overdue()
        may_wait = self._unhurried.may_wait and message.single and not message.is_under_way
        wait = ACK_WAIT_GRANTED if may_wait else 0.0
        self._schedule.said(now=now + wait)
        self._overdue.said(message.number, size=message.symbol_size, now=now, wait=wait)
        return [self._symbol_load(message, link, may_wait=may_wait)]

    def _is_stale(self, message: ScreenMessage, link: LinkConditions, now: float) -> bool:
        """Whether a message starts from an older frame than the one shown, and should have been shown long ago."""
        return (
            message.base < self._shown and not link.silent and now > self._began_at + _STALE_AFTER * link.probe_timeout
        )

    def _symbol_load(self, message: ScreenMessage, link: LinkConditions, *, may_wait: bool) -> Load:
        block, symbol, data = message.next_symbol(link.loss)
        screen = ScreenSymbol(
            number=message.number,
            base=message.base,
            length=message.length,
            symbol_size=message.symbol_size,
            block=block,
            symbol=symbol,
            data=data,
        )
        return Load(SCREEN_SYMBOL.encode(screen), _Symbol(message, block), answer_may_wait=may_wait)

    def _take_frame(self, room: int, link: LinkConditions, *, now: float) -> None:
        shot = self._take()
        self._pacer.taken(now=now)
        if self._newest is None or self._newest.frame != shot.frame:
            self._newest = shot
            self._start_message(room, link, now=now)
        self._input_arrived = False

    def _start_message(self, room: int, link: LinkConditions, *, now: float) -> None:
        if self._newest is None:
            return
        if len(self._sent) >= MAX_SENT_FRAMES:
            del self._sent[next(number for number in self._sent if number != self._shown)]
        self._began_at = now
        self.number += 1
        self._sent[self.number] = self._newest.frame
        base = self._sent[self._shown]
        content = encode_change(
            base, self._newest.frame, input_offset=self._newest.input_offset, compression=self._compression
        )
        self._unhurried.began(len(content), link, now=now)
        max_symbol_size = room - SCREEN_OVERHEAD
        if len(content) > max_symbol_size:
            self._want_larger(now)
        if self._message is None or not link.silent or self._input_arrived:
            self._schedule.renewed()
        self._message = ScreenMessage(self.number, base=self._shown, content=content, max_symbol_size=max_symbol_size)

    def hurry(self) -> None:
        """Say the newest message again at once."""
        self._schedule.hurry()
