"""History from sender to receiver: every line arrives exactly, whatever is lost, late, or cut another way."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh.history.archive import Archive
from rmosh.history.cleared_lines import ClearedLines
from rmosh.history.line_codec import MAX_BLOCK, decode_lines, encode_lines, pack
from rmosh.history.recent_rows import RecentRows
from rmosh.screen.styles import StyleTable
from rmosh.screen.text import append_text
from rmosh.session.history_framing import HISTORY_OVERHEAD
from rmosh.session.history_receiver import HistoryReceiver
from rmosh.session.history_sender import HistorySender
from rmosh.session.policy import HISTORY_CALM, HISTORY_CATCH_UP, HISTORY_FLOOD, HISTORY_RIDES_ALONG
from rmosh.terminal.cells import DEFAULT_STYLE, Attribute, Frame, Style, blank_frame
from rmosh.terminal.clears import CLEAR_SETTLES, Clear
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.scrolled import EMPTY_LINE, ScrolledLine, plain_line
from rmosh.transport.frame_codec import decode_frames
from rmosh.transport.frames import (
    MAX_HISTORY_BLOCK,
    MAX_HISTORY_LINES,
    History,
    HistoryCleared,
    HistoryKept,
    HistoryShown,
    HistoryWant,
)
from rmosh.transport.frames import Frame as WireFrame
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.sent_packets import Cargo
from rmosh.wire import append_varint, append_varints

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
            (want,) = decode_frames(load.encoded)
            assert isinstance(want, HistoryWant) and load.cargo is not None
            self.sender.wanted(want)
            load.cargo.on_acknowledged(now=self.now)

    def tell(self) -> None:
        """Let what the server says of its history arrive."""
        for load in self.sender.kept.loads(ROOM, self.link, now=self.now):
            (kept,) = decode_frames(load.encoded)
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
            *marks, frame = decode_frames(load.encoded)
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


# --- every line, exactly -------------------------------------------------------------------------------------


def test_lines_of_every_kind_arrive_exactly() -> None:
    exchange = Exchange(rows=2, columns=10)
    exchange.output("plain\r\n\x1b[31mred\x1b[m tail\r\n\r\n0123456789abc\r\n漢字\r\n".encode())
    exchange.output(b"\x1b[44m  \x1b[K\x1b[m\r\n  in  \r\n\r\n\r\n")
    exchange.run()
    blue = Style(background=4)
    assert exchange.here() == [
        plain_line("plain"),
        ScrolledLine((("red", Style(foreground=1)), (" tail", DEFAULT_STYLE))),
        EMPTY_LINE,
        ScrolledLine((("0123456789", DEFAULT_STYLE),), wrapped=True),
        plain_line("abc"),
        plain_line("漢字"),
        ScrolledLine(((" " * 10, blue),)),
        plain_line("  in"),
        EMPTY_LINE,
    ]


def test_every_attribute_of_a_style_arrives() -> None:
    exchange = Exchange(rows=2)
    exchange.output(b"\x1b[1;3;7;9;38;2;1;2;3;48;5;99;58;5;7m\x1b[4:3mx\x1b[m\r\n\r\n\r\n")
    exchange.run()
    (line,) = exchange.here(0, 1)
    assert line is not None
    ((text, style),) = line.runs
    flags = Attribute.BOLD | Attribute.ITALIC | Attribute.REVERSE | Attribute.STRIKE
    assert (text, style.attributes, style.background, style.underline_colour) == ("x", int(flags), 99, 7)
    assert style.underline == 3 and style.foreground is not None


@pytest.mark.parametrize("seed", range(6))
def test_losses_late_arrivals_and_repetitions_change_nothing(seed: int) -> None:
    chance, exchange = random.Random(seed), Exchange()
    exchange.output(mixed(chance, 700))
    on_their_way: list[Sent] = []
    for _ in range(2000):
        if exchange.sender.settled and not on_their_way:
            break
        on_their_way += exchange.send()
        chance.shuffle(on_their_way)
        for sent in on_their_way[: chance.randrange(1, 8)]:
            on_their_way.remove(sent)
            fate = chance.random()
            if fate < 0.3:
                sent.cargo.on_lost(now=exchange.now)
            elif fate < 0.5:
                sent.cargo.on_lost(now=exchange.now)
                exchange.arrive(sent.frame)
            else:
                exchange.deliver(sent)
                exchange.arrive(sent.frame)
    assert exchange.sender.settled
    assert exchange.end > 700
    assert exchange.here() == exchange.wanted()


@pytest.mark.parametrize("seed", range(4))
def test_a_thousand_coloured_cells_arrive_whole_though_pieces_are_lost_and_cut_another_way(seed: int) -> None:
    chance, exchange = random.Random(seed), Exchange(rows=2, columns=1000)
    exchange.output(rainbow(chance, 1000) + rainbow(chance, 400) + b"end\r\n\r\n")
    pieces: list[Sent] = []
    for step in range(3000):
        exchange.link = conditions(room=(1169, 477, 777)[step % 3])
        sent = exchange.send()
        pieces += [
            each for each in sent if isinstance(each.frame, History) and each.frame.length > len(each.frame.data)
        ]
        chance.shuffle(sent)
        for each in sent:
            if chance.random() < 0.4:
                each.cargo.on_lost(now=exchange.now)
            else:
                exchange.deliver(each)
        if exchange.sender.settled:
            break
    assert exchange.sender.settled
    assert len(pieces) > 10
    assert exchange.here() == exchange.wanted()
    first = exchange.here(0, 1)[0]
    assert first is not None and len(first.runs) == 1000
    assert sum(bool(style.link) for _, style in first.runs) == 100


def test_a_line_too_large_for_any_block_goes_without_its_links_or_its_colours() -> None:
    chance = random.Random(5)
    exchange = Exchange(rows=2, columns=1000)
    cells = [
        f"\x1b]8;;https://example.org/{noise(chance, 900)}\x1b\\{chr(97 + cell % 26)}".encode() for cell in range(1000)
    ]
    exchange.output(b"".join(cells) + b"\x1b]8;;\x1b\\\r\n\r\n\r\n")
    exchange.run(limit=200)
    first = exchange.here(0, 1)[0]
    assert first is not None and first.text == "".join([chr(97 + cell % 26) for cell in range(1000)])


@pytest.mark.parametrize("cells", [40, 80, 400])
def test_a_line_too_long_for_the_first_small_datagrams_of_a_slow_path_is_sent_all_the_same(cells: int) -> None:
    exchange = Exchange(rows=2, columns=400)
    exchange.link = conditions(rtt=0.3)
    exchange.output(rainbow(random.Random(1), cells) + b"next\r\n\r\n")
    exchange.run()
    assert exchange.here() == exchange.wanted()


@pytest.mark.parametrize("seed", range(6))
def test_no_line_that_was_cleared_is_ever_here_without_that_being_known(seed: int) -> None:
    chance, exchange = random.Random(seed), Exchange(rows=9, columns=300)
    for _ in range(40):
        exchange.output(mixed(chance, chance.randrange(30)) + rainbow(chance, chance.choice((0, 0, 0, 250))))
        if chance.random() < 0.5:
            exchange.show()
        exchange.clear(chance.choice((b"\x1b[H\x1b[2J", b"\x1b[H\x1b[J", b"\x1b[9;300H\x1b[1J\x1b[H")) + b"$ ")
        for sent in exchange.send():
            if chance.random() < 0.4:
                sent.cargo.on_lost(now=exchange.now)
                continue
            exchange.deliver(sent)
            for number, line in enumerate(exchange.here()):
                assert line is None or exchange.receiver.cleared.how(number) == exchange.cleared.how(number)
    exchange.run()
    assert exchange.here() == exchange.wanted()
    hows = [exchange.receiver.cleared.how(number) for number in range(exchange.end)]
    assert hows == [exchange.cleared.how(number) for number in range(exchange.end)]
    assert set(hows) == {None, *Clear}


def test_a_client_that_does_not_know_of_clears_has_the_lines_all_the_same() -> None:
    exchange = Exchange(rows=9, columns=300)
    exchange.output(mixed(random.Random(1), 30))
    exchange.clear(b"\x1b[H\x1b[2J$ ")
    for sent in exchange.send():
        exchange.arrive(sent.frame)
        sent.cargo.on_acknowledged(now=exchange.now)
    exchange.run()
    assert exchange.here() == exchange.wanted()
    assert exchange.end == 31 - 1


# --- lines that the screen shows -----------------------------------------------------------------------------


def test_lines_that_the_client_shows_are_told_by_a_few_bytes() -> None:
    exchange = Exchange(rows=24, columns=80)
    lines = [
        f"\x1b[3{number % 8}mline {number} \x1b[4m漢字\x1b[m {noise(random.Random(number), 40)}" for number in range(23)
    ]
    exchange.output("\r\n".join([*lines, ""]).encode())
    exchange.show()
    exchange.output(b"\r\n" * 23)
    said = exchange.run()
    assert [sent.frame for sent in said] == [HistoryShown(0, 23, 1)]
    assert said[0].size <= 6
    assert exchange.here() == exchange.wanted()
    assert None not in exchange.here()


def test_a_row_that_changed_after_it_was_shown_is_sent_as_it_scrolled_off() -> None:
    exchange = Exchange(rows=4)
    exchange.output(b"one\r\ntwo\r\nthree\r\n")
    exchange.show()
    exchange.output(b"\x1b[2;1HTWO\x1b[4;1H\r\n\r\n\r\n")
    said = exchange.run()
    assert [type(sent.frame) for sent in said] == [HistoryShown, History, HistoryShown]
    assert exchange.here() == [plain_line("one"), plain_line("TWO"), plain_line("three")]


def test_equal_rows_are_not_mixed_up_when_a_long_plain_line_scrolls_off_with_them() -> None:
    exchange = Exchange(rows=24, columns=80)
    exchange.output(b"\r\n".join([b"x"] * 24))
    exchange.show()
    flood = [f"{number:028}" for number in range(120)]
    flood[40] = "y" * 90
    exchange.output(b"\x1b[6;1HCHANGED\x1b[24;1H\r\n")
    exchange.output("".join([line + "\r\n" for line in flood]).encode())
    exchange.run()
    assert exchange.here(5, 6) == [plain_line("CHANGED")]
    assert exchange.here() == exchange.wanted()


def test_what_the_alternate_screen_shows_is_nothing_that_scrolled_off() -> None:
    exchange = Exchange(rows=3)
    exchange.output(b"a\r\nb\r\nc")
    exchange.show()
    exchange.output(b"\r\n\r\n\r\n\x1b[?1049h\x1b[Ha\r\nb\r\nc")
    exchange.show()
    assert [type(sent.frame) for sent in exchange.run()] == [History]
    assert exchange.here() == exchange.wanted()


def test_the_frame_that_all_begin_with_shows_no_lines() -> None:
    exchange = Exchange(rows=1, columns=1)
    exchange.emulator.frame()
    exchange.output(b"\r\n\r\n")
    exchange.run()
    assert exchange.here() == [EMPTY_LINE, EMPTY_LINE]


def test_lines_of_a_frame_that_is_gone_are_refused_and_come_as_a_block() -> None:
    exchange = Exchange(rows=4)
    exchange.output(b"one\r\ntwo\r\nthree\r\n")
    exchange.show()
    exchange.output(b"\r\n\r\n\r\n")
    (sent,) = exchange.send()
    assert sent.frame == HistoryShown(0, 3, 1)
    shown = exchange.frames.pop(1)
    with pytest.raises(Malformed):
        exchange.arrive(sent.frame)
    sent.cargo.on_lost(now=exchange.now)
    exchange.frames[1] = shown
    exchange.show()
    del exchange.frames[1]
    assert [type(each.frame) for each in exchange.run()] == [History]
    assert exchange.here() == [plain_line("one"), plain_line("two"), plain_line("three")]


@pytest.mark.parametrize(("start", "count"), [(9, 1), (10, 5), (13, 2), (14, 1), (0, 256), (2**61, 1)])
def test_lines_that_a_frame_never_had_are_refused(start: int, count: int) -> None:
    exchange = Exchange(rows=4)
    exchange.output(b"x\r\n" * 13)
    exchange.show()
    assert exchange.frames[1].history == 10
    exchange.receiver.check(HistoryShown(10, 4, 1))
    with pytest.raises(Malformed):
        exchange.receiver.check(HistoryShown(start, count, 1))


# --- floods --------------------------------------------------------------------------------------------------


def test_what_a_flood_pushed_out_is_skipped_and_the_client_can_count_it() -> None:
    exchange = Exchange(kept_lines=500)
    exchange.scroll(*[f"before {number}" for number in range(100)])
    exchange.run()
    arrived = exchange.end
    for step in range(20):
        exchange.output(b"".join(b"flood %d\r\n" % number for number in range(step * 250, step * 250 + 250)))
    exchange.run()
    kept = exchange.receiver.kept
    assert kept is not None
    assert kept.following == exchange.end - int(500 * HISTORY_CATCH_UP)
    assert kept.oldest == exchange.archive.oldest
    lines = exchange.here()
    assert lines.count(None) == kept.following - arrived
    assert None not in lines[:arrived] + lines[kept.following :]
    assert lines[kept.following :] == exchange.wanted(kept.following)
    assert exchange.receiver.is_complete(exchange.end)


def test_in_the_midst_of_a_flood_nothing_is_sent() -> None:
    exchange = Exchange(kept_lines=500)
    for step in range(40):
        exchange.output(b"".join(b"flood %d\r\n" % number for number in range(step * 600, step * 600 + 600)))
        exchange.now += HISTORY_CALM / 2
        due_at = exchange.sender.due_at(exchange.link)
        assert due_at is not None and due_at > exchange.now
        assert exchange.datagram() == []
    exchange.run()
    assert exchange.receiver.is_complete(exchange.end)
    assert exchange.here().count(None) == exchange.end - int(500 * HISTORY_CATCH_UP)


def test_of_a_flood_that_does_not_end_some_lines_are_sent_all_the_same() -> None:
    exchange = Exchange(kept_lines=500)
    began, sent_at = exchange.now, []
    for _ in range(150):
        exchange.output(b"flood\r\n" * 600)
        exchange.now += 0.1
        due_at = exchange.sender.due_at(exchange.link)
        if due_at is not None and due_at <= exchange.now:
            sent_at.append(exchange.now - began)
            for sent in exchange.datagram():
                exchange.deliver(sent)
    exchange.tell()
    assert HISTORY_FLOOD <= sent_at[0] <= HISTORY_FLOOD + 0.5
    assert exchange.receiver.archive.end > 500
    assert exchange.receiver.kept is not None and exchange.receiver.kept.following > 0


def test_in_the_midst_of_a_flood_only_what_was_asked_for_is_sent() -> None:
    exchange = Exchange(kept_lines=500)
    exchange.output(b"flood\r\n" * 2000)
    oldest = exchange.archive.oldest
    exchange.receiver.fetch(oldest + 10, oldest + 20)
    exchange.ask()
    starts = []
    for _ in range(5):
        exchange.output(b"flood\r\n")
        for sent in exchange.send():
            assert isinstance(sent.frame, History | HistoryShown)
            starts.append(sent.frame.start)
            exchange.deliver(sent)
    assert starts == [oldest + 10]


def test_what_was_lost_in_a_flood_is_not_sent_again_once_it_is_gone() -> None:
    exchange = Exchange(kept_lines=500)
    exchange.scroll(*[f"before {number}" for number in range(100)])
    sent = exchange.send()
    assert sent
    exchange.output(b"flood\r\n" * 1000)
    for each in sent:
        each.cargo.on_lost(now=exchange.now)
    said = exchange.run()
    assert min(each.frame.start for each in said if isinstance(each.frame, History)) >= exchange.archive.oldest
    assert exchange.receiver.is_complete(exchange.end)


def test_pieces_of_lines_that_are_gone_do_not_keep_later_long_lines_away() -> None:
    exchange = Exchange(rows=2, columns=1000, kept_lines=100)
    chance = random.Random(3)
    for _ in range(80):
        exchange.output(rainbow(chance, 300))
    for sent in [each for _ in range(400) for each in exchange.send()]:
        assert isinstance(sent.frame, History)
        if sent.frame.offset == 0:
            exchange.deliver(sent)
        else:
            sent.cargo.on_lost(now=exchange.now)
    exchange.output(b"\r\n" * 500)
    exchange.run()
    exchange.output(rainbow(chance, 300) + b"\r\n\r\n")
    exchange.run()
    assert exchange.receiver.is_complete(exchange.end)
    assert exchange.here(exchange.end - 5) == exchange.wanted(exchange.end - 5)


# --- what the client wants -----------------------------------------------------------------------------------


def test_nothing_is_sent_before_the_client_says_what_it_wants() -> None:
    exchange = Exchange(asks=False)
    exchange.scroll("one", "two")
    exchange.output(b"\x1b[3Jthree\r\n\r\n\r\n\r\n\r\n")
    assert exchange.sender.due_at(exchange.link) is None
    assert exchange.sender.kept.due_at(exchange.link) is None
    assert exchange.datagram() == []
    assert exchange.sender.settled
    exchange.ask()
    exchange.run()
    assert exchange.here(exchange.end - 1) == exchange.wanted(exchange.end - 1)


@pytest.mark.parametrize("depth", [0, 1, 100, 10_000])
def test_the_depth_limits_what_comes_by_itself(depth: int) -> None:
    exchange = Exchange(depth=depth, asks=False)
    exchange.scroll(*[f"before {number}" for number in range(300)])
    before = exchange.end
    exchange.come()
    exchange.scroll(*[f"before the first word {number}" for number in range(20)])
    exchange.ask()
    exchange.scroll(*[f"after {number}" for number in range(50)])
    exchange.run()
    first = max(0, before - depth)
    kept = exchange.receiver.kept
    assert kept is not None and (kept.began, kept.following) == (first, first)
    assert exchange.here(0, first) == [None] * first
    assert exchange.here(first) == exchange.wanted(first)


def test_lines_that_were_asked_for_go_before_those_that_come_by_themselves() -> None:
    exchange = Exchange(depth=0, asks=False)
    exchange.scroll(*[f"before {number}" for number in range(1000)])
    exchange.come()
    exchange.ask()
    exchange.scroll(*[f"after {number}" for number in range(1000)])
    exchange.receiver.fetch(100, 400)
    exchange.ask()
    starts = [sent.frame.start for sent in exchange.run() if isinstance(sent.frame, History)]
    fetched = [start for start in starts if start < 400]
    assert fetched == starts[: len(fetched)]
    assert fetched[0] == 100
    assert exchange.here(100, 400) == exchange.wanted(100, 400)
    assert exchange.here(0, 100) == [None] * 100


def test_the_newest_wish_replaces_the_one_before_and_an_older_one_changes_nothing() -> None:
    exchange = Exchange(depth=0, asks=False)
    exchange.scroll(*[f"before {number}" for number in range(1000)])
    exchange.come()
    exchange.sender.wanted(HistoryWant(5, 0, 100, 10))
    exchange.sender.wanted(HistoryWant(7, 0, 200, 10))
    for late in (HistoryWant(6, 0, 300, 10), HistoryWant(7, 0, 400, 10), HistoryWant(1, 1000, 0, 0)):
        exchange.sender.wanted(late)
    exchange.run()
    here = [number for number, line in enumerate(exchange.here()) if line is not None]
    assert here == list(range(200, 210))


def test_who_asks_for_lines_that_are_gone_is_told_the_oldest_that_is_kept() -> None:
    exchange = Exchange(depth=0, kept_lines=100, asks=False)
    exchange.ask()
    exchange.tell()
    exchange.scroll(*[f"line {number}" for number in range(1000)])
    exchange.run()
    exchange.receiver.fetch(0, 50)
    exchange.ask()
    exchange.tell()
    assert exchange.receiver.kept is not None
    assert exchange.receiver.kept.oldest == exchange.archive.oldest == exchange.end - 100
    assert exchange.sender.settled
    assert exchange.here(0, 50) == [None] * 50


def test_who_asks_for_lines_of_which_some_are_gone_gets_the_others() -> None:
    exchange = Exchange(depth=0, kept_lines=100, asks=False)
    exchange.scroll(*[f"line {number}" for number in range(500)])
    exchange.come()
    exchange.ask()
    oldest = exchange.archive.oldest
    exchange.receiver.fetch(oldest - 30, oldest + 30)
    exchange.ask()
    exchange.receiver.fetch(oldest - 30, 10**9)
    exchange.ask()
    exchange.run()
    assert exchange.here(oldest) == exchange.wanted(oldest)


def test_lines_asked_for_that_are_pushed_out_meanwhile_hold_up_nothing() -> None:
    exchange = Exchange(kept_lines=100)
    exchange.scroll(*[f"line {number}" for number in range(60)])
    exchange.run()
    exchange.receiver.fetch(0, 50)
    exchange.ask()
    exchange.output(b"flood\r\n" * 1000)
    exchange.now += 1.0
    exchange.run()
    assert exchange.receiver.is_complete(exchange.end)


def test_asking_for_the_same_lines_twice_says_it_once() -> None:
    receiver = HistoryReceiver(lambda number: None, depth=7)
    link = conditions()

    def said() -> list[WireFrame]:
        return [frame for load in receiver.want.loads(ROOM, link, now=1.0) for frame in decode_frames(load.encoded)]

    assert said() == [HistoryWant(1, 7, 0, 0)]
    receiver.fetch(10, 20)
    assert said() == [HistoryWant(2, 7, 10, 10)]
    receiver.fetch(10, 20)
    assert said() == []


# --- erasing -------------------------------------------------------------------------------------------------


def test_erasing_drops_what_is_on_its_way_and_tells_how_much() -> None:
    exchange = Exchange()
    exchange.scroll(*[f"secret {number} {noise(random.Random(number), 30)}" for number in range(200)])
    exchange.run(arrives=lambda sent: True)
    exchange.scroll(*[f"more {number} {noise(random.Random(number), 30)}" for number in range(200)])
    on_their_way = exchange.send()
    assert on_their_way
    exchange.output(b"\x1b[3J")
    erased = exchange.emulator.history_erased
    exchange.tell()
    assert exchange.receiver.kept is not None
    assert (exchange.receiver.kept.erased, exchange.receiver.kept.following) == (erased, erased)
    for sent in on_their_way:
        sent.cargo.on_lost(now=exchange.now)
    assert exchange.sender.due_at(exchange.link) is None
    assert exchange.sender.settled
    assert exchange.here() == [None] * erased
    exchange.scroll("after")
    exchange.run()
    assert exchange.here(erased) == exchange.wanted(erased)
    assert plain_line("after") in exchange.here(erased)


def test_a_long_line_erased_half_way_is_not_finished() -> None:
    exchange = Exchange(rows=2, columns=1000)
    exchange.output(rainbow(random.Random(2), 1000) + b"\r\n")
    sent = exchange.send()
    exchange.deliver(sent[0])
    exchange.output(b"\x1b[3Jafter\r\n\r\n")
    for each in sent[1:]:
        each.cargo.on_lost(now=exchange.now)
    said = exchange.run()
    assert min([each.frame.start for each in said if isinstance(each.frame, History)]) == exchange.archive.oldest == 1
    assert exchange.here() == exchange.wanted()


def test_lines_that_arrive_after_they_were_erased_are_not_kept() -> None:
    exchange = Exchange()
    exchange.scroll(*[f"secret {number}" for number in range(300)])
    late = exchange.send()
    exchange.output(b"\x1b[3J")
    exchange.tell()
    for sent in late:
        exchange.arrive(sent.frame)
    assert exchange.here() == [None] * exchange.end
    assert exchange.receiver.archive.first_here >= exchange.end
    assert exchange.receiver.archive.size == 0


# --- when it leaves ------------------------------------------------------------------------------------------


def held_up(exchange: Exchange) -> None:
    """Let no datagram be due for history's own sake."""
    exchange.link = conditions(window_room=0.0)
    assert exchange.sender.due_at(exchange.link) is None


