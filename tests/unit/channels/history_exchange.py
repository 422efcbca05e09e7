"""History from a sender to a receiver over a link that a test decides about."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rmosh.channels.history.frames import History, HistoryCleared, HistoryKept, HistoryShown, HistoryWant
from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.channels.history.sender import HistorySender
from rmosh.errors import Malformed
from rmosh.history.archive import Archive
from rmosh.history.cleared_lines import ClearedLines
from rmosh.history.recent_rows import RecentRows
from rmosh.session.channels import FRAMES
from rmosh.terminal.cells import Frame, blank_frame
from rmosh.terminal.clears import CLEAR_SETTLES
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.scrolled import ScrolledLine
from rmosh.transport.frame_type import WireFrame
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.sent_packets import Cargo

RTT = 0.01
ROOM = 1169


def conditions(*, room: int = ROOM, rtt: float = RTT, silence: float = 0.0, window_room: float = 1e9) -> LinkConditions:
    """Return a link whose losses are taken for the weather, so that they slow nothing down."""
    return LinkConditions(rtt, rtt + 0.02, 0.05, silence, room, window_room, minimum_rtt=rtt)


@dataclass
class Sent:
    """One frame that left, and what went ahead of it in the same datagram."""

    frame: WireFrame
    cargo: Cargo
    size: int
    marks: list[WireFrame]


def always(sent: Sent) -> bool:
    return True


class Exchange:
    """A server's terminal and history, a client's, and what goes between them by hand."""

    def __init__(
        self, *, rows: int = 4, columns: int = 40, depth: int = 100_000, kept_lines: int = 50_000, asks: bool = True
    ) -> None:
        self.now = 100.0
        self.larger_wanted: list[float] = []
        self.link = conditions()
        self.emulator = Emulator(rows=rows, columns=columns)
        self.archive, self.recent = Archive(max_lines=kept_lines), RecentRows()
        self.cleared = ClearedLines()
        self.frames: dict[int, Frame] = {0: blank_frame(rows=1, columns=1)}
        self.number = 0
        self.come()
        self.receiver = HistoryReceiver(lambda number: self.frames.get(number), depth=depth)
        self._erased = 0
        if asks:
            self.ask()

    # --- the server's side ---

    def come(self) -> None:
        """Let the server take a client, now."""
        self.sender = HistorySender(
            self.archive,
            self.recent,
            self.cleared,
            lambda: (self.number, self.frames[self.number]),
            want_larger=self.larger_wanted.append,
        )

    def output(self, data: bytes) -> None:
        """Do as `ServerSession` does with what a program prints."""
        self.emulator.feed(data)
        self._take()

    def clear(self, data: bytes) -> None:
        """Type what makes a program clear the screen, and wait."""
        self.emulator.typed(now=self.now)
        self.emulator.feed(data)
        self.emulator.settle(now=CLEAR_SETTLES)
        self._take()

    def _take(self) -> None:
        for cleared in self.emulator.take_cleared():
            self.cleared.add(cleared)
        if self.emulator.history_erased > self._erased:
            self._erased = self.emulator.history_erased
            self.archive.forget_below(self._erased)
            self.sender.erased(self._erased)
        entries = self.emulator.take_history()
        if entries:
            self.recent.append(entries, end=self.emulator.history_count)
            self.archive.append(entries, end=self.emulator.history_count)
            self.sender.grew(now=self.now)

    def scroll(self, *lines: str) -> None:
        """Print lines and let all of them scroll off."""
        self.output("".join([line + "\r\n" for line in lines]).encode() + b"\r\n" * len(self.emulator.frame().rows))

    def show(self) -> None:
        """Let the client show the screen as it is, and the server know that."""
        self.number += 1
        self.frames[self.number] = self.emulator.frame()

    # --- between them ---

    def ask(self) -> None:
        """Let what the client wants arrive."""
        for load in self.receiver.want.loads(ROOM, self.link, now=self.now):
            (want,) = FRAMES.decode(load.encoded)
            assert isinstance(want, HistoryWant) and load.cargo is not None
            self.sender.wanted(want)
            load.cargo.on_acknowledged(now=self.now)

    def tell(self) -> None:
        """Let what the server says of its history arrive."""
        for load in self.sender.kept.loads(ROOM, self.link, now=self.now):
            (kept,) = FRAMES.decode(load.encoded)
            assert isinstance(kept, HistoryKept) and load.cargo is not None
            self.receiver.take_kept(kept)
            load.cargo.on_acknowledged(now=self.now)

    def datagram(self, *, room: int | None = None) -> list[Sent]:
        """Return the frames that one datagram carries now."""
        room = self.link.room if room is None else room
        loads = self.sender.loads(room, self.link, now=self.now)
        assert sum(len(load.encoded) for load in loads) <= room
        sent = []
        for load in loads:
            *marks, frame = FRAMES.decode(load.encoded)
            assert load.cargo is not None
            sent.append(Sent(frame, load.cargo, len(load.encoded), marks))
        return sent

    def send(self) -> list[Sent]:
        """Return all that leaves in a round trip."""
        until, sent, idle = self.now + RTT, [], 0
        while (due_at := self.sender.due_at(self.link)) is not None and due_at <= until:
            self.now = max(self.now, due_at)
            built = self.datagram()
            idle = 0 if built else idle + 1
            assert idle <= 1, "a datagram is due, and there is nothing for it: the core would spin"
            sent += built
        self.now = until
        return sent

    def deliver(self, sent: Sent) -> None:
        """Let one frame arrive and be acknowledged, or be refused and count as lost."""
        try:
            self.arrive(sent.frame, sent.marks)
        except Malformed:
            sent.cargo.on_lost(now=self.now)
        else:
            sent.cargo.on_acknowledged(now=self.now)

    def arrive(self, frame: WireFrame, marks: Sequence[WireFrame] = ()) -> None:
        """Let the client take a frame, and what goes ahead of it."""
        for mark in marks:
            assert isinstance(mark, HistoryCleared)
            self.receiver.take_cleared(mark)
        if isinstance(frame, HistoryShown):
            self.receiver.check(frame)
            self.receiver.shown(frame)
        else:
            assert isinstance(frame, History)
            self.receiver.receive(frame)

    def run(self, *, limit: float = 30.0, arrives: Callable[[Sent], bool] = always) -> list[Sent]:
        """Go on until the sender has nothing left to say; return all that it said."""
        said: list[Sent] = []
        end = self.now + limit
        while self.is_busy and self.now < end:
            for sent in self.send():
                said.append(sent)
                if arrives(sent):
                    self.deliver(sent)
                else:
                    sent.cargo.on_lost(now=self.now)
        self.tell()
        assert not self.is_busy
        return said

    @property
    def is_busy(self) -> bool:
        return not self.sender.settled or self.sender.due_at(self.link) is not None

    # --- what the client has ---

    @property
    def end(self) -> int:
        return self.archive.end

    def here(self, start: int = 0, stop: int | None = None) -> list[ScrolledLine | None]:
        return self.receiver.archive.lines(start, self.end if stop is None else stop)

    def wanted(self, start: int = 0, stop: int | None = None) -> list[ScrolledLine | None]:
        return self.archive.lines(start, self.end if stop is None else stop)


def rainbow(chance: random.Random, cells: int) -> bytes:
    """Return output of so many cells, each in colours of its own, some of them links."""
    output = bytearray()
    for cell in range(cells):
        colour = b";".join([b"%d" % chance.randrange(256) for _ in range(3)])
        link = b"https://example.org/%d" % chance.randrange(10**9) if cell % 10 == 0 else b""
        output += b"\x1b]8;;" + link + b"\x1b\\\x1b[38;2;" + colour + b"m" + bytes([chance.randrange(97, 123)])
    return bytes(output) + b"\x1b[m\x1b]8;;\x1b\\\r\n"


def mixed(chance: random.Random, count: int) -> bytes:
    """Return lines of all kinds, each another."""
    lines = []
    for number in range(count):
        text = b"%d %x" % (number, chance.getrandbits(60))
        kinds = (text, b"\x1b[1;3%dm%s\x1b[m" % (number % 8, text), b"", text * 4, "漢字かな ".encode() + text)
        lines.append(chance.choice(kinds))
    return b"\r\n".join(lines) + b"\r\n"


def noise(chance: random.Random, length: int) -> str:
    return "".join([chr(chance.randrange(33, 127)) for _ in range(length)])
