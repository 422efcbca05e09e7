"""What a turn costs: processor time and calls of each core for keys, for a screen that is redrawn, and for bulk.

Run: python tests/benchmarks/turn_cost.py [--keys 1000] [--runs 3] [--calls] [--profile client|server] [--only WORKLOAD]
    [--cold]

Both cores are real, time is virtual, and each core takes its turns as its driver has it do: woken by a datagram, by
its own timer, or by the user or the program. How busy the machine is changes neither the calls nor the turns; of
processor time the least of the runs is told. With `--cold` the processor's caches are taken away before each turn, as
other programs do between two keys.
"""

import argparse
import cProfile
import heapq
import pstats
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from rmosh.channels.screen.receiver import ScreenChanged
from rmosh.prediction import PredictMode, Predictor
from rmosh.session.events import PtyInput
from rmosh_netem.link import LinkModel
from tests.world.virtual_session import SERVER_AS_SEEN as SERVER
from tests.world.virtual_session import START, EchoingSession, client_as_seen, make_virtual_session

#: One way of the path, in seconds.
DELAY = 0.0005

#: Seconds between keys.
KEY_GAP = 0.15

#: A stream's path, in bits a second.
STREAM_RATE = 50_000_000

#: What is sent in it, in bytes.
BULK = 4_000_000

#: What is read to take the processor's caches away, in bytes: more than they hold.
EVICTED = 1 << 25

#: Columns of what is printed.
WIDTHS = (12, 8, 15, 8, 14, 8)


@dataclass
class Meter:
    """What one end has cost so far."""

    turns: int = 0
    datagrams: int = 0
    seconds: float = 0.0
    profile: cProfile.Profile | None = None
    evicting: ClassVar[bytes] = b""

    def run(self, action: Callable[[], None]) -> None:
        """Do something at this end's cost."""
        self.evicting.count(0)
        if self.profile is not None:
            self.profile.enable()
        began = time.thread_time()
        action()
        self.seconds += time.thread_time() - began
        if self.profile is not None:
            self.profile.disable()

    @property
    def calls(self) -> int:
        """Of functions, Python's own included."""
        return 0 if self.profile is None else pstats.Stats(self.profile).total_calls  # type: ignore[attr-defined]


