#!/usr/bin/env python3
"""How fast the emulator takes output, in one run with plain pyte and, where it is installed, with mosh.

    python tests/benchmarks/terminal_speed.py [--megabytes 4] [--flood 20] [--only emulator|frames|flood]

`emulator` feeds streams to the emulators in memory. `frames` times one redraw from bytes to the published frame, and
what follows from a frame in which a few rows changed. `flood` runs `cat` of a file in a real pseudo-terminal whose
other end is read as rmosh-server's driver reads it, and under mosh-server, and compares how long the command takes.
"""

import argparse
import fcntl
import gc
import itertools
import os
import pty
import random
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyte

from rmosh.history.archive import Archive
from rmosh.screen.diff import diff
from rmosh.screen.message import apply_change, encode_change
from rmosh.terminal.emulator import Emulator
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.painter import Painter
from rmosh_server.serving.main import COLLECT_EVERY
from rmosh_server.shell.pty import open_pty
from rmosh_server.systems.program import Program

ROWS, COLUMNS = 60, 200

#: Bytes of one read from a pseudo-terminal, about what Linux gives at once.
_READ = 1 << 16

_WORDS = (
    "error",
    "warning",
    "connection accepted",
    "from",
    "user",
    "session opened",
    "closed",
    "served in milliseconds",
)


