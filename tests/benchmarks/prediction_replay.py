"""How much of real typing is predicted: records bash, cat and vim in a local PTY, replays them over a slow link.

Run: python tests/benchmarks/prediction_replay.py [--rtt 60 273 489] [--gap 100 300] [bash cat vim ...]

A recording types a script at a real program, some tens of ms between keys, and keeps every screen it drew with the
number of input bytes given by then. The replay happens in virtual time: keys at human gaps, screens one round trip
after their key. Reported are keys whose whole effect is painted when they are typed (the whole screen, and without
the status row of a full-screen application), and cells painted that never were true.
"""

import argparse
import heapq
import os
import random
import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from itertools import accumulate

from rmosh.prediction import PredictMode, Predictor
from rmosh.terminal.cells import Frame
from tests.benchmarks.recording import Recording, recorder

#: Seconds between keys while recording: programs answer within a few ms, then nothing more comes.
RECORDING_GAP = 0.04

#: Seconds after an Escape: editors wait for the rest of a sequence before they believe it.
ESCAPE_GAP = 0.15

LEFT, RIGHT, UP, DOWN = b"\x1b[D", b"\x1b[C", b"\x1b[A", b"\x1b[B"
HOME, END, DELETE, ERASE, ESCAPE = b"\x1b[H", b"\x1b[F", b"\x1b[3~", b"\x7f", b"\x1b"
CTRL_A, CTRL_E, CTRL_K, CTRL_U, CTRL_W = b"\x01", b"\x05", b"\x0b", b"\x15", b"\x17"
META_B = b"\x1bb"


_ONE_KEY = re.compile(rb"\x1b\[[0-9;]*[A-Z~]|\x1b[a-z]|[\x00-\x7f]|[^\x00-\x7f]+")


def keys(*parts: str | bytes) -> list[bytes]:
    """Return the keys that type these texts, newline being Enter, and key sequences."""
    typed: list[bytes] = []
    for part in parts:
        if isinstance(part, bytes):
            typed += _ONE_KEY.findall(part)
        else:
            typed += [b"\r" if character == "\n" else character.encode() for character in part]
    return typed


BASH = [
    *keys("echo hello world\nls -la /etx", ERASE, "c/hostname\necho the quick brown fox", LEFT * 9, "very "),
    *keys(CTRL_E, " end\ngit statsu", ERASE * 2, "us", CTRL_U, "echo café ü漢", ERASE, "x\n"),
    *keys(UP * 2, DOWN, "\ncd /us\tlo\t\necho one two three", CTRL_W, "four", CTRL_A, RIGHT * 4, CTRL_K),
    *keys(" five\necho long words that wrap at the right margin of the terminal because it is quite a"),
    *keys(" lot of text", ERASE * 12, "\nprintf abc", META_B, DELETE, "X", HOME, "echo ", END, "\necho done"),
    *keys("\npwd\necho again\n"),
]

CAT = keys("".join(f"line number {number:02d} xyz\n" for number in range(8)))

VIM = [
    *keys("iThe quick brown fox\njumps over the lazy dog\nand runs away.", ESCAPE, "kklllhhxxjjo"),
    *keys("Another line here", ESCAPE, "kkddpjjimore text ", ESCAPE, "0wwwxA and the end\nlast words of it"),
    *keys(ERASE * 3, "all", ESCAPE, "ddkpkkkllllhhainserted", ESCAPE, "xxjjjddpoOne more line of text"),
    *keys("\nand its end", ESCAPE, "hhhkkllxifin", ESCAPE),
]

LESS = keys("jjjjjjkkkkjjjj  jjjkkb", DOWN * 5, UP * 3, "jjjkkk")

SCRIPTS = {
    "bash": (["bash", "--norc", "--noprofile"], BASH),
    "cat": (["cat"], CAT),
    "zsh": (["zsh", "-f"], BASH),
    "fish": (["fish", "--no-config"], BASH),
    "python": (["python3", "-q"], keys("x = 1\nprint(x + 2)\nfor y in range(3): print(y)\n\n", UP, "\n")),
    "tmux": (["tmux", "-L", f"replay{os.getpid()}", "-f", "/dev/null", "new", "bash --norc --noprofile"], BASH),
    "less": (["less", __file__], LESS),
    "vim": (["vim", "-n", "-i", "NONE"], VIM),
    "vim-bare": (["vim", "-u", "NONE", "-N", "-n", "-i", "NONE"], VIM),
}


def record(argv: list[str], typed: list[bytes]) -> Recording:
    """Type at a real program and keep every screen."""
    with recorder(argv) as program:
        program.watch(1.0)
        for key in typed:
            program.type(key, ESCAPE_GAP if key == ESCAPE else RECORDING_GAP)
    if argv[0] == "tmux":
        subprocess.run([*argv[:3], "kill-server"], check=False)
    return program.recording


