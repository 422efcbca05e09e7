#!/usr/bin/env python3
"""What each stage of a page costs: `python tests/benchmarks/pages.py [--rounds 40] [--only KIND]`.

Milliseconds of the process's own time, the best of all rounds and then the median of their sums, warm; every round
shows a new page of its kind, as a program that draws again and again. What the client ends up with is compared with
what the server had.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from rmosh.screen.change import apply
from rmosh.screen.codec import decode, encode
from rmosh.screen.diff import diff
from rmosh.terminal.cells import Frame, blank_frame
from rmosh.terminal.emulator import Emulator
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.painter import Painter
from rmosh_netem.bench.pages import PAGES

STAGES: Final = ("feed", "frame", "diff", "encode", "decode", "apply", "paint")

_WORDS: Final = ("time", "link", "frame", "key", "server", "client", "shell", "screen", "echo", "path", "loss", "delay")

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of page: rows x columns cells, and what makes the next page's output."""

    rows: int
    columns: int
    pages: Callable[[random.Random], Iterator[bytes]]


def as_in_bench(name: str) -> Kind:
    """Return a kind of page that `rmosh-netem bench` has painted."""
    kind = PAGES[name]

    def pages(chance: random.Random) -> Iterator[bytes]:
        while True:
            yield kind.printed(str(chance.random())).encode()

    return Kind(kind.rows, kind.columns, pages)


def picture(chance: random.Random) -> Iterator[bytes]:
    """A picture in half blocks: two 24-bit colours in every cell, neighbours alike."""
    while True:
        red, green = chance.randrange(256), chance.randrange(256)
        lines = []
        for row in range(100):
            cells = []
            for column in range(400):
                upper = f"{(red + column // 4) % 256};{(green + row) % 256};{column % 256}"
                lower = f"{(red + column // 4) % 256};{(green + row + 1) % 256};{column % 256}"
                cells.append(f"\x1b[38;2;{upper}m\x1b[48;2;{lower}m\u2580")
            lines.append("".join(cells))
        yield ("\x1b[H" + "\x1b[m\r\n".join(lines) + "\x1b[m").encode()


def agent(chance: random.Random) -> Iterator[bytes]:
    """A coding agent's screen: erased and written whole, most cells as they were."""
    texts = [" ".join(chance.choices(_WORDS, k=24))[:150] for _ in range(46)]
    lines = [f"\x1b[38;5;{chance.choice((244, 246, 114, 174))}m{text}\x1b[0m" for text in texts]
    number = 0
    while True:
        number += 1
        lines[30] = f"  {texts[30][: number % 140]}"
        status = f"\x1b[1;38;5;174m{'·✢✳✶✻✽'[number % 6]} Working…\x1b[0m \x1b[2m({number * 7} tokens)\x1b[0m"
        yield ("\x1b[?2026h\x1b[2J\x1b[H" + "\r\n".join([*lines, status]) + "\x1b[?2026l").encode()


def coloured_log(chance: random.Random) -> Iterator[bytes]:
    """Log lines with a coloured word each, half a screen at a time."""
    second = 0
    while True:
        lines = []
        for _ in range(24):
            second += 1
            level = chance.choice(("\x1b[32mINFO\x1b[0m", "\x1b[33mWARN\x1b[0m", "\x1b[1;31mERROR\x1b[0m"))
            lines.append(f"12:{second // 60 % 60:02}:{second % 60:02} {level} {' '.join(chance.choices(_WORDS, k=9))}")
        yield ("\r\n".join(lines) + "\r\n").encode()


KINDS: Final[Mapping[str, Kind]] = {
    "pairs": as_in_bench("page"),
    "truecolour": as_in_bench("true-colours"),
    "half blocks": as_in_bench("picture"),
    "picture": Kind(100, 400, picture),
    "agent": Kind(48, 160, agent),
    "coloured log": Kind(48, 160, coloured_log),
}


class Session:
    """Both ends of a session without the link between them, and what each stage took, in seconds a round."""

    def __init__(self, kind: Kind) -> None:
        self._emulator = Emulator(rows=kind.rows, columns=kind.columns)
        self._painter = Painter(Abilities())
        self._painter.start(rows=kind.rows, columns=kind.columns)
        self._sent = self._shown = blank_frame(rows=kind.rows, columns=kind.columns)
        self.took: dict[str, list[float]] = {stage: [] for stage in STAGES}
        self.message = 0

    def show(self, output: bytes) -> None:
        """Take a page from the program to the user's terminal."""
        self._timed("feed", lambda: self._emulator.feed(output))
        self._emulator.take_history()
        frame = self._timed("frame", self._emulator.frame)
        change = self._timed("diff", lambda: diff(self._sent, frame))
        message = self._timed("encode", lambda: encode(change))
        decoded = self._timed("decode", lambda: decode(message))
        shown: Frame = self._timed("apply", lambda: apply(self._shown, decoded))
        self._timed("paint", lambda: self._painter.paint(shown, now=0.0))
        self._sent, self._shown, self.message = frame, shown, len(message)

    def check(self) -> None:
        """Raise where the client has another screen than the server."""
        if self._sent != self._shown:
            raise AssertionError("the client shows another screen than the server has")

    def _timed(self, stage: str, work: Callable[[], _Result]) -> _Result:
        began = time.process_time()
        result = work()
        self.took[stage].append(time.process_time() - began)
        return result


def report(name: str, kind: Kind, *, rounds: int) -> None:
    """Print a kind's line of the table."""
    session, pages = Session(kind), kind.pages(random.Random(1))
    for _ in range(rounds):
        session.show(next(pages))
    session.check()
    warm = {stage: took[rounds // 4 :] for stage, took in session.took.items()}
    best = [min(took) * 1000 for took in warm.values()]
    sums = [sum(each) * 1000 for each in zip(*warm.values(), strict=True)]
    figures = [*best, sum(best), statistics.median(sums)]
    print(f"{name:13}", *[f"{figure:7.2f}" for figure in figures], f"{session.message:7}", flush=True)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40, help="pages of each kind")
    parser.add_argument("--only", choices=tuple(KINDS))
    chosen = parser.parse_args()
    print(f"{'ms':13}", *[f"{stage:>7}" for stage in (*STAGES, "sum", "median")], f"{'bytes':>7}")
    for name, kind in KINDS.items():
        if chosen.only in (None, name):
            report(name, kind, rounds=chosen.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
