"""What a stream gets of a link, and what somebody who types beside it loses by that, in the virtual world.

Run: python tests/benchmarks/stream_fairness.py [--only TEXT] [--way up|down] [--seed 1] [--settle SECONDS]

Both cores are real, time is virtual: what this shows is the protocol's share alone, without the host's.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rmosh.channels.streams.stream import Stream
from rmosh_netem.link import LinkModel
from tests.world.virtual_session import EchoingSession, make_virtual_session, percentile

MEGABIT = 1_000_000

#: Seconds between keys.
GAPS = (0.08, 0.3)

#: How often a stream is filled and read, in seconds; and where the link is so slow that this is as well, in bits a
#: second. Reason: each is a turn of both cores.
PUMP = (0.002, 0.015)
SLOW = 10 * MEGABIT


class EndlessStream:
    """A stream that has always more to say, and is read at once."""

    def __init__(self, session: EchoingSession, *, way: str) -> None:
        """Begin to fill it, from the server ("down") or from the client."""
        near = session.client.streams.open()
        near.write(b"begin")
        there: list[Stream] = []
        while not there:
            session.world.run(0.05)
            there += [stream for _, streams in session.server.streams() for stream in streams.opened()]
        self.arrived = 0
        self._session = session
        self._written, self._read = (there[0], near) if way == "down" else (near, there[0])
        self._chunk = bytes(1 << 16)
        rate = session.world.down.model.rate
        self._every = PUMP[rate is not None and rate < SLOW]
        self._pump()

    def _pump(self) -> None:
        while self._written.write(self._chunk[: self._written.room]):
            pass
        self.arrived += len(self._read.read())
        self._session.world.at(self._session.world.now + self._every, self._pump)


@dataclass
class Outcome:
    """What one run showed: bytes a second, seconds."""

    goodput: float
    keys: list[float]
    queues: list[float]


def run(
    link: LinkModel, *, seconds: float, seed: int, way: str | None, settle: float = 0.0, down: LinkModel | None = None
) -> Outcome:
    """Type for a while, with or without a stream beside; figures count from `settle` seconds after its begin."""
    session = make_virtual_session(link, down=down, seed=seed, streams=True)
    chance = random.Random(seed)
    session.world.run(2 + 2 * link.delay)
    stream = None if way is None else EndlessStream(session, way=way)
    session.world.run(settle)
    began, before = session.world.now, 0 if stream is None else stream.arrived
    pressed: list[tuple[float, int]] = []
    queues: list[float] = []
    queue = session.world.up if way == "up" else session.world.down
    while session.world.now < began + seconds:
        session.type(bytes([chance.randrange(97, 123)]))
        pressed.append((session.world.now, len(session.typed)))
        session.world.run(chance.uniform(*GAPS))
        queues.append(8 * queue.queued_bytes(now=session.world.now) / (link.rate or MEGABIT))
    goodput = 0.0 if stream is None else (stream.arrived - before) / (session.world.now - began)
    session.world.run(1 + 4 * link.delay)
    return Outcome(goodput, list(_latencies(session, pressed)), queues)


def _latencies(session: EchoingSession, pressed: Sequence[tuple[float, int]]) -> Iterator[float]:
    shown = iter(session.screens)
    moment, screen = next(shown)
    for pressed_at, offset in pressed:
        while screen.input_offset < offset:
            moment, screen = next(shown)
        yield moment - pressed_at


def links() -> Iterator[tuple[str, LinkModel, float]]:
    """Yield each link with its name and for how many seconds it is tried."""
    for rate, seconds in ((1, 20.0), (20, 6.0), (300, 1.5)):
        for rtt in (0.001, 0.1, 0.6):
            for loss in (0.0, 0.01, 0.05):
                longest = max(seconds, 8 * rtt if rate < 300 else 4 * rtt)
                yield f"{rate} Mbit/s, RTT {1000 * rtt:.0f}, {loss:.0%}", at_rate(rate, rtt, loss), longest
    yield "50 Mbit/s, RTT 100, 1%", at_rate(50, 0.1, 0.01), 5.0
    yield "20 Mbit/s, RTT 100, queue 20 ms", at_rate(20, 0.1, queue=0.02), 6.0
    yield "20 Mbit/s, RTT 100, queue 3 ms", at_rate(20, 0.1, queue=0.003), 6.0
    yield "20 Mbit/s, RTT 30, no queue", at_rate(20, 0.03, queue=0.0012), 6.0
    jittery = LinkModel(delay=0.02, jitter=0.02, rate=20 * MEGABIT, queue=1 << 20)
    yield "20 Mbit/s, RTT 40, jitter 20", jittery, 6.0
    reordering = LinkModel(delay=0.02, jitter=0.02, reorder=True, rate=20 * MEGABIT, queue=1 << 20)
    yield "20 Mbit/s, RTT 40, jitter 20, reordered", reordering, 6.0


def at_rate(megabits: float, rtt: float, loss: float = 0.0, *, queue: float = 0.5) -> LinkModel:
    """Return a link of so many Mbit/s each way, whose queue holds so many seconds."""
    rate = int(megabits * MEGABIT)
    return LinkModel(delay=rtt / 2, loss=loss, rate=rate, queue=max(3000, int(rate / 8 * queue)))


def main() -> None:
    """Measure everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--way", choices=["up", "down"], default="down")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--settle", type=float, default=None)
    arguments = parser.parse_args()
    heads = ("MB/s", "of line", "key p50", "p99", "alone", "p99", "queue", "p99 ms")
    print(" " * 40 + "".join(f"{head:>9}" for head in heads))
    for name, link, seconds in links():
        if arguments.only not in name:
            continue
        settle = 1 + 16 * link.delay if arguments.settle is None else arguments.settle
        beside = run(link, seconds=seconds, seed=arguments.seed, way=arguments.way, settle=settle)
        alone = run(link, seconds=max(20, seconds), seed=arguments.seed, way=None)
        times = (beside.keys, alone.keys, beside.queues)
        figures = [1000 * percentile(each, share) for each in times for share in (0.5, 0.99)]
        line = f"{name:<40}{beside.goodput / 1e6:9.2f}{8 * beside.goodput / (link.rate or 1):9.0%}"
        print(line + "".join(f"{figure:9.1f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