@dataclass
class Score:
    keys: int = 0
    whole: int = 0
    body: int = 0
    wrong: set[tuple[int, int, int, str]] = field(default_factory=set)
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"whole screen {self.whole / self.keys:6.1%}   without status row {self.body / self.keys:6.1%}   "
            f"wrong cells {len(self.wrong):3}   {self.seconds / self.keys * 1e3:.1f} ms a key"
        )


def _texts(frame: Frame, *, status: bool) -> list[str]:
    rows = frame.rows if status or not frame.modes.alternate_screen else frame.rows[:-1]
    return ["".join(cell.text for cell in row.cells) for row in rows]


def _place(frame: Frame) -> tuple[int, int]:
    return frame.cursor.row, frame.cursor.column


class Replay:
    """A recording over a link of a round-trip time, in virtual time."""

    def __init__(self, recording: Recording, *, rtt: float, gaps: tuple[float, float], seed: int) -> None:
        chance = random.Random(seed)
        self._typed, self._screens = recording.typed, recording.screens
        self._offsets = [0, *accumulate(len(key) for key in self._typed)]
        self._times = [0.0, *accumulate(chance.uniform(*gaps) for _ in self._typed)]
        self._rtt = rtt
        self._truth = self._settled()
        self._predictor = Predictor(PredictMode.ADAPTIVE)
        self._predictor.link(srtt=rtt)
        self._newest = self._screens[0][2]
        self._confirmed = self._current = 0
        self.score = Score()

    def _settled(self) -> list[Frame]:
        """Return the last screen after each number of keys."""
        last = {given: frame for given, _, frame in self._screens}
        settled = [last[0]]
        for number in range(1, len(self._typed) + 1):
            settled.append(last.get(number, settled[-1]))
        return settled

    def run(self) -> Score:
        events: list[tuple[float, int, str, int]] = []
        for index, (given, delay, _) in enumerate(self._screens):
            at = self._times[given] + self._rtt + delay if given else 0.0
            events.append((at, 1, "screen", index))
        for number in range(1, len(self._typed) + 1):
            events.append((self._times[number], 0, "key", number))
            events.append((self._times[number] + self._rtt + 0.05, 2, "echo", number))
        heapq.heapify(events)
        while events:
            now, _, kind, number = heapq.heappop(events)
            self._tick(now)
            start = time.perf_counter()
            self._happen(kind, number, now)
            self.score.seconds += time.perf_counter() - start
            self._look(number if kind == "key" else None)
        return self.score

    def _happen(self, kind: str, number: int, now: float) -> None:
        if kind == "key":
            self._current = number
            self._predictor.typed(self._typed[number - 1], input_offset=self._offsets[number], now=now)
        elif kind == "screen":
            given, _, self._newest = self._screens[number]
            self._confirmed = given
            self._predictor.screen_changed(self._newest, input_offset=self._offsets[given], now=now)
        else:
            self._predictor.echo_advanced(input_offset=self._offsets[number], age=0.05, now=now)

    def _tick(self, now: float) -> None:
        while (wakeup := self._predictor.next_wakeup()) is not None and wakeup < now:
            self._predictor.tick(now=wakeup)
            self._look(None)

    def _look(self, typed: int | None) -> None:
        painted = self._predictor.overlay()
        if typed is not None:
            truth = self._truth[typed]
            placed = _place(painted) == _place(truth)
            self.score.keys += 1
            self.score.whole += placed and _texts(painted, status=True) == _texts(truth, status=True)
            self.score.body += placed and _texts(painted, status=False) == _texts(truth, status=False)
        futures = self._truth[max(0, self._confirmed - 1) : self._current + 1]
        for number, (row, real) in enumerate(zip(painted.rows, self._newest.rows, strict=False)):
            if row is real:
                continue
            for column, (cell, old) in enumerate(zip(row.cells, real.cells, strict=True)):
                if cell.text != old.text and not any(
                    future.rows[number].cells[column].text == cell.text for future in futures
                ):
                    self.score.wrong.add((self._current, number, column, cell.text))


def main() -> None:
    parser = argparse.ArgumentParser(description="replay real typing over slow links and score the prediction")
    parser.add_argument("programs", nargs="*", default=list(SCRIPTS), help="of " + " ".join(SCRIPTS))
    parser.add_argument("--rtt", nargs="+", type=float, default=[60, 273, 489], metavar="MS")
    parser.add_argument("--gap", nargs=2, type=float, default=[100, 300], metavar="MS")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    gaps = (arguments.gap[0] / 1000, arguments.gap[1] / 1000)
    for name in arguments.programs:
        if shutil.which(SCRIPTS[name][0][0]) is None:
            print(f"{name:9} is not installed")
            continue
        recording = record(*SCRIPTS[name])
        for rtt in arguments.rtt:
            score = Replay(recording, rtt=rtt / 1000, gaps=gaps, seed=arguments.seed).run()
            print(f"{name:9} rtt {rtt:4.0f} ms   {score}", flush=True)


if __name__ == "__main__":
    main()
