"""A remote terminal, its history in pieces, and a local terminal that the painter shows it on."""

from rmosh.channels.history.frames import HistoryKept
from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.terminal.clears import CLEAR_SETTLES
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.history import lines_of
from rmosh.terminal.scrolled import ScrolledLine
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.painter import Painter
from rmosh_client.showing.scrollback import Scrollback

#: What opens the viewer.
KEY = "Ctrl-^ ["


class Pair:
    """A remote terminal, and a local one that shows it and is fed what scrolled off once that has come.

    Attributes:
        painted: what the local terminal got, a piece for each time.
        written: what the remote one got.
        on_the_way: lines that became history remotely and have not come, with their numbers.
        sent, kept: all lines that became history remotely, and locally.
    """

    def __init__(
        self, *, rows: int, columns: int, local_columns: int | None = None, abilities: Abilities | None = None
    ) -> None:
        abilities = abilities or Abilities()
        self.remote = Emulator(rows=rows, columns=columns)
        self.local = Emulator(rows=rows, columns=local_columns or columns)
        self.rows, self.columns = rows, local_columns or columns
        self.received = HistoryReceiver(lambda _number: None, depth=0)
        self.received.take_kept(HistoryKept(oldest=0, began=0, following=0, erased=0))
        self.scrollback = Scrollback(self.received, viewer_key=KEY, keeps=abilities.keeps_clears)
        self.painter = Painter(abilities)
        self.now = 0.0
        self.painted: list[bytes] = []
        self.written: list[bytes] = []
        self._paint(self.painter.start(rows=rows, columns=self.columns))
        self.local.take_history()
        self.on_the_way: list[tuple[int, ScrolledLine]] = []
        self.sent: list[ScrolledLine] = []
        self.kept: list[ScrolledLine] = []

    def output(self, data: bytes, *, typed: bool = True) -> None:
        """Let the remote program write, after somebody typed or by itself."""
        if typed:
            self.remote.typed(now=self.now)
        self.written.append(data)
        self.remote.feed(data, now=self.now)
        self._take()

    def _take(self) -> None:
        for cleared in self.remote.take_cleared():
            self.received.cleared.add(cleared)
        for line in lines_of(self.remote.take_history()):
            self.on_the_way.append((len(self.sent), line))
            self.sent.append(line)

    def arrive(self, count: int) -> None:
        for number, line in self.on_the_way[:count]:
            self.received.archive.insert(number, [line])
        del self.on_the_way[:count]

    def show(self) -> None:
        frame = self.remote.frame()
        feed = self.scrollback.next_feed(frame, rows=self.rows, columns=self.columns, now=self.now)
        self._paint(self.painter.paint(frame, feed, now=0.0))
        self.kept += lines_of(self.local.take_history())

    def _paint(self, data: bytes) -> None:
        self.painted.append(data)
        self.local.feed(data)

    def settle(self) -> None:
        self.remote.settle(now=self.now + CLEAR_SETTLES)
        self._take()
        self.arrive(len(self.on_the_way))
        self.show()
        while self.scrollback.lacks(self.remote.frame(), rows=self.rows, columns=self.columns):
            self.show()

    def local_screen(self) -> list[str]:
        return ["".join(cell.text for cell in row.cells).rstrip() for row in self.local.frame().rows]

    def remote_screen(self) -> list[str]:
        return ["".join(cell.text for cell in row.cells).rstrip() for row in self.remote.frame().rows]

    def ends(self, terminal: Emulator) -> list[int]:
        """Return up to which column each row was written."""
        return [row.written for row in terminal.frame().rows]

    def wraps(self, terminal: Emulator) -> list[bool]:
        """Return which rows above the last one go on in the next, as far as that is told to a terminal."""
        return [row.wrapped for row in terminal.frame().rows[:-1]]
