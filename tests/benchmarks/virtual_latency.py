"""How long keys take in the virtual world, from press to the frame that shows them, without prediction.

Run: python tests/benchmarks/virtual_latency.py [--keys 1000] [--seeds 3]

Both cores are real, time is virtual: what this shows is the protocol's share alone, without the host's. Bytes are
IP packets, headers included.
"""

import argparse
import random
from collections.abc import Callable, Iterator
from itertools import cycle
from statistics import median

from rmosh_netem.link import Bursts, LinkModel
from tests.world.virtual_session import (
    EchoingSession,
    client_as_seen,
    colourful_page,
    key_latencies,
    make_virtual_session,
    percentile,
)

#: Seconds between keys: a quick typist's.
GAPS = (0.08, 0.3)

TYPING = {
    "RTT 1": LinkModel(delay=0.0005),
    "RTT 273": LinkModel(delay=0.1365),
    "RTT 600": LinkModel(delay=0.3),
    "RTT 100, 5 % loss": LinkModel(delay=0.05, loss=0.05),
    "RTT 100, 29 % loss": LinkModel(delay=0.05, loss=0.29),
    "RTT 150, bursts 2 s / 0.3 s": LinkModel(delay=0.075, bursts=Bursts(good=2.0, bad=0.3)),
    "RTT 150, bursts 4 s / 0.6 s at 90 %": LinkModel(delay=0.075, bursts=Bursts(good=4.0, bad=0.6, loss_bad=0.9)),
    "RTT 40, jitter 60": LinkModel(delay=0.02, jitter=0.06, reorder=True),
    "RTT 100, 64 kbit/s": LinkModel(delay=0.05, rate=64_000),
}


def main() -> None:
    """Measure everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    print_typing(arguments.keys, arguments.seeds)
    print_returns(arguments.seeds)
    print_stops(arguments.seeds)
    print_starts(arguments.seeds)
    print_repaints(arguments.seeds)


def print_typing(keys: int, seeds: int) -> None:
    print(f"{'confirmed keys, ms':<36}{'p50':>8}{'p90':>8}{'p99':>8}{'max':>8}{'B/key up':>10}{'down':>8}")
    for name, link in TYPING.items():
        print_latencies(name, *typing(link, keys, seeds, roam_every=None))
    print_latencies("RTT 100, roams every 20 keys", *typing(LinkModel(delay=0.05), keys, seeds, roam_every=20))
    print()


def print_latencies(name: str, latencies: list[float], bytes_up: float, bytes_down: float) -> None:
    figures = [1000 * percentile(latencies, share) for share in (0.5, 0.9, 0.99, 1.0)]
    print(f"{name:<36}" + "".join(f"{figure:8.0f}" for figure in figures) + f"{bytes_up:10.0f}{bytes_down:8.0f}")


def typing(link: LinkModel, keys: int, seeds: int, *, roam_every: int | None) -> tuple[list[float], float, float]:
    latencies: list[float] = []
    up = down = 0
    for seed in range(seeds):
        session = make_virtual_session(link, seed=seed)
        session.world.run(2)
        latencies += key_latencies(session, keys, gaps=GAPS, seed=seed, before_key=roaming(session, roam_every))
        up += session.world.up.counters.bytes_sent
        down += session.world.down.counters.bytes_sent
    return latencies, up / len(latencies), down / len(latencies)


def roaming(session: EchoingSession, every: int | None) -> Callable[[], None]:
    count = 0

    def before_key() -> None:
        nonlocal count
        count += 1
        if every is not None and count % every == 0:
            session.world.roam()

    return before_key


def print_starts(seeds: int) -> None:
    print(f"{'client started to first screen, ms':<44}{'login from there':>20}{'by a jump host':>20}")
    for name, link in {
        key: TYPING[key] for key in ("RTT 1", "RTT 273", "RTT 100, 29 % loss", "RTT 100, 64 kbit/s")
    }.items():
        for content, text in {
            "a prompt": b"user@host:~$ ",
            "a coloured page": colourful_page(random.Random(1), rows=24, columns=80),
        }.items():
            hosts = (client_as_seen(0).host, "")
            shown = [median([1000 * start(link, text, seed, host) for seed in range(9 * seeds)]) for host in hosts]
            print(f"{f'{name}, {content}':<44}" + "".join(f"{each:20.0f}" for each in shown))
    print()


def start(link: LinkModel, text: bytes, seed: int, login_host: str) -> float:
    """Return the seconds from the client's first datagram until it shows what the program printed before."""
    session = make_virtual_session(link, seed=seed, login_host=login_host)
    session.output(text)
    began = session.world.now
    session.world.run_until(session.same_screen, limit=60)
    return session.world.now - began


