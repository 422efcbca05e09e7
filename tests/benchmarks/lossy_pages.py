"""How long pages of 960 colour pairs take on bad links, from a key to the client's last cell, and what they cost.

Run: python tests/benchmarks/lossy_pages.py [--pages 60] [--seeds 5] [--server-work 15] [--client-work 15] [--beside]

Both cores are real, time is virtual; the work of either end on a page may be modelled: so long it does nothing else,
and what comes meanwhile waits in its socket, where the system notes when it came. Bytes are IP packets.
"""

import argparse
import random
from collections.abc import Callable
from typing import Any

from rmosh.channels.screen.receiver import ScreenChanged
from rmosh.compression import Compression
from rmosh_netem.link import LinkModel
from tests.benchmarks.pages import KINDS
from tests.world.stream_beside_udp import put_beside
from tests.world.virtual_session import EchoingSession, make_virtual_session, percentile

LINKS = {
    "no loss": LinkModel(delay=0.05),
    "5 % loss": LinkModel(delay=0.05, loss=0.05),
    "29 % loss": LinkModel(delay=0.05, loss=0.29),
    "45 % loss": LinkModel(delay=0.05, loss=0.45),
    "29 % loss, RTT 273": LinkModel(delay=0.1365, loss=0.29),
    "jitter 60": LinkModel(delay=0.02, jitter=0.06, reorder=True),
    "1 Mbit/s, 5 % loss": LinkModel(delay=0.05, rate=1e6, loss=0.05),
    "256 kbit/s": LinkModel(delay=0.05, rate=256_000),
}


class Busy:
    """A core that does nothing else while it works; what comes meanwhile waits in its socket."""

    def __init__(self, core: Any) -> None:
        self._core = core
        self._until = 0.0
        self._waiting: list[tuple[bytes, Any, float]] = []

    def work(self, seconds: float, *, now: float) -> None:
        self._until = max(self._until, now) + seconds

    def receive_datagram(self, untrusted: bytes, source: Any, *, now: float) -> None:
        if now < self._until:
            self._waiting.append((untrusted, source, now))
        else:
            self._core.receive_datagram(untrusted, source, now=now)

    def datagrams_to_send(self, *, now: float) -> Any:
        if now < self._until:
            return []
        waiting, self._waiting = self._waiting, []
        for untrusted, source, moment in waiting:
            self._core.receive_datagram(untrusted, source, now=now, received_at=moment)
        return self._core.datagrams_to_send(now=now)

    def next_wakeup(self, *, now: float) -> float | None:
        return self._until if now < self._until else self._core.next_wakeup(now=now)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)


def main() -> None:
    """Measure every link and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--server-work", type=float, default=15.0, help="milliseconds that a page takes the server")
    parser.add_argument("--client-work", type=float, default=15.0, help="milliseconds that a page takes the client")
    parser.add_argument("--compress", type=Compression, default=Compression.LAYOUT)
    parser.add_argument("--only", choices=LINKS)
    parser.add_argument("--beside", action="store_true", help="let a TCP stream over such a link be beside UDP")
    arguments = parser.parse_args()
    work = (arguments.server_work / 1000, arguments.client_work / 1000)
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    print(f"{'key to page of 960 pairs, 160x48':<34}{'p50 ms':>8}{'p90':>8}{'p95':>8}{'p99':>8}{'B down':>8}{'up':>8}")
    for name in [arguments.only] if arguments.only else LINKS:
        measured = [
            pages(LINKS[name], seed, arguments.pages, work, arguments.compress, has_stream=arguments.beside)
            for seed in seeds
        ]
        times = [1000 * time for each, _, _ in measured for time in each]
        figures = [percentile(times, share) for share in (0.5, 0.9, 0.95, 0.99)]
        figures += [sum(sizes) / len(times) for sizes in zip(*[(down, up) for _, down, up in measured], strict=True)]
        print(f"{name:<34}" + "".join(f"{figure:8.0f}" for figure in figures))


def pages(
    link: LinkModel,
    seed: int,
    count: int,
    work: tuple[float, float],
    compression: Compression,
    *,
    has_stream: bool,
) -> tuple[list[float], int, int]:
    """Return the seconds of each page, and the bytes of all of them down and up."""
    session = make_virtual_session(link, seed=seed, rows=48, columns=160, compression=compression)
    if has_stream:
        put_beside(session, link, seed=seed)
    session.world.client, session.world.server = client, server = Busy(session.client), Busy(session.server)
    session.program = _drawing(session, seed, lambda: server.work(work[0], now=session.world.now))
    tell = session.world._on_client_event

    def on_client_event(event: object) -> None:
        if isinstance(event, ScreenChanged):
            client.work(work[1], now=session.world.now)
        tell(event)

    session.world._on_client_event = on_client_event
    session.world.run(2)
    chance, times = random.Random(seed), []
    counters = session.world.down.counters, session.world.up.counters
    began = [each.bytes_sent for each in counters]
    for number in range(count):
        times.append(_press(session))
        session.world.run(chance.uniform(0.4, 0.6))
        if number == 0:
            times, began = [], [each.bytes_sent for each in counters]
    down, up = (each.bytes_sent - before for each, before in zip(counters, began, strict=True))
    return [time + work[1] for time in times], down, up


def _drawing(session: EchoingSession, seed: int, works: Callable[[], None]) -> Callable[[bytes], bytes]:
    drawn = KINDS["pairs"].pages(random.Random(seed))

    def program(_typed: bytes) -> bytes:
        works()
        return next(drawn)

    return program


def _press(session: EchoingSession) -> float:
    session.type(b"n")
    pressed_at, typed = session.world.now, len(session.typed)
    session.world.run_until(lambda: len(session.given) == typed and session.same_screen(), limit=60)
    return session.world.now - pressed_at


if __name__ == "__main__":
    main()
