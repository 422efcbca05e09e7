"""What TCP streams through the relay do to a bottleneck's queue: as long as their kind keeps it, and others get in."""

import pytest

from rmosh_netem.cellular import Opportunities
from rmosh_netem.link import Link, LinkModel
from rmosh_netem.schedule import Change, Schedule

RATE = 4e6
SEGMENT = 1500
SLOW = LinkModel(rate=RATE, queue=65536)
CELLULAR = LinkModel(cellular=Opportunities("c", tuple(range(3, 1001, 3))), queue=65536)
SCHEDULED = LinkModel(schedule=Schedule("s", (Change(0.0, (("rate", RATE), ("queue", 65536))),)))


def pour(link: Link, *, seconds: float) -> tuple[list[float], float]:
    """Send a stream as fast as the link lets it; return each piece's time in the queue, and the echoes that got in."""
    now, waits, got_in, echoes, next_echo = 0.0, [], 0, 0, 1.0
    while now < seconds:
        again = link.stream_may_send_at(SEGMENT, now=now)
        if again <= now:
            waits.append(link.send_stream(bytes(SEGMENT), now=now).time - now)
        now = max(now, min(again, next_echo))
        if now >= next_echo:
            echoes, next_echo = echoes + 1, next_echo + 0.02
            got_in += bool(link.send(bytes(100), now=now))
    return waits, got_in / echoes


@pytest.mark.parametrize("model", [SLOW, CELLULAR, SCHEDULED], ids=["rate", "cellular", "schedule"])
def test_a_stream_s_queue_stands_below_its_end_whatever_makes_the_bottleneck(model: LinkModel) -> None:
    waits, got_in = pour(Link(model, seed=1, headers=0), seconds=5.0)
    assert 0.08 < max(waits) <= 65536 * 8 / RATE
    assert sum(waits[len(waits) // 2 :]) / (len(waits) - len(waits) // 2) < 0.12
    assert got_in == 1.0


def test_codel_keeps_a_stream_s_queue_short_and_the_link_busy() -> None:
    link = Link(LinkModel(rate=RATE, queue=500_000, codel=True), seed=1, headers=0)
    waits, got_in = pour(link, seconds=5.0)
    assert max(waits) <= 0.005 + SEGMENT * 8 / RATE
    assert link.counters.bytes_sent * 8 / 5.0 > 0.95 * RATE
    assert got_in > 0.95


def test_a_schedule_that_takes_the_rate_away_lets_the_stream_go() -> None:
    model = LinkModel(rate=8000.0, schedule=Schedule("s", (Change(1.0, (("rate", None),)),)))
    link = Link(model, seed=1)
    assert link.has_bottleneck(now=0.5) and not link.has_bottleneck(now=1.5)
