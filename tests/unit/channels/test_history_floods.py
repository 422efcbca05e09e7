"""When history leaves: after a flood, behind everything else, in datagrams as large as they may be."""

import random

import pytest

from rmosh.channels.history.frames import History, HistoryShown
from rmosh.channels.history.framing import HISTORY_OVERHEAD
from rmosh.channels.history.policy import HISTORY_CALM, HISTORY_CATCH_UP, HISTORY_FLOOD, HISTORY_RIDES_ALONG
from rmosh.terminal.scrolled import plain_line
from tests.unit.channels.history_exchange import ROOM, Exchange, conditions, noise, rainbow

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


@pytest.mark.slow
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


@pytest.mark.slow
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
