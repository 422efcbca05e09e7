"""What numbers in the code were chosen by: each is measured with its value and with others, the rest being as it is.

Run: python tests/benchmarks/chosen_numbers.py [NAME ...]

Without a name all are measured, in some minutes. Told are the value, `*` for the one in the code, and what it makes.
Links are virtual, round trips (RTT) in milliseconds; times of the processor are the best of some runs.
"""

import argparse
import functools
import gc
import itertools
import random
import re
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rmosh.compression import Compression
from rmosh.history.archive import Archive
from rmosh.screen.codec import decode, encode
from rmosh.screen.diff import diff
from rmosh.terminal.cells import TRUECOLOR, Cell, Frame, Row, Style, blank_frame
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.scrolled import ScrolledLine, plain_line
from rmosh_client.viewing.search import Passage, Pattern, Spot
from rmosh_netem.link import Bursts, LinkModel
from tests.benchmarks import backfill_latency
from tests.benchmarks.recording import recorder
from tests.benchmarks.screen_diff import SEED, cases, milliseconds
from tests.benchmarks.terminal_speed import COLUMNS, ROWS, Terminal, speed, stream_of
from tests.world.virtual_session import key_latencies, make_virtual_session, percentile

SIZE = 1_000_000

#: Seconds between keys: a quick typist's.
GAPS = (0.08, 0.3)


@dataclass(frozen=True)
class Experiment:
    """A number of the code and what shows that it is a good one.

    Attributes:
        places: where it stands, and where else it was imported to; dotted names.
        values: others beside the one in the code.
        measure: returns what to tell of the value that is in place.
    """

    places: Sequence[str]
    values: Sequence[Any]
    measure: Callable[[], str]


def resolved(place: str) -> tuple[Any, str]:
    module, _, name = place.rpartition(".")
    return import_module(module), name


@contextmanager
def replaced(places: Sequence[str], value: object) -> Iterator[None]:
    if not places:
        yield
        return
    module, name = resolved(places[0])
    with patch.object(module, name, value), replaced(places[1:], value):
        yield


# --- the terminal --------------------------------------------------------------------------------------------


def flood_speeds() -> str:
    """Return the speed of plain output by the size of one read."""
    stream = stream_of("plain", SIZE)

    def in_reads_of(size: int) -> float:
        pieces = [stream[place : place + size] for place in range(0, len(stream), size)]

        def feed() -> None:
            terminal = Terminal()
            for piece in pieces:
                terminal.feed(piece)

        return len(stream) / milliseconds(feed) / 1000

    return ", ".join(f"reads of {size}: {in_reads_of(size):.1f} MB/s" for size in (1024, 4096, 8192, 16384))


def megabytes_a_second(kind: str) -> float:
    """Return the speed of a kind of output in reads of 64 kB."""
    stream = stream_of(kind, SIZE)
    return max(speed(Terminal().feed, stream) for _ in range(5)) / 1e6