def print_returns(seeds: int) -> None:
    print(f"{'first key after the end of a blackout, ms':<44}{'each of the seeds'}")
    for name, link in {"RTT 20": 0.01, "RTT 100": 0.05, "RTT 273": 0.1365}.items():
        for length in (5.0, 30.0):
            times = [1000 * come_back(LinkModel(delay=link), length, seed) for seed in range(seeds)]
            print(f"{f'{name}, {length:.0f} s':<44}" + "".join(f"{time:8.0f}" for time in times))
    print()


def come_back(link: LinkModel, length: float, seed: int) -> float:
    """Return the seconds from the end of a blackout with typing to the first of those keys."""
    session, chance = make_virtual_session(link, seed=seed), random.Random(seed)
    session.world.run(2 + chance.random())
    session.world.black_out(length)
    end, before = session.world.now + length, len(session.typed)
    while session.world.now < end:
        session.type(b"k")
        session.world.run(min(chance.uniform(0.4, 0.6), end - session.world.now + 1e-6))
    session.world.run_until(lambda: session.screens[-1][1].input_offset > before, limit=60)
    return session.world.now - end


def print_stops(seeds: int) -> None:
    print(f"{'Ctrl-C out of a 160x48 flood, RTT 100, ms':<44}{'each of the seeds'}")
    for rate in (64_000, 128_000, 256_000):
        times = [1000 * stop_flood(rate, seed) for seed in range(seeds)]
        print(f"{f'{rate // 1000} kbit/s':<44}" + "".join(f"{time:8.0f}" for time in times))
    print()


def stop_flood(rate: float, seed: int) -> float:
    """Return the seconds from Ctrl-C until the client shows what came of it."""
    session = make_virtual_session(LinkModel(delay=0.05, rate=rate), seed=seed, rows=48, columns=160)
    pages = pages_of(seed)
    flooding = True

    def program(data: bytes) -> bytes:
        nonlocal flooding
        flooding = False
        return b"\x1b[0m\x1b[2J\x1b[Hstopped"

    def flood() -> None:
        if flooding:
            session.output(next(pages))
            session.world.at(session.world.now + 0.01, flood)

    session.program = program
    session.world.run(1)
    flood()
    session.world.run(10 + seed * 0.137)
    pressed_at = session.world.now
    session.type(b"\x03")
    session.world.run_until(session.converged, limit=60)
    return session.world.now - pressed_at


def pages_of(seed: int) -> Iterator[bytes]:
    """Return a few pages again and again: making each afresh takes longer than everything else."""
    chance = random.Random(seed)
    return cycle([colourful_page(chance, rows=48, columns=160) for _ in range(7)])


def print_repaints(seeds: int) -> None:
    print(f"{'160x48 coloured repaint, RTT 100':<44}{'p50 ms':>8}{'p90 ms':>8}{'bytes':>8}{'x clean':>8}")
    clean = 0.0
    for name, link in {
        "no loss": LinkModel(delay=0.05),
        "5 % loss": LinkModel(delay=0.05, loss=0.05),
        "29 % loss": LinkModel(delay=0.05, loss=0.29),
        "packets over 1000 bytes vanish": LinkModel(delay=0.05, mtu=1000),
        "packets over 600 bytes vanish": LinkModel(delay=0.05, mtu=600),
        "256 kbit/s": LinkModel(delay=0.05, rate=256_000),
    }.items():
        times, size = repaint(link, seeds)
        clean = clean or size
        middle, late = (1000 * percentile(times, share) for share in (0.5, 0.9))
        print(f"{name:<44}{middle:8.0f}{late:8.0f}{size:8.0f}{size / clean:8.1f}")


def repaint(link: LinkModel, seeds: int) -> tuple[list[float], float]:
    """Return the seconds that repaints took, and the bytes of one on its way down."""
    times: list[float] = []
    sent = 0
    for seed in range(seeds):
        session = make_virtual_session(link, seed=seed, rows=48, columns=160)
        pages = pages_of(seed)
        key_latencies(session, 100, gaps=GAPS, seed=seed)
        for _ in range(20):
            began, before = session.world.now, session.world.down.counters.bytes_sent
            session.output(next(pages))
            session.world.run_until(session.same_screen, limit=60)
            times.append(session.world.now - began)
            session.world.run(0.5)
            sent += session.world.down.counters.bytes_sent - before
    return times, sent / len(times)


if __name__ == "__main__":
    main()
