"""Scrolled-off lines over links that lose, roam and go dark: all arrive, in order, in nobody's way."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from rmosh.announce import new_announce
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.history.policy import HISTORY_BACKLOG, HISTORY_CALM, HISTORY_CATCH_UP, NEWEST_FIRST
from rmosh.session.attachment import Guest
from rmosh.session.client import ClientSession
from rmosh.session.server import ServerSession
from rmosh.terminal.cells import DEFAULT_STYLE, Attribute, Style
from rmosh.terminal.scrolled import ScrolledLine
from rmosh.transport.path import Path
from rmosh_netem.link import Link, LinkModel
from tests.world.virtual_session import START, EchoingSession, client_as_seen, key_latencies, percentile

#: Bytes that one read of a PTY gives at most.
READ = 65_536


def following_of(core: ClientSession) -> int:
    """Return how many rows of the history have lines that go on in the next."""
    kept = core.history.kept
    assert kept is not None
    return kept.following


def numbered(start: int, stop: int) -> bytes:
    """Return lines that tell their numbers, in colours that follow from them."""
    return b"".join(
        [
            b"\x1b[1;3%dm%06d\x1b[m app[%d]: connection from 10.0.%d.%d \x1b[4mport %d\x1b[m\r\n"
            % (number % 8, number, number % 977, number % 251, number * 7 % 253, number * 31 % 65521)
            for number in range(start, stop)
        ]
    )


def as_printed(number: int) -> ScrolledLine:
    """Return what such a line must be in the end."""
    middle = f" app[{number % 977}]: connection from 10.0.{number % 251}.{number * 7 % 253} "
    return ScrolledLine(
        (
            (f"{number:06}", Style(foreground=number % 8, attributes=int(Attribute.BOLD))),
            (middle, DEFAULT_STYLE),
            (f"port {number * 31 % 65521}", Style(underline=1)),
        )
    )


def long_lines(start: int, stop: int) -> bytes:
    """Return lines that deflate badly."""
    return b"".join(
        [b"%06d %0100x\r\n" % (number, random.Random(number).getrandbits(400)) for number in range(start, stop)]
    )


def printed(session: EchoingSession, output: bytes) -> None:
    """Print in the pieces in which a PTY is read."""
    for start in range(0, len(output), READ):
        session.output(output[start : start + READ])


def is_complete(client: ClientSession, server: ServerSession) -> bool:
    return client.frame == server.screen and client.history.is_complete(client.frame.history)


def complete(session: EchoingSession) -> bool:
    return is_complete(session.client, session.server)


# --- all of it -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_hundred_thousand_lines_come_through_losses_two_roams_and_a_blackout(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.05, loss=0.05), seed=1, down=LinkModel(delay=0.05, loss=0.05, rate=20e6))
    session.world.run(2)
    for burst in range(50):
        printed(session, numbered(burst * 2000, burst * 2000 + 2000))
        if burst in (15, 35):
            session.world.roam()
            session.type(b"\x07")
        if burst == 25:
            session.world.black_out(5)
        session.world.run(4)
    assert session.world.run_until(lambda: complete(session), limit=60)
    end = session.client.frame.history
    assert end >= 100_000 - 24
    archive = session.client.history.archive
    assert following_of(session.client) == 0
    for start in range(0, end, 10_000):
        stop = min(end, start + 10_000)
        assert archive.lines(start, stop) == [as_printed(number) for number in range(start, stop)]


@pytest.mark.slow
def test_of_a_hundred_thousand_lines_at_once_the_newest_come_and_the_others_are_counted(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.05, loss=0.05), seed=2, down=LinkModel(delay=0.05, loss=0.05, rate=20e6))
    session.world.run(2)
    printed(session, numbered(0, 100_000))
    assert session.world.run_until(lambda: following_of(session.client) > 0, limit=10)
    assert session.world.run_until(lambda: complete(session), limit=120)
    end = session.client.frame.history
    lines = session.client.history.archive.lines(0, end)
    following = following_of(session.client)
    assert following == end - int(HISTORY_BACKLOG * HISTORY_CATCH_UP)
    assert lines[following:] == [as_printed(number) for number in range(following, end)]
    assert lines[:following].count(None) == following


@pytest.mark.slow
@pytest.mark.parametrize(("delay", "rate"), [(0.05, 1e6), (0.05, 256e3), (0.3, 1e6)])
def test_a_few_thousand_lines_arrive_over_a_slow_link(
    make_session: Callable[..., EchoingSession], delay: float, rate: float
) -> None:
    session = make_session(LinkModel(delay=delay), seed=3, down=LinkModel(delay=delay, rate=rate))
    session.world.run(2)
    printed(session, numbered(0, 3000))
    assert session.world.run_until(lambda: complete(session), limit=60)
    end = session.client.frame.history
    assert session.client.history.archive.lines(0, end) == [as_printed(number) for number in range(end)]


def test_a_line_of_many_colours_arrives_over_a_link_of_long_round_trips(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.15), seed=4)
    session.world.run(2)
    chance = random.Random(4)
    cells = [b"\x1b[48;2;%d;%d;%dm%c" % (*chance.randbytes(3), chance.randrange(97, 123)) for _ in range(80)]
    session.output(b"".join(cells) + b"\x1b[m\r\n" + b"plain\r\n" * 60)
    assert session.world.run_until(lambda: complete(session), limit=10)
    (line,) = session.client.history.archive.lines(0, 1)
    assert line is not None and len(line.runs) == 80


@pytest.mark.slow
def test_a_roam_to_a_longer_path_does_not_bring_a_backfill_to_a_crawl(
    make_session: Callable[..., EchoingSession],
) -> None:
    near, far = (LinkModel(delay=delay, rate=20e6) for delay in (0.01, 0.1))
    session = make_session(near, seed=5)
    session.world.run(2)
    printed(session, long_lines(0, 20_000))
    session.world.run(0.5)
    session.type(b"x")
    session.world.up.model = session.world.down.model = far
    session.world.roam()
    session.type(b"y")
    session.world.run(2)
    began, before = session.world.now, session.world.down.counters.bytes_arrived
    finished = session.world.run_until(lambda: complete(session), limit=10)
    rate = (session.world.down.counters.bytes_arrived - before) / (session.world.now - began)
    print("bytes a second after the roam:", rate)
    assert finished or rate > 100_000


@pytest.mark.slow
def test_lines_asked_for_and_pushed_out_by_a_flood_do_not_stop_the_rest(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.05), seed=6, down=LinkModel(delay=0.05, rate=256e3))
    session.world.run(2)
    printed(session, long_lines(0, 30_000))
    session.world.run(3)
    session.client.fetch_history(0, 20_000, now=session.world.now)
    session.world.run(1)
    for _ in range(10):
        printed(session, b"flood\r\n" * 10_000)
    assert session.world.run_until(lambda: complete(session), limit=60)


@pytest.mark.slow
def test_the_lines_of_a_flood_that_a_typed_command_made_come_as_fast_as_the_path_lets_them(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.137), seed=15, down=LinkModel(delay=0.137, rate=20e6))
    session.world.run(2)
    session.type(b"cat log\r")
    session.world.run(1)
    printed(session, long_lines(0, 20_000))
    began = session.world.now
    assert session.world.run_until(lambda: complete(session), limit=30)
    print("all there after", session.world.now - began)
    assert session.world.now - began < 5


# --- in nobody's way -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("delay", "rate", "lines", "keys", "gaps"),
    [
        (0.05, 20e6, 20_000, 40, (0.02, 0.08)),
        (0.05, 1e6, 25_000, 150, (0.02, 0.1)),
        (0.0005, 100e6, 40_000, 12, (0.005, 0.02)),
    ],
    ids=["clean", "slow", "lan"],
)
def test_typing_during_a_backfill_costs_at_most_ten_milliseconds_more(
    make_session: Callable[..., EchoingSession],
    delay: float,
    rate: float,
    lines: int,
    keys: int,
    gaps: tuple[float, float],
) -> None:
    a_screen = 30
    measured = []
    for count in (a_screen, lines):
        session = make_session(LinkModel(delay=delay), seed=7, down=LinkModel(delay=delay, rate=rate))
        session.world.run(2)
        printed(session, long_lines(0, count))
        session.world.run(2 * delay)
        latencies = key_latencies(session, keys, gaps=gaps, seed=7)
        assert count == a_screen or not complete(session), "the backfill must last as long as the typing"
        measured.append(percentile(latencies, 0.99))
    quiet, filling = measured
    print("p99 without", quiet, "with", filling)
    assert filling <= quiet + 0.010


# --- the end -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [20e6, 1e6])
def test_the_end_of_the_session_waits_for_the_last_lines(
    make_session: Callable[..., EchoingSession], rate: float
) -> None:
    session = make_session(LinkModel(delay=0.05), seed=8, down=LinkModel(delay=0.05, rate=rate))
    session.world.run(2)
    printed(session, numbered(0, 5000))
    session.server.shell_ended(Close(CloseKind.EXITED, 0), now=session.world.now)
    had: list[int] = []

    def closed() -> bool:
        if session.closed and not had:
            lines = session.client.history.archive.lines(0, 5000)
            had.append(sum([line is not None for line in lines]))
        return bool(session.closed)

    assert session.world.run_until(closed, limit=19)
    assert had == [session.client.frame.history]
    assert session.client.frame.history > 4970
    assert session.same_screen()
    session.world.run(1)
    assert session.server.finished


def test_a_key_ends_the_wait_for_the_last_lines_and_the_status_is_the_programs(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.05), seed=13, down=LinkModel(delay=0.05, rate=256e3))
    session.world.run(2)
    session.type(b"x")
    session.world.run(1)
    printed(session, numbered(0, 20_000))
    session.server.shell_ended(Close(CloseKind.EXITED, 6), now=session.world.now)
    session.world.run(2)
    assert not session.closed
    last = session.server.screen
    assert session.client.stop_waiting(now=session.world.now)
    session.world.run(0.01)
    (close,) = session.closed
    assert (close.kind, close.value) == (CloseKind.EXITED, 6)
    assert session.client.frame == last


def test_a_flood_that_ends_its_session_is_not_waited_out(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LinkModel(delay=0.01), seed=16, down=LinkModel(delay=0.01, rate=100e6))
    session.world.run(2)
    printed(session, b"line\r\n" * 60_000)
    session.server.shell_ended(Close(CloseKind.EXITED, 6), now=session.world.now)
    session.world.run(HISTORY_CALM)
    assert session.closed
    assert complete(session)


@pytest.mark.slow
def test_while_lines_are_waited_for_it_is_known_how_many_and_the_newest_come_first(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.05), seed=14, down=LinkModel(delay=0.05, rate=128e3))
    session.world.run(2)
    printed(session, numbered(0, 30_000))
    assert session.client.lines_awaited is None
    session.server.shell_ended(Close(CloseKind.EXITED, 6), now=session.world.now)
    session.world.run(1)
    first = session.client.lines_awaited
    session.world.run(10)
    assert not session.closed
    then = session.client.lines_awaited
    print("awaited", first, then)
    assert first is not None and then is not None and 0 < then < first <= 30_000
    end = session.client.frame.history
    assert session.client.history.archive.missing(end - NEWEST_FIRST, end) is None
    assert session.client.stop_waiting(now=session.world.now)
    session.world.run(0.01)
    assert session.closed
    assert session.client.lines_awaited is None


@pytest.mark.slow
def test_what_was_printed_before_the_client_was_first_heard_comes_whole(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.05), seed=12)
    printed(session, numbered(0, 5000))
    session.server.shell_ended(Close(CloseKind.EXITED, 0), now=session.world.now)
    assert session.world.run_until(lambda: bool(session.closed), limit=19)
    end = session.client.frame.history
    assert session.client.history.archive.lines(0, end) == [as_printed(number) for number in range(end)]


def test_a_client_that_dies_while_the_last_lines_are_under_way_holds_up_the_end_for_twenty_seconds_only(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.05), seed=9, down=LinkModel(delay=0.05, rate=1e6))
    session.world.run(2)
    printed(session, long_lines(0, 5000))
    session.server.shell_ended(Close(CloseKind.EXITED, 0), now=session.world.now)
    session.world.run(0.8)
    session.world.black_out(3600)
    session.world.run(15)
    assert not session.server.finished
    session.world.run(10)
    assert session.server.finished
    assert len(session.closed) == 1


# --- several clients -----------------------------------------------------------------------------------------


@dataclass
class Visitor:
    """One client behind a link of its own."""

    core: ClientSession
    path: Path
    up: Link
    down: Link
    complete_at: float | None = None


@dataclass
class Town:
    """A server and clients at links of different quality, in virtual time."""

    server: ServerSession
    now: float = START
    visitors: list[Visitor] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(10))
    _on_their_way: list[tuple[float, int, bool, Visitor, bytes]] = field(default_factory=list)
    _count: int = 0

    def attach(self, up: LinkModel, down: LinkModel, *, depth: int = 1000) -> Visitor:
        number = len(self.visitors)
        announce = new_announce(port=60000, entropy=self.chance.randbytes(40))
        path = client_as_seen(number)
        core = ClientSession(
            announce,
            rows=24,
            columns=80,
            paths=[path],
            entropy=self.chance.randbytes,
            now=self.now,
            history_depth=depth,
        )
        self.server.attach(announce, Guest(24, 80), now=self.now)
        visitor = Visitor(core, path, Link(up, seed=number), Link(down, seed=100 + number))
        self.visitors.append(visitor)
        return visitor

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        self._settle()
        while True:
            moments = [
                self.server.next_wakeup(now=self.now),
                *(visitor.core.next_wakeup(now=self.now) for visitor in self.visitors),
            ]
            moments += [self._on_their_way[0][0]] if self._on_their_way else []
            moment = min([moment for moment in moments if moment is not None], default=end)
            if moment > end:
                self.now = end
                return
            self.now = max(self.now + 1e-5, moment)
            while self._on_their_way and self._on_their_way[0][0] <= self.now:
                _, _, upwards, visitor, data = heapq.heappop(self._on_their_way)
                if upwards:
                    self.server.receive_datagram(data, visitor.path, now=self.now)
                else:
                    visitor.core.receive_datagram(data, visitor.path, now=self.now)
            self._settle()

    def _settle(self) -> None:
        by_path = {visitor.path: visitor for visitor in self.visitors}
        for visitor in self.visitors:
            while visitor.core.next_event() is not None:
                pass
            for datagram in visitor.core.datagrams_to_send(now=self.now):
                self._carry(visitor, visitor.up, datagram.data)
            if visitor.complete_at is None and is_complete(visitor.core, self.server):
                visitor.complete_at = self.now
        while self.server.next_event() is not None:
            pass
        for datagram in self.server.datagrams_to_send(now=self.now):
            self._carry(by_path[datagram.path], by_path[datagram.path].down, datagram.data)

    def _carry(self, visitor: Visitor, link: Link, data: bytes) -> None:
        for arrival in link.send(data, now=self.now):
            self._count += 1
            heapq.heappush(self._on_their_way, (arrival.time, self._count, link is visitor.up, visitor, arrival.data))

    def output(self, data: bytes) -> None:
        for start in range(0, len(data), READ):
            self.server.output(data[start : start + READ], now=self.now)
        for visitor in self.visitors:
            visitor.complete_at = None


def make_town() -> Town:
    return Town(ServerSession(rows=24, columns=80, entropy=random.Random(11).randbytes, now=START))


GOOD = LinkModel(delay=0.02), LinkModel(delay=0.02, rate=20e6)
BAD = LinkModel(delay=0.15, loss=0.1), LinkModel(delay=0.15, loss=0.1, rate=1e6)


@pytest.mark.slow
@pytest.mark.parametrize("depth", [0, 1000])
def test_a_client_that_comes_later_gets_exactly_as_many_of_the_older_lines_as_it_wants(depth: int) -> None:
    town = make_town()
    town.attach(*GOOD)
    town.output(numbered(0, 6000))
    town.run(5)
    later = town.attach(*GOOD, depth=depth)
    town.run(5)
    end = later.core.frame.history
    first = end - depth
    lines = later.core.history.archive.lines(0, end)
    assert following_of(later.core) == first
    assert lines[:first] == [None] * first
    assert lines[first:] == [as_printed(number) for number in range(first, end)]


@pytest.mark.slow
def test_a_client_on_a_bad_link_gets_everything_and_holds_up_nobody() -> None:
    alone = make_town()
    single = alone.attach(*GOOD)
    together = make_town()
    good, bad = together.attach(*GOOD), together.attach(*BAD)
    for town in (alone, together):
        town.run(2)
        town.output(numbered(0, 10_000))
        town.run(60)
    for visitor in (single, good, bad):
        end = visitor.core.frame.history
        assert end >= 10_000 - 24
        assert visitor.core.history.archive.lines(0, end) == [as_printed(number) for number in range(end)]
    complete_at = [visitor.complete_at for visitor in (single, good, bad)]
    times = [moment - START - 2 for moment in complete_at if moment is not None]
    assert len(times) == 3
    print("alone", times[0], "together", times[1], "the bad one", times[2])
    assert times[1] <= 1.2 * times[0]
    assert times[2] > 2 * times[1]