def _sentence(chance: random.Random, length: int) -> str:
    return " ".join(chance.choices(_WORDS, k=1 + length // 8))[:length]


def plain(chance: random.Random) -> str:
    """Return a log line."""
    return f"Nov 21 01:{chance.randrange(60):02} host app[{chance.randrange(9999)}]: {_sentence(chance, 60)}\r\n"


def long(chance: random.Random) -> str:
    """Return a line that wraps many times."""
    return _sentence(chance, 2000) + "\r\n"


def coloured(chance: random.Random) -> str:
    """Return a log line with some of the 16 colours."""
    code = 30 + chance.randrange(8)
    return f"\x1b[1;{code}mNov 21\x1b[0m \x1b[36mapp\x1b[m: {_sentence(chance, 40)} \x1b[33m{code}\x1b[39m\r\n"


def direct(chance: random.Random) -> str:
    """Return a line of 24-bit colours that hardly ever come again."""
    return (
        "".join(f"\x1b[38;2;{chance.randrange(1 << 24) % 256};9;{chance.randrange(256)}mword " for _ in range(9))
        + "\r\n"
    )


def cjk(chance: random.Random) -> str:
    """Return a line of wide characters among narrow ones."""
    return "".join(chance.choices("漢字表示速度測定日本語中文한글", k=40)) + f" {chance.randrange(99)} é\r\n"


def redraw(chance: random.Random) -> str:
    """Return a full-screen program's redraw: every row placed, coloured in parts."""
    return "\x1b[H" + "".join(
        f"\x1b[{row};1H\x1b[{30 + row % 8}m{_sentence(chance, 90):90}\x1b[44m{_sentence(chance, 90):90}\x1b[m\x1b[K"
        for row in range(1, ROWS + 1)
    )


STREAMS: dict[str, Callable[[random.Random], str]] = {
    "plain": plain,
    "long lines": long,
    "coloured": coloured,
    "24-bit colours": direct,
    "CJK": cjk,
    "full screen": redraw,
}


def stream_of(kind: str, size: int) -> bytes:
    """Return so many bytes of a kind of output, the same in every run."""
    chance = random.Random(1)
    pieces: list[bytes] = []
    while size > 0:
        pieces.append(STREAMS[kind](chance).encode())
        size -= len(pieces[-1])
    return b"".join(pieces)


class Terminal:
    """What a session does with output: the emulator, and what scrolls off it kept."""

    def __init__(self) -> None:
        self._emulator = Emulator(rows=ROWS, columns=COLUMNS)
        self._archive = Archive()
        self.frame = self._emulator.frame

    def feed(self, data: bytes) -> None:
        self._emulator.feed(data)
        self._archive.append(self._emulator.take_history(), end=self._emulator.history_count)


def speed(feed: Callable[[bytes], object], stream: bytes) -> float:
    """Return bytes per second."""
    start = time.perf_counter()
    for place in range(0, len(stream), _READ):
        feed(stream[place : place + _READ])
    return len(stream) / (time.perf_counter() - start)


def compare_emulators(megabytes: float) -> None:
    print(f"{'MB/s in memory':16} {'rmosh':>8} {'pyte':>8} {'ratio':>7}   ({ROWS} x {COLUMNS})")
    for kind in STREAMS:
        stream = stream_of(kind, int(megabytes * 1e6))
        ours = max(speed(Terminal().feed, stream) for _ in range(3))
        plain_pyte = pyte.ByteStream(pyte.Screen(COLUMNS, ROWS))
        theirs = speed(plain_pyte.feed, stream[: len(stream) // 20])
        print(f"{kind:16} {ours / 1e6:8.1f} {theirs / 1e6:8.2f} {ours / theirs:6.0f}x", flush=True)


def milliseconds(step: Callable[[], object], *, repeats: int = 41) -> float:
    """Return the median time of a step."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def time_frames() -> None:
    print(f"{'ms, median':34} {'rmosh':>8} {'pyte':>8}   ({ROWS} x {COLUMNS})")
    chance = random.Random(1)
    pages = itertools.cycle([redraw(chance).encode() for _ in range(4)])
    ours, theirs = Emulator(rows=ROWS, columns=COLUMNS), pyte.ByteStream(pyte.Screen(COLUMNS, ROWS))

    def publish() -> None:
        ours.feed(next(pages))
        ours.frame()

    pyte_takes = milliseconds(lambda: theirs.feed(next(pages)), repeats=5)
    print(f"{'a full redraw, bytes to frame':34} {milliseconds(publish):8.2f} {pyte_takes:8.1f}")
    before = ours.frame()
    ours.feed(b"\x1b[H\x1b[1;32mchanged\x1b[m\x1b[30;20Hthis too\x1b[60;1H:wq")
    after = ours.frame()
    change = encode_change(before, after, input_offset=0)
    painter = Painter(Abilities())
    painter.start(rows=ROWS, columns=COLUMNS)
    painter.paint(before, now=0.0)
    frames = itertools.cycle([after, before])
    print(f"{'three rows changed: diff':34} {milliseconds(lambda: diff(before, after)):8.2f}")
    encoding = milliseconds(lambda: encode_change(before, after, input_offset=0))
    print(f"{'three rows changed: diff, encode':34} {encoding:8.2f}   {len(change)} bytes")
    print(f"{'three rows changed: decode, apply':34} {milliseconds(lambda: apply_change(before, change)):8.2f}")
    print(
        f"{'three rows changed: paint':34} {milliseconds(lambda: painter.paint(next(frames), now=0.0)):8.2f}",
        flush=True,
    )


def start_in_terminal(command: list[str], env: Mapping[str, str]) -> tuple[int, int]:
    """Start a command in a pseudo-terminal of our size; return its process and the terminal's other end."""
    process, master = pty.fork()
    if process == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.execvpe(command[0], command, dict(env))
    return process, master


def through_rmosh(command: list[str]) -> float:
    """Return how long a command takes in a pseudo-terminal read as the server reads it: a frame every 20 ms, history
    kept but not looked at.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)
    emulator = Terminal()
    terminal = open_pty(rows=ROWS, columns=COLUMNS)
    start = framed_at = time.perf_counter()
    words = (shutil.which(command[0]) or command[0], *command[1:])
    process = terminal.start(Program(words[0], words), os.environ)
    ended = False
    while not ended:
        ended = os.waitpid(process, os.WNOHANG)[0] == process
        select.select([terminal], [], [], 0 if ended else 0.02)
        while data := terminal.read():
            emulator.feed(data)
            now = time.perf_counter()
            if now - framed_at > 0.02:
                emulator.frame()
                framed_at = now
    terminal.close()
    return time.perf_counter() - start


def through_mosh(command: list[str], directory: Path) -> float:
    """Return how long a command takes under mosh-server with a mosh-client on loopback; told by the command itself."""
    note = directory / "took"
    words = " ".join(command)
    timed = f"sleep 1; s=$(date +%s%N); {words}; e=$(date +%s%N); echo $((e-s)) >{note}.new; mv {note}.new {note}"
    env = os.environ | {"LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
    server = ["mosh-server", "new", "-i", "127.0.0.1", "-c", "256", "--", "sh", "-c", timed]
    answer = subprocess.run(server, env=env, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    found = re.search(r"MOSH CONNECT (\d+) (\S+)", answer.stdout)
    assert found is not None, answer.stdout
    port, key = found.groups()
    process, master = start_in_terminal(["mosh-client", "127.0.0.1", port], env | {"MOSH_KEY": key})
    deadline = time.monotonic() + 60
    while not note.exists() and time.monotonic() < deadline:
        if select.select([master], [], [], 0.05)[0]:
            try:
                os.read(master, _READ)
            except OSError:
                break
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    os.close(master)
    took = int(note.read_text()) / 1e9
    note.unlink()
    return took


def compare_floods(megabytes: float) -> None:
    has_mosh = all(map(shutil.which, ("mosh-server", "mosh-client")))
    print(f"{'MB/s through cat':16} {'rmosh':>8} {'mosh':>8} {'ratio':>7}   ({megabytes:g} MB in a pseudo-terminal)")
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "flood"
        for kind in STREAMS:
            stream = stream_of(kind, int(megabytes * 1e6)).replace(b"\r\n", b"\n")
            file.write_bytes(stream)
            ours = len(stream) / through_rmosh(["cat", str(file)]) / 1e6
            theirs = len(stream) / through_mosh(["cat", str(file)], Path(name)) / 1e6 if has_mosh else None
            compared = "  not installed" if theirs is None else f"{theirs:8.1f} {ours / theirs:6.2f}x"
            print(f"{kind:16} {ours:8.1f} {compared}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=4.0, help="of each stream fed in memory")
    parser.add_argument("--flood", type=float, default=20.0, help="megabytes of each file that cat writes")
    parser.add_argument("--only", choices=("emulator", "frames", "flood"))
    chosen = parser.parse_args()
    if chosen.only in (None, "emulator"):
        compare_emulators(chosen.megabytes)
    if chosen.only in (None, "frames"):
        time_frames()
    if chosen.only in (None, "flood"):
        compare_floods(chosen.flood)
    return 0


if __name__ == "__main__":
    sys.exit(main())
