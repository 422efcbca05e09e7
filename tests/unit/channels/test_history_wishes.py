"""What a client asks for of the history, and what it is told."""

import pytest

from rmosh.channels.history.frames import History, HistoryWant
from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.session.channels import FRAMES
from rmosh.transport.frame_type import WireFrame
from tests.unit.channels.history_exchange import ROOM, Exchange, conditions


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
        return [frame for load in receiver.want.loads(ROOM, link, now=1.0) for frame in FRAMES.decode(load.encoded)]

    assert said() == [HistoryWant(1, 7, 0, 0)]
    receiver.fetch(10, 20)
    assert said() == [HistoryWant(2, 7, 10, 10)]
    receiver.fetch(10, 20)
    assert said() == []