def rewriting_speed() -> str:
    """Return the speed of a progress line that is written anew for ever, and the memory that takes."""
    stream = b"\r\x1b[32m##########\x1b[m 42 % of 123 MB" * (SIZE // 38)
    fastest = max(speed(Terminal().feed, stream) for _ in range(5))
    return f"{fastest / 1e6:.1f} MB/s, {peak(stream[:100_000]):.1f} MB"


def peak(stream: bytes) -> float:
    """Return the most megabytes that a stream takes while it is executed."""
    emulator = Emulator(rows=ROWS, columns=COLUMNS)
    tracemalloc.start()
    try:
        emulator.feed(stream)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def part_cost() -> str:
    """Return the speed of coloured output, and the most memory that one read takes."""
    worst = b"\x1b[m\x1b[1mx\r\x1b[32mx\r" * (65536 // 17)
    return f"{megabytes_a_second('coloured'):.1f} MB/s, a read {peak(worst):.1f} MB"


_WIDE = "".join(f"\x1b[{row + 1};1H" + "漢字" * 50 for row in range(60))

#: Streams that ask for as much as the allowance gives, by what their cost is counted in.
_DEAR = {
    "rows": ("", "\x1b[99S"),
    "cells": (_WIDE + "\x1b[?69h\x1b[2;150s", "\x1b[T"),
    "judged": ('\x1b[1"q' + _WIDE, "\x1b[?2J"),
    "made": ("".join(f"\x1b[38;2;{i % 251};{i % 241};9mx" for i in range(12000)), "\x1b[;;;;1$t"),
}


def dear_parts() -> str:
    """Return the milliseconds that one part of such a stream takes."""
    told = []
    for name, (before, unit) in _DEAR.items():
        emulator = Emulator(rows=ROWS, columns=COLUMNS)
        emulator.feed(before.encode())
        part = (unit * ((1 << 14) // len(unit))).encode()
        told.append(f"{name} {milliseconds(functools.partial(emulator.feed, part)):.0f} ms")
    return ", ".join(told)


def collected_speed() -> str:
    """Return the speed of a coloured flood as the server takes it."""
    module, name = resolved("rmosh_server.serving.main.COLLECT_EVERY")
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(getattr(module, name))
    try:
        return f"{megabytes_a_second('coloured'):.1f} MB/s"
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


# --- what is sent and kept -----------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def redraws() -> list[tuple[Frame, Frame]]:
    """Return what programs of this machine that draw whole screens did: pairs of screens that follow each other."""
    programs = {
        "less": [b" ", b" ", b"b", b"j", b"/the\r", b"n", b"G", b"g"] * 3,
        "vim": [b"\x06", b"\x06", b"\x02", b"5j", b"\x05", b"/the\r", b"n", b"dd", b"G", b"gg"] * 3,
        "htop": [b"P", b"M", b"j", b"j", b"t", b"t"] * 3,
    }
    found: list[tuple[Frame, Frame]] = []
    for program, typed in programs.items():
        arguments = [program] if program == "htop" else [program, str(Path(__file__).resolve())]
        with recorder(arguments, {"TERM": "xterm-256color"}) as session:
            session.watch(1)
            for key in typed:
                session.type(key, 0.3)
            frames = [frame for *_, frame in session.recording.screens]
        found += itertools.pairwise(frames)
    return found


def message_sizes() -> str:
    """Return the bytes of screen messages."""
    made_up = sum(len(encode(diff(base, target))) for _, base, target in cases(random.Random(SEED)))
    drawn = sum(len(encode(diff(base, target))) for base, target in redraws())
    return f"{drawn} bytes for {len(redraws())} redraws of less, vim and htop, {made_up} for made-up screens"


def deflated() -> str:
    """Return bytes and milliseconds of ordinary screens with all deflated."""
    changes = [diff(base, target) for name, base, target in cases(random.Random(SEED)) if "random" not in name]
    size = sum(len(encode(change, Compression.ALL)) for change in changes)
    return f"{size} bytes, {milliseconds(lambda: [encode(change, Compression.ALL) for change in changes]):.1f} ms"


def many_styles() -> str:
    """Return how long a message takes to be read whose every cell has a style of its own, as many as may be."""
    module, name = resolved("rmosh.screen.limits.MAX_STYLES")
    columns = getattr(module, name) // 400
    cells = [Cell("x", Style(TRUECOLOR | number)) for number in range(400 * columns)]
    rows = [Row(tuple(cells[row * columns : (row + 1) * columns])) for row in range(400)]
    blank = blank_frame(rows=400, columns=columns)
    message = encode(diff(blank, replace(blank, rows=tuple(rows))))
    started = time.perf_counter()
    decode(message)
    return f"{1000 * (time.perf_counter() - started):.0f} ms, {len(message)} bytes"


def block_overhead() -> str:
    """Return what a block of history takes beside its content: nothing of it is measured by the number itself."""
    lines = [plain_line(f"line {number}") for number in range(256 * 400)]
    archive = Archive(max_lines=len(lines))
    tracemalloc.start()
    try:
        archive.insert(0, lines)
        archive.insert(len(lines), lines[:1])
        held, blocks = tracemalloc.get_traced_memory()[0], archive._blocks
        return f"{(held - sum(len(block.content) for block in blocks)) / len(blocks):.0f} bytes measured"
    finally:
        tracemalloc.stop()


def search_step() -> str:
    """Return the milliseconds that looking at so many full lines takes."""
    module, name = resolved("rmosh_client.viewing.search._SLICE")
    line = plain_line("nothing to find " * 63)
    passage: list[ScrolledLine] = [line] * getattr(module, name)
    pattern = Pattern("nowhere")
    spent = milliseconds(lambda: Passage(passage, first=0).first_match(pattern, after=Spot(0, -1), stop=len(passage)))
    return f"{spent:.2f} ms for lines of 1008 columns"


# --- links ---------------------------------------------------------------------------------------------------


def typed_over(link: LinkModel, *, keys: int = 400, seeds: int = 3, fresh: bool = False, **options: Any) -> list[float]:
    """Return the seconds that keys took, at once after the start where it shall be `fresh`."""
    latencies: list[float] = []
    for seed in range(seeds):
        session = make_virtual_session(link, seed=seed, **options)
        session.world.run(0.5 if fresh else 2)
        latencies += key_latencies(session, keys, gaps=GAPS, seed=seed)
    return latencies


def told(latencies: Sequence[float]) -> str:
    return ", ".join(f"p{share} {1000 * percentile(latencies, share / 100):.0f} ms" for share in (50, 90, 99))


def over_five_percent() -> str:
    return "RTT 100, 5 % loss: " + told(typed_over(LinkModel(delay=0.05, loss=0.05), keys=1000))


def first_keys() -> str:
    return "RTT 100, 29 % loss, first 60 keys: " + told(
        typed_over(LinkModel(delay=0.05, loss=0.29), keys=60, seeds=10, fresh=True)
    )


def over_spells() -> str:
    return "RTT 150, spells of 0.3 s: " + told(
        typed_over(LinkModel(delay=0.075, bursts=Bursts(good=2.0, bad=0.3)), keys=600)
    )


def obscured() -> str:
    clean, narrow = LinkModel(delay=0.05), LinkModel(delay=0.05, rate=64_000)
    return f"RTT 100: {told(typed_over(clean, obscures_typing=True))}; at 64 kbit/s: " + told(
        typed_over(narrow, obscures_typing=True)
    )


def beside_backfill() -> str:
    case = backfill_latency.CASES["RTT 100, 1 Mbit/s"]
    quiet, filling = (
        backfill_latency.latencies(case, lines, keys=60, seeds=3, pausing=False)
        for lines in (backfill_latency.A_SCREEN, case.lines)
    )
    return f"1 Mbit/s, RTT 100: a key's p99 {1000 * (percentile(filling, 0.99) - percentile(quiet, 0.99)):+.0f} ms"


EXPERIMENTS = {
    "smallest-flood": Experiment(
        ["rmosh.terminal.flood.MIN_FLOOD", "rmosh.terminal.emulator.MIN_FLOOD"], [256, 1 << 30], flood_speeds
    ),
    "screens-of-a-flood": Experiment(["rmosh.terminal.flood.MIN_SCREENS"], [1, 4], flood_speeds),
    "runs-of-a-line": Experiment(
        ["rmosh.terminal.lines.MAX_RUNS_UNREAD", "rmosh.terminal.emulator.MAX_RUNS_UNREAD"], [12, 768], rewriting_speed
    ),
    "part": Experiment(["rmosh.terminal.effort.PART", "rmosh.terminal.emulator.PART"], [1 << 11, 1 << 17], part_cost),
    "allowance": Experiment(["rmosh.terminal.effort.ALLOWANCE"], [60_000_000], dear_parts),
    "collecting": Experiment(["rmosh_server.serving.main.COLLECT_EVERY"], [700, 50_000], collected_speed),
    "gap-between-runs": Experiment(
        ["rmosh.screen.diff._CHANGED_RUN"],
        [re.compile(rb"\x01+(?:\x00{1,%d}\x01+)*" % gap) for gap in (2, 8)] + [re.compile(rb"\x01+")],
        message_sizes,
    ),
    "deflate-effort": Experiment(["rmosh.screen.compression._LEVEL"], [1, 9], deflated),
    "styles": Experiment(["rmosh.screen.limits.MAX_STYLES"], [], many_styles),
    "block-overhead": Experiment(["rmosh.history.archive._BLOCK_OVERHEAD"], [], block_overhead),
    "search-slice": Experiment(["rmosh_client.viewing.search._SLICE"], [2048], search_step),
    "loss-memory": Experiment(["rmosh.transport.loss.LOSS_MEMORY_PACKETS"], [(48,), (192,)], over_five_percent),
    "first-guess": Experiment(["rmosh.transport.loss._PRIOR_LOST"], [0.0], first_keys),
    "quick-repeats": Experiment(
        ["rmosh.transport.repeats.QUICK_REPEAT_RTT_SHARE", "rmosh.transport.repeats.QUICK_REPEAT_FLOOR"],
        [0.25],
        over_spells,
    ),
    "obscured-typing": Experiment(["rmosh.transport.contents.SLOT_SIZE"], [128], obscured),
    "backfill-growth": Experiment(["rmosh.transport.background.BACKGROUND_GROWTH"], [(0.2, 0.1)], beside_backfill),
}


def main() -> None:
    """Measure what is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(EXPERIMENTS)}")
    for name in parser.parse_args().names or EXPERIMENTS:
        experiment = EXPERIMENTS[name]
        print(f"{name}: {experiment.places[0]}")
        print(f"  {_shown(getattr(*resolved(experiment.places[0])))} *  {experiment.measure()}", flush=True)
        for value in experiment.values:
            with replaced(experiment.places, value):
                print(f"  {_shown(value)}    {experiment.measure()}", flush=True)


def _shown(value: object) -> str:
    return f"{value.pattern.decode() if isinstance(value, re.Pattern) else value!s:>24}"


if __name__ == "__main__":
    main()