def test_a_little_history_rides_in_a_datagram_that_leaves_anyway() -> None:
    exchange = Exchange()
    exchange.scroll("one", "two", "three")
    held_up(exchange)
    sent = exchange.datagram()
    assert 0 < sum(each.size for each in sent) <= HISTORY_RIDES_ALONG
    for each in sent:
        exchange.deliver(each)
    assert exchange.here(0, 3) == [plain_line("one"), plain_line("two"), plain_line("three")]


@pytest.mark.parametrize("room", [0, 5, HISTORY_OVERHEAD, 40, 100])
def test_no_more_rides_along_than_there_is_room_for(room: int) -> None:
    exchange = Exchange(columns=200)
    exchange.scroll(*[noise(random.Random(number), 60) for number in range(20)])
    held_up(exchange)
    assert sum(each.size for each in exchange.datagram(room=room)) <= room


def test_a_long_line_a_flood_and_a_silent_path_let_nothing_ride_along() -> None:
    long, many, silent = Exchange(columns=400), Exchange(), Exchange()
    long.scroll(noise(random.Random(1), 390))
    many.scroll(*[str(number) for number in range(1000)])
    silent.scroll("one")
    held_up(long)
    held_up(many)
    silent.link = conditions(silence=5.0)
    for exchange in (long, many, silent):
        assert exchange.datagram() == []


