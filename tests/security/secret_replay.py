"""Programs that ask for secrets, driven for real in a PTY, and their screens replayed over a slow link.

Run: python tests/security/secret_replay.py [--around tmux ...] [reader ...]

A shell is started around which there may be tmux, screen, ssh and the like; each reader is run in it, twice and more,
and a secret of letters that nothing else shows is typed at it. What every screen was, is replayed in virtual time over
300 ms, at three rhythms, in both modes. A letter that is painted where the far side has not put it is a leak.
"""

import argparse
import contextlib
import heapq
import os
import random
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Final

from rmosh.prediction import PredictMode, Predictor
from tests.benchmarks.recording import Recorder, Recording, recorder
from tests.security.secret_readers import MORE, PLAIN, Reader
from tests.security.secret_surroundings import MARK, SURROUNDINGS, surrounded

#: Typed as secrets; nothing else that is typed or shown has capital letters of these.
SECRET: Final = "QZXJQXZJ"
LETTERS: Final = frozenset(SECRET)

#: A secret that begins with what many readers draw for each letter.
STARRED: Final = "**" + SECRET

#: Round trip of the virtual link, seconds.
RTT: Final = 0.3

#: Seconds between the keys of a secret: a burst, a fast and a slow typist; the link's answers lag 8, 2 and 1 keys.
RHYTHMS: Final = (0.04, 0.13, 0.32)
MODES: Final = (PredictMode.ADAPTIVE, PredictMode.ALWAYS)

#: How often each reader is run, and at which pace its secret is typed ahead; 0: not ahead.
ROUNDS: Final = (0.0, 0.0, 0.016, 0.1)

#: Seconds that a program here gets for a key, and to ask.
_KEY: Final = 0.01
_PATIENCE: Final = 8.0
_LOGIN: Final = 20.0
_SETTLED: Final = 0.15

PROMPT: Final = "$ "


@dataclass
class Take:
    """A recording with the keys before which the typist waits, and those that are of a secret.

    Attributes:
        paces: seconds before a key where the replay must keep to the recording's, since what came depends on it.
    """

    recording: Recording = field(default_factory=Recording)
    waits: dict[int, float] = field(default_factory=dict)
    secrets: dict[int, str] = field(default_factory=dict)
    paces: dict[int, float] = field(default_factory=dict)


class Typist:
    """Types at a shell, waits for what must come, and remembers where."""

    def __init__(self, program: Recorder) -> None:
        self._program = program
        self.take = Take(program.recording)

    def wait(self, text: str, *, again: bool = False, patience: float = _PATIENCE) -> None:
        """Wait until the screen has a text, or has it once more, and no more comes.

        Raises:
            TimeoutError: it does not.
        """
        started = time.monotonic()
        if again:
            before = self._program.text.count(text)
            self._program.watch(patience / 2, lambda: self._program.text.count(text) > before)
        if not self._program.watch(patience, lambda: text in self._program.text):
            raise TimeoutError(f"no {text!r} in {patience} s, but:\n{self._program.text}")
        self._program.watch(_SETTLED)
        self._waited(time.monotonic() - started)

    def at_prompt(self, *, patience: float = _PATIENCE) -> None:
        """Wait for the shell's prompt in the cursor's row."""
        started = time.monotonic()
        if not self._program.watch(patience, lambda: self._program.text.rpartition("\n")[2] == PROMPT):
            raise TimeoutError(f"no prompt in {patience} s, but:\n{self._program.text}")
        self._program.watch(_SETTLED / 2)
        self._waited(time.monotonic() - started)

    def _waited(self, seconds: float) -> None:
        following = len(self.take.recording.typed)
        self.take.waits[following] = self.take.waits.get(following, 0.0) + seconds

    def type(self, text: str) -> None:
        for character in text:
            self._program.type(character.encode(), _KEY)

    def type_secret(self, secret: str, name: str, *, pace: float | None = None) -> None:
        """Type a secret, at a pace of its own if it is typed ahead of its prompt."""
        for character in secret:
            number = len(self.take.recording.typed)
            self.take.secrets[number] = name
            if pace is not None:
                self._program.watch(pace - _KEY)
                self.take.paces[number] = pace
            self.type(character)

    def ask(self, reader: Reader, folder: Path, rounds: Sequence[float]) -> None:
        """Run a reader, type all it asks for, and come back to the prompt."""
        command = reader.script if reader.typed else f"sh {_script_of(reader, folder)}"
        for ahead in rounds:
            self.type("clear\r")
            self.at_prompt()
            self.type(f"{command}\r")
            for asks, keys in reader.before:
                self.wait(asks)
                self.type(keys)
            for attempt in range(reader.tries):
                if not ahead or attempt:
                    self.wait(reader.asks, again=attempt > 0)
                if ahead and not attempt:
                    self.type_secret(SECRET, f"{reader.name}, typed ahead", pace=ahead)
                else:
                    self.type_secret(STARRED if attempt == 1 else SECRET, reader.name)
                self.type("\r")
            self._back()

    def _back(self) -> None:
        """Interrupt what still asks until the prompt is there."""
        for key, patience in (("", 0.5), ("\x03", 1.0), ("\r", 1.0), ("\x03", 2.0), ("\x1b", 2.0)):
            self.type(key)
            with contextlib.suppress(TimeoutError):
                return self.at_prompt(patience=patience)
        raise TimeoutError(f"the shell does not come back:\n{self._program.text}")