class Ends:
    """Both cores, and what their drivers do with them."""

    def __init__(self, *, rows: int, columns: int, predicts: bool, profiled: bool, rate: float | None = None) -> None:
        host = client_as_seen(0).host
        self.session: EchoingSession = make_virtual_session(
            LinkModel(), seed=1, rows=rows, columns=columns, may_stall=True, login_host=host, streams=True
        )
        self.now = START
        self.client = Meter(profile=cProfile.Profile() if profiled else None)
        self.server = Meter(profile=cProfile.Profile() if profiled else None)
        self.predictor = Predictor(PredictMode.ADAPTIVE) if predicts else None
        self.beside: Callable[[], None] = lambda: None
        self._happenings: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._rate = rate
        self._free_at = {"up": START, "down": START}
        self._wakeup: dict[str, float | None] = {"client": START, "server": START}

    def at(self, moment: float, act: Callable[[], None]) -> None:
        """Do something at a moment."""
        self._order += 1
        heapq.heappush(self._happenings, (moment, self._order, act))

    def run_until(self, end: float) -> None:
        """Let time pass."""
        while True:
            timers = [(moment, name) for name, moment in self._wakeup.items() if moment is not None]
            timer = min(timers, default=(end, ""))
            happening = self._happenings[0][0] if self._happenings else end
            moment = min(timer[0], happening)
            if moment >= end:
                self.now = end
                return
            self.now = max(self.now, moment)
            if happening <= timer[0]:
                heapq.heappop(self._happenings)[2]()
            elif timer[1] == "client":
                self.client_turn()
            else:
                self.server_turn()

    # --- the client ------------------------------------------------------------------------------------------

    def type(self, data: bytes) -> None:
        """A key is pressed."""
        self.client.run(lambda: self._type(data))
        self.client_turn()

    def _type(self, data: bytes) -> None:
        offset = self.session.client.send_input(data, now=self.now)
        if self.predictor is not None:
            self.predictor.typed(data, input_offset=offset, now=self.now)

    def client_turn(self, data: bytes | None = None) -> None:
        """Take one as `rmosh_client.running.driver` does."""
        self.client.turns += 1
        self.client.run(lambda: self._client_turn(data))

    def _client_turn(self, data: bytes | None) -> None:
        core, now = self.session.client, self.now
        if data is not None:
            core.receive_datagram(data, SERVER, now=now)
        self._client_events()
        datagrams = core.datagrams_to_send(now=now)
        self._client_events()
        core.status(now=now)
        self.client.datagrams += len(datagrams)
        for datagram in datagrams:
            self._carry("up", datagram.data)
        self._wakeup["client"] = core.next_wakeup(now=now)

    def _client_events(self) -> None:
        while (event := self.session.client.next_event()) is not None:
            if self.predictor is not None and isinstance(event, ScreenChanged):
                self.predictor.screen_changed(event.frame, input_offset=event.input_offset, now=self.now)

    # --- the server ------------------------------------------------------------------------------------------

    def output(self, data: bytes) -> None:
        """The program writes something."""
        self.server_turn(output=data)

    def server_turn(self, data: bytes | None = None, output: bytes = b"") -> None:
        """Take one as `rmosh_server.serving.driver` does."""
        self.server.turns += 1
        self.server.run(lambda: self._server_turn(data, output))

    def _server_turn(self, data: bytes | None, output: bytes) -> None:
        core, now = self.session.server, self.now
        if data is not None:
            core.receive_datagram(data, client_as_seen(0), now=now)
        self._server_events()
        if output:
            core.output(output, now=now)
        self._server_events()
        self.beside()
        datagrams = core.datagrams_to_send(now=now)
        self.server.datagrams += len(datagrams)
        for datagram in datagrams:
            self._carry("down", datagram.data)
        self._wakeup["server"] = core.next_wakeup(now=now)

    def _server_events(self) -> None:
        while (event := self.session.server.next_event()) is not None:
            if isinstance(event, PtyInput):
                self.session.server.input_taken(event.client, event.input_offset, now=self.now)
                self.session.server.output(event.data, now=self.now)  # whose answer is there within the turn

    # --- the path --------------------------------------------------------------------------------------------

    def _carry(self, way: str, data: bytes) -> None:
        begins = max(self.now, self._free_at[way])
        self._free_at[way] = begins + (0.0 if self._rate is None else 8 * len(data) / self._rate)
        arrive = self.server_turn if way == "up" else self.client_turn
        self.at(self._free_at[way] + DELAY, lambda: arrive(data))


def keys(count: int, *, profiled: bool, predicts: bool) -> tuple[Ends, int]:
    """Keys that a program echoes."""
    ends = Ends(rows=24, columns=80, predicts=predicts, profiled=profiled)
    ends.run_until(START + 2)
    reset(ends)
    for number in range(count):
        ends.type(bytes([97 + number % 26]))
        ends.run_until(ends.now + KEY_GAP)
    return ends, count


def screen(count: int, *, every: float, profiled: bool, rows: int, columns: int) -> tuple[Ends, int]:
    """A program that erases its screen and writes it anew, with one number in it that is another."""
    ends = Ends(rows=rows, columns=columns, predicts=False, profiled=profiled)
    ends.run_until(START + 2)
    for moment in pages(rows, columns, 10):
        ends.output(moment)
        ends.run_until(ends.now + every)
    reset(ends)
    for moment in pages(rows, columns, count):
        ends.output(moment)
        ends.run_until(ends.now + every)
    return ends, count


def pages(rows: int, columns: int, count: int) -> Iterator[bytes]:
    """Yield a coding agent's frames."""
    chance = random.Random(1)
    words = [bytes(chance.randrange(97, 123) for _ in range(chance.randrange(2, 9))) for _ in range(200)]
    lines = []
    for _ in range(rows - 1):
        line = b"\x1b[38;5;%dm" % chance.randrange(16)
        while len(line) < columns - 20:
            line += chance.choice(words) + b" "
        lines.append(line + b"\x1b[0m\r\n")
    body = b"".join(lines)
    for number in range(count):
        yield b"\x1b[?2026h\x1b[H\x1b[2J" + body + b"thinking for %d s" % number + b"\x1b[?2026l"