def test_the_first_lines_leave_at_once_and_datagrams_grow_until_they_are_filled() -> None:
    exchange = Exchange()
    exchange.scroll(*[noise(random.Random(number), 30) for number in range(500)])
    due_at = exchange.sender.due_at(exchange.link)
    assert due_at is not None and due_at <= exchange.now
    sizes = [each.size for each in exchange.run()][:-1]
    print(sizes)
    assert sizes[0] < 0.5 * ROOM
    assert max(sizes) > 0.8 * ROOM


def test_all_is_settled_only_once_everything_has_arrived() -> None:
    exchange = Exchange()
    assert exchange.sender.settled
    exchange.scroll("one")
    assert not exchange.sender.settled
    (sent,) = exchange.send()
    assert not exchange.sender.settled
    sent.cargo.on_lost(now=exchange.now)
    assert not exchange.sender.settled
    (again,) = exchange.send()
    exchange.deliver(again)
    assert exchange.sender.settled


# --- strangers -----------------------------------------------------------------------------------------------

LINES = st.integers(0, 300) | st.integers(0, 2**62 - 1 - MAX_HISTORY_LINES)
COUNTS = st.integers(1, 3) | st.integers(1, MAX_HISTORY_LINES)
BLOCKS = st.binary(min_size=1, max_size=80) | st.lists(st.text("ab \n漢", max_size=5), max_size=4).map(
    lambda texts: pack(encode_lines([plain_line(text) for text in texts]))
)
NEWEST = encode_lines([plain_line("newest")])
KEPT = st.builds(HistoryKept, LINES, LINES, LINES, LINES)
SHOWN = st.builds(HistoryShown, LINES, COUNTS, st.integers(1, 3))