def _script_of(reader: Reader, folder: Path) -> str:
    """Return the short name of a reader's script, written to the folder."""
    name = "".join(character for character in reader.name.lower() if character.isalnum())[:6]
    (folder / name).write_text(f"export READER={folder}\n{reader.script}\n", encoding="utf-8")
    return name


def _stop(variable: str, folder: Path) -> None:
    """End what was started with this folder in a variable of its environment, and left behind."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{variable}={folder}".encode() in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


def record(
    argv: Sequence[str], readers: Sequence[Reader], folder: Path, *, rounds: Sequence[float] = ROUNDS
) -> tuple[Take, list[str]]:
    """Run readers in a shell, one after the other; return what was seen, and why some could not be run.

    `rounds`: for each time that a reader is run, seconds between the keys of a secret typed ahead of its prompt, or 0
    where the typist waits for it.
    """
    failed: list[str] = []
    (folder / "quiet").write_text("true\n", encoding="utf-8")
    with recorder(argv, {MARK: str(folder)}) as program, contextlib.ExitStack() as cleaning:
        cleaning.callback(_stop, "HOME", folder / "keys" / "home")  # a session's server would wait for its client
        cleaning.callback(_stop, MARK, folder)
        typist = Typist(program)
        program.watch(_LOGIN, lambda: program.text.endswith(("$ ", "# ")))
        program.watch(_SETTLED)
        typist.type(f"PS1='{PROMPT}'; cd {folder}\r")
        typist.at_prompt()
        for line in ("echo the far side echoes here", "sh quiet", "read x", "a name", "sh quiet", "sh quiet"):
            typist.type(f"{line}\r")
            if line != "read x":
                typist.at_prompt()
        for reader in readers:
            try:
                typist.ask(reader, folder, rounds)
            except TimeoutError as error:
                failed.append(f"{reader.name}: {error}")
                _stop("READER", folder)
                typist.type("\x03\r")
                typist.at_prompt()
    return typist.take, failed


@dataclass(frozen=True)
class Leak:
    """A letter painted that the far side had not echoed there."""

    reader: str
    letter: str
    after_key: int


class Replay:
    """A take over the link; see the module's words."""

    def __init__(self, take: Take, *, rhythm: float, mode: PredictMode, seed: int, rtt: float = RTT) -> None:
        self._take, self._rtt = take, rtt
        chance = random.Random(seed)
        recording = take.recording
        self._times = [0.0]
        for number, _ in enumerate(recording.typed):
            gap = take.paces.get(number) or chance.uniform(0.7, 1.3) * rhythm
            if number in take.waits:
                gap += rtt + take.waits[number]
            self._times.append(self._times[-1] + gap)
        self._ends = [0]
        for key in recording.typed:
            self._ends.append(self._ends[-1] + len(key))
        self._chance = chance
        self._predictor = Predictor(mode)
        self._predictor.link(srtt=rtt)
        self._newest = recording.screens[0][2]
        self._predictor.screen_changed(self._newest, input_offset=0, now=0.0)
        self._typed = 0
        self.leaks: set[Leak] = set()
        self.keys = self.shown = 0

    def run(self) -> set[Leak]:
        """Return all letters that leaked."""
        events: list[tuple[float, int, str, int]] = []
        for index, (given, delay, _) in enumerate(self._take.recording.screens):
            lost = self._rtt if self._chance.random() < 0.05 else 0.0
            events.append((self._times[given] + self._rtt + delay + lost, 1, "screen", index))
        for number in range(1, len(self._times)):
            events.append((self._times[number], 0, "key", number))
            events.append((self._times[number] + self._rtt + 0.05, 2, "echo", number))
        heapq.heapify(events)
        newest = -1
        while events:
            now, _, kind, number = heapq.heappop(events)
            while (wakeup := self._predictor.next_wakeup()) is not None and wakeup < now:
                self._predictor.tick(now=wakeup)
                self._look()
            if kind == "key":
                self._press(number, now)
            elif kind == "echo":
                self._predictor.echo_advanced(input_offset=self._ends[number], age=0.05, now=now)
            elif number > newest:
                newest = number
                given, _, self._newest = self._take.recording.screens[number]
                self._predictor.screen_changed(self._newest, input_offset=self._ends[given], now=now)
            self._look()
        return self.leaks

    def _press(self, number: int, now: float) -> None:
        self._typed = number
        key = self._take.recording.typed[number - 1]
        before = self._predictor.statistics.shown_at_once
        self._predictor.typed(key, input_offset=self._ends[number], now=now)
        if number - 1 not in self._take.secrets:
            self.keys += 1
            self.shown += self._predictor.statistics.shown_at_once - before

    def _look(self) -> None:
        painted = self._predictor.overlay()
        for row, real in zip(painted.rows, self._newest.rows, strict=True):
            if row is real:
                continue
            for cell, old in zip(row.cells, real.cells, strict=True):
                if cell.text in LETTERS and cell.text != old.text:
                    near = max((key for key in self._take.secrets if key < self._typed), default=0)
                    self.leaks.add(Leak(self._take.secrets.get(near, "?"), cell.text, self._typed))