def bulk(*, profiled: bool) -> tuple[Ends, int]:
    """A stream from the server to the client, in units of a megabyte."""
    ends = Ends(rows=24, columns=80, predicts=False, profiled=profiled, rate=STREAM_RATE)
    ends.run_until(START + 1)
    there = ends.session.client.streams.open()
    there.write(b"?")
    ends.client_turn()
    ends.run_until(ends.now + 1)
    ((_, streams),) = ends.session.server.streams()
    (stream,) = streams.opened()
    left, block = BULK, memoryview(bytes(range(256)) * 256)

    def beside() -> None:
        nonlocal left
        while left and (taken := stream.write(block[:left])):
            left -= taken

    received = 0

    def read() -> None:
        nonlocal received
        while data := there.read():
            received += len(data)

    reset(ends)
    ends.beside = beside
    ends._client_events = read  # type: ignore[method-assign]  # a client of this stream
    ends.server_turn()
    while received < BULK:
        ends.run_until(ends.now + 0.01)
    return ends, BULK // 1_000_000


def reset(ends: Ends) -> None:
    """Count from here."""
    for meter in (ends.client, ends.server):
        meter.turns = meter.datagrams = 0
        meter.seconds = 0.0
        if meter.profile is not None:
            meter.profile.clear()


def workloads(count: int) -> dict[str, Callable[[bool], tuple[Ends, int]]]:
    """What is measured."""
    return {
        "key, adaptive": lambda profiled: keys(count, profiled=profiled, predicts=True),
        "key, no guesses": lambda profiled: keys(count, profiled=profiled, predicts=False),
        "frame, 10 Hz, 160x48": lambda profiled: screen(count // 4, every=0.1, profiled=profiled, rows=48, columns=160),
        "frame, 1 Hz, 80x24": lambda profiled: screen(count // 4, every=1.0, profiled=profiled, rows=24, columns=80),
        "MB of a stream": lambda profiled: bulk(profiled=profiled),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--calls", action="store_true", help="count calls too, in a run of their own")
    parser.add_argument("--profile", choices=["client", "server"], help="print where the calls of an end are")
    parser.add_argument("--only", help="a workload's name, or how it begins")
    parser.add_argument("--cold", action="store_true", help="with nothing of it in the processor's caches")
    arguments = parser.parse_args()
    if arguments.cold:
        Meter.evicting = b"\1" * EVICTED
    heads = ("us: client", "server", "turns: client", "server", "sent: client", "server")
    print(f"{'a':<24}" + "".join(f"{head:>{width}}" for head, width in zip(heads, WIDTHS, strict=True)))
    for name, run in workloads(arguments.keys).items():
        if arguments.only is not None and not name.startswith(arguments.only):
            continue
        runs = [run(False) for _ in range(arguments.runs)]
        print_costs(name, runs)
        if arguments.calls or arguments.profile:
            ends, times = run(True)
            print(f"{'  calls':<24}{ends.client.calls / times:12.0f}{ends.server.calls / times:8.0f}")
            if arguments.profile:
                print_profile(getattr(ends, arguments.profile), times)


def print_costs(name: str, runs: list[tuple[Ends, int]]) -> None:
    times = runs[0][1]
    client, server = (1e6 * min(getattr(ends, end).seconds for ends, _ in runs) / times for end in ("client", "server"))
    first = runs[0][0]
    counts = (first.client.turns, first.server.turns, first.client.datagrams, first.server.datagrams)
    told = "".join(f"{count / times:{width}.1f}" for count, width in zip(counts, WIDTHS[2:], strict=True))
    print(f"{name:<24}{client:12.0f}{server:8.0f}{told}", flush=True)


def print_profile(meter: Meter, times: int) -> None:
    assert meter.profile is not None
    statistics: Any = pstats.Stats(meter.profile)
    lines = []
    for (file, line, function), (_, calls, own, cumulative, _) in statistics.stats.items():
        place = f"{file.rpartition('/')[2]}:{line} {function}"
        lines.append((own, f"{calls / times:9.2f} {1e6 * own / times:9.1f} {1e6 * cumulative / times:9.1f}  {place}"))
    print(f"{'calls':>9} {'own us':>9} {'all us':>9}")
    for _, text in sorted(lines, reverse=True)[:60]:
        print(text)


if __name__ == "__main__":
    main()