@st.composite
def pieces(draw: st.DrawFn) -> History:
    data = draw(BLOCKS)
    length = draw(st.just(len(data)) | st.integers(len(data), MAX_HISTORY_BLOCK))
    return History(draw(LINES), draw(COUNTS), length, draw(st.integers(0, length - len(data))), data)


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces() | SHOWN | KEPT, max_size=30))
def test_whatever_a_stranger_says_is_taken_or_refused(frames: list[History | HistoryShown | HistoryKept]) -> None:
    shown = Emulator(rows=4, columns=10)
    shown.feed(b"a\r\nb\r\nc\r\nd\r\ne")
    screens = {1: shown.frame(), 2: blank_frame(rows=1, columns=1)}
    receiver = HistoryReceiver(screens.get, depth=100)
    for frame in frames:
        try:
            if isinstance(frame, HistoryShown):
                receiver.check(frame)
                receiver.shown(frame)
            elif isinstance(frame, History):
                receiver.receive(frame)
            else:
                receiver.take_kept(frame)
        except Malformed:
            pass
    archive = receiver.archive
    assert archive.oldest <= archive.end
    assert len(archive.lines(archive.first_here, min(archive.end, archive.first_here + 300))) <= 300
    receiver.is_complete(2**40)


def test_the_largest_block_that_may_be_read_may_also_be_kept() -> None:
    table = StyleTable()
    number = table.number(Style(foreground=1))
    count, length = MAX_HISTORY_LINES, (1 << 14) - 1
    content, shape = bytearray(), [value for _ in range(count) for value in (1 << 1, number, length)]
    append_varint(content, count)
    table.append_to(content, limit=MAX_BLOCK)
    letters = MAX_BLOCK - len(content) - 4 - 4 * count
    shape[-1] = letters - (count - 1) * length
    append_text(content, "a" * letters)
    append_varints(content, shape)
    assert len(content) == MAX_BLOCK
    block = pack(b"\0" + bytes(content))
    assert len(decode_lines(block)) == count
    receiver = HistoryReceiver(lambda number: None, depth=0)
    receiver.receive(History(count, 1, len(NEWEST), 0, NEWEST))
    receiver.receive(History(0, count, len(block), 0, block))