def leaks_of(take: Take) -> tuple[dict[str, set[str]], float]:
    """Return the letters that leaked by reader, at any rhythm and mode, and the share of other keys shown at once."""
    leaked: dict[str, set[str]] = {}
    keys = shown = 0
    for seed, (rhythm, mode) in enumerate(product(RHYTHMS, MODES)):
        replay = Replay(take, rhythm=rhythm, mode=mode, seed=seed)
        for leak in replay.run():
            leaked.setdefault(leak.reader, set()).add(leak.letter)
        keys, shown = keys + replay.keys, shown + replay.shown
    return leaked, shown / max(1, keys)


def main() -> int:
    parser = argparse.ArgumentParser(description="type secrets at real programs and look for their letters")
    parser.add_argument("readers", nargs="*", help="words of their names; default: all")
    parser.add_argument("--around", action="append", choices=SURROUNDINGS, help="default: each")
    arguments = parser.parse_args()
    readers = [
        reader
        for reader in (*PLAIN, *MORE)
        if reader.installed and (not arguments.readers or any(word in reader.name for word in arguments.readers))
    ]
    total = 0
    for around in arguments.around or SURROUNDINGS:
        with (
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
            surrounded(around, Path(folder)) as argv,
        ):
            take, failed = record(argv, readers, Path(folder))
        leaked, shown = leaks_of(take)
        total += len(leaked)
        ran = len(readers) - len(failed)
        print(f"{around}: {ran} readers, {len(leaked)} of them leak; other keys shown at once {shown:.0%}", flush=True)
        for name, letters in leaked.items():
            print(f"    {name}: {''.join(sorted(letters))}")
        for reason in failed:
            print("    could not be run: " + reason.replace(chr(10), chr(10) + "        "))
    return total


if __name__ == "__main__":
    raise SystemExit(1 if main() else 0)
