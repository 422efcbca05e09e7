"""How large screen messages are and how long they take: `python tests/benchmarks/screen_diff.py`.

Made-up but ordinary screens, the same at every run; sizes in bytes, times in milliseconds (best of 9).
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

from rmosh.compression import Compression
from rmosh.screen.change import apply
from rmosh.screen.codec import decode, encode
from rmosh.screen.diff import diff
from rmosh.terminal.cells import TRUECOLOR, Cell, Cursor, Frame, Row, Style, blank_cell, blank_frame

SEED = 2026
WORDS = ("time", "link", "frame", "key", "server", "client", "shell", "screen", "echo", "path", "loss", "delay")
PLAIN = Style()


@lru_cache(maxsize=1 << 16)
def cell(text: str, style: Style = PLAIN) -> Cell:
    return blank_cell(style) if text == " " else Cell(text, style)


def row(columns: int, *parts: tuple[str, Style]) -> Row:
    cells = [cell(character, style) for text, style in parts for character in text][:columns]
    return of_strings(Row((*cells, *(blank_cell(),) * (columns - len(cells)))))


def of_strings(made: Row) -> Row:
    """Return a row as a terminal makes it."""
    return Row.of_strings(made.signs, made.styles, made.table)


def frame(columns: int, rows: list[Row]) -> Frame:
    return Frame(tuple(rows), columns, Cursor(len(rows) - 1, 0))


def listing(chance: random.Random, *, rows: int, columns: int) -> Frame:
    colours = [Style(foreground=4, attributes=1), Style(foreground=2, attributes=1), Style(foreground=6), PLAIN]
    lines = []
    for _ in range(rows):
        size, day = chance.randrange(10**6), chance.randrange(1, 29)
        head = f"-rw-r--r--  1 root root {size:8} Nov {day:2} 12:{chance.randrange(60):02} "
        name = "-".join(chance.sample(WORDS, 2)) + ".so." + str(chance.randrange(9))
        lines.append(row(columns, (head, PLAIN), (name, chance.choice(colours))))
    return frame(columns, lines)


def processes(chance: random.Random, *, rows: int, columns: int) -> Frame:
    lines = []
    for number in range(rows):
        busy, bold = chance.randrange(1000), Style(foreground=chance.choice([2, 6, 8]), attributes=1)
        head = f"{1000 + number:6} root      20   0 "
        use = f"{chance.randrange(9999):5}M {chance.randrange(999):5}M S {busy / 10:5.1f}  0.{number % 10} "
        lines.append(row(columns, (head, PLAIN), (use, bold), ("/usr/sbin/" + WORDS[number % 12], PLAIN)))
    return frame(columns, lines)


def log(chance: random.Random, *, rows: int, columns: int) -> Frame:
    texts = [
        f"2026-11-20 12:{n % 60:02}:07 host sshd[{4000 + n}]: {' '.join(chance.sample(WORDS, 4))}" for n in range(rows)
    ]
    return frame(columns, [row(columns, (text, PLAIN)).replace(origin=object()) for text in texts])


def random_cells(chance: random.Random, styles: Callable[[], Style]) -> Frame:
    lines = [[(chr(chance.randrange(33, 127)), styles()) for _ in range(160)] for _ in range(48)]
    return frame(160, [row(160, *line) for line in lines])


def typed(base: Frame, text: str) -> Frame:
    cells = tuple(map(cell, text))
    last = of_strings(Row(cells + base.rows[-1].cells[len(cells) :]))
    return replace(base, rows=(*base.rows[:-1], last), cursor=Cursor(len(base.rows) - 1, len(text)))


def cases(chance: random.Random) -> Iterator[tuple[str, Frame, Frame]]:
    large, small = blank_frame(rows=48, columns=160), blank_frame(rows=24, columns=80)
    page, huge = log(chance, rows=25, columns=80), listing(chance, rows=60, columns=200)
    before = replace(page, rows=page.rows[:24], cursor=Cursor(23, 0))
    palette = [Style(foreground=number) for number in range(256)]
    redrawn = list(huge.rows)
    redrawn[10:14] = processes(chance, rows=4, columns=200).rows
    yield "one typed key, 80x24", typed(before, "$ ls -"), typed(before, "$ ls -l")
    yield "one line scrolled, 80x24", before, replace(before, rows=page.rows[1:], history=1)
    yield "log page, 80x24", small, before
    yield "four rows of 200x60", huge, replace(huge, rows=tuple(redrawn))
    yield "coloured listing, 160x48", large, listing(chance, rows=48, columns=160)
    first = processes(chance, rows=48, columns=160)
    yield "process table, 160x48", large, first
    yield "its redraw", first, processes(chance, rows=48, columns=160)
    yield "random of 256 styles", large, random_cells(chance, lambda: chance.choice(palette))
    yield "random direct colours", large, random_cells(chance, lambda: Style(TRUECOLOR | chance.getrandbits(24)))


def milliseconds(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(9):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best * 1000


def report(name: str, base: Frame, target: Frame) -> None:
    change = diff(base, target)
    message = encode(change)
    if apply(base, decode(message)) != target:
        raise AssertionError(f"{name}: the message does not make the target")
    sizes = [len(encode(change, compression)) for compression in Compression]
    times = [
        milliseconds(lambda: diff(base, target)),
        milliseconds(lambda: encode(change)),
        milliseconds(lambda: decode(message)),
        milliseconds(lambda: apply(base, change)),
    ]
    print(f"{name:26}", *(f"{size:7}" for size in sizes), *(f"{spent:7.2f}" for spent in times))


def main() -> None:
    columns = (*(compression.value for compression in Compression), "diff", "encode", "decode", "apply")
    print(f"seed {SEED}".ljust(26), *(f"{column:>7}" for column in columns))
    for name, base, target in cases(random.Random(SEED)):
        report(name, base, target)


if __name__ == "__main__":
    main()