def test_pieces_of_any_number_of_long_lines_take_bounded_memory() -> None:
    receiver = HistoryReceiver(lambda number: None, depth=0)
    refused = 0
    for number in range(1000):
        try:
            receiver.receive(History(number, 1, MAX_HISTORY_BLOCK, 0, b"x"))
        except Malformed:
            refused += 1
    assert refused >= 900
    assert len(receiver._long_lines) <= 64


def hard_to_pack(number: int) -> bytes:
    chance = random.Random(number)
    return pack(encode_lines([plain_line(noise(chance, 400)) for _ in range(4)]))


@pytest.mark.parametrize("order", ["upwards", "downwards"])
def test_the_bound_on_bytes_holds_in_whatever_order_lines_arrive(order: str) -> None:
    receiver = HistoryReceiver(lambda number: None, depth=0)
    receiver.archive = Archive(max_lines=1_000_000, max_bytes=50_000)
    numbers = list(range(0, 800, 4))
    for number in numbers if order == "upwards" else reversed(numbers):
        block = hard_to_pack(number)
        receiver.receive(History(number, 4, len(block), 0, block))
    assert receiver.archive.size <= 50_000
    assert receiver.archive.missing(receiver.archive.first_here, receiver.archive.end) is None


def test_lines_older_than_the_bound_on_lines_are_not_kept() -> None:
    receiver = HistoryReceiver(lambda number: None, depth=0)
    receiver.archive = Archive(max_lines=1000)
    receiver.receive(History(2**50, 1, len(NEWEST), 0, NEWEST))
    for number in range(0, 40_000, 4):
        if number % 400 == 0:
            block = hard_to_pack(number)
            receiver.receive(History(number, 4, len(block), 0, block))
    assert receiver.archive.size == 0


def test_many_lines_ask_for_larger_datagrams_and_a_few_do_not() -> None:
    few, many = Exchange(), Exchange()
    for exchange, count in ((few, 60), (many, 5000)):
        exchange.sender.awaited()
        exchange.scroll(*[noise(random.Random(line), 39) for line in range(count)])
        exchange.run()
        assert exchange.here() == exchange.wanted()
    assert few.larger_wanted == []
    assert many.larger_wanted != []


def test_lines_that_must_leave_slowly_ask_for_no_larger_datagrams() -> None:
    exchange = Exchange()
    exchange.sender.input_arrived(b"x", now=exchange.now)
    exchange.scroll(*[noise(random.Random(line), 39) for line in range(5000)])
    exchange.link = conditions(rtt=2.0)
    exchange.send()
    assert exchange.larger_wanted == []
