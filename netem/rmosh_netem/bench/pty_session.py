"""A program in a PTY whose output is recorded with its time first and looked at on a screen later.

Reading is all that happens while keys are typed: what the screen showed, and when, is found afterwards by feeding
the recording to a terminal emulator, so that looking does not disturb what is measured.
"""

import fcntl
import math
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import pyte

from ..errors import BenchFailed

#: Bytes taken from the PTY at one go; the kernel hands out at most 4 kB a read anyway.
_READ_SIZE: Final = 65536

#: Seconds without output after which what has come is looked at, and the most that output is waited out for. Reason:
#: a page comes in many writes, and a terminal that parsed the first while the client's next waits would be measured.
_GATHERED: Final = 0.004
_GATHERED_AT_MOST: Final = 0.25

#: Bytes of unseen output above which only the latest part is looked at: ssh prints floods as they are, and the
#: emulator reads 1.2 MB/s. Programs that send screens stay far below it.
_TOO_MUCH_UNSEEN: Final = 4 * 1024 * 1024

#: Bytes of such a flood that are looked at: some screens.
_LATEST_OF_FLOOD: Final = 128 * 1024

#: Seconds a program gets to end by itself after its remote side has ended, then after SIGTERM.
_PATIENCE: Final = 2.0

#: Sequences with a private prefix that pyte 0.8.2 mistakes for others, such as `CSI > 4 ; 1 m`, or breaks off at, as at
#: `CSI ? 4 m`: what follows would be lost, questions too.
_PRIVATE: Final = re.compile(rb"\x1b\[(?:[<=>][0-9;]*[ -/]*[@-~]|\?[0-9;]*m)|\x1bP[^\x1b]*\x1b\\")


class Chunk(NamedTuple):
    """Output as it came from the PTY, with the monotonic time of its reading."""

    time: float
    data: bytes


class _AnsweringScreen(pyte.Screen):
    """A screen whose answers to a program's questions reach the program."""

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]) -> None:
        self._answer = answer
        super().__init__(columns, rows)

    def write_process_input(self, data: str) -> None:
        """Send an answer."""
        self._answer(data)


class PtySession:
    """A command in a terminal of `rows` x `columns`; a context manager that leaves no process behind."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], *, rows: int, columns: int) -> None:
        self.command = tuple(command)
        self.screen = _AnsweringScreen(columns, rows, self._answer)
        self._stream = pyte.ByteStream(self.screen)
        self._unseen: deque[Chunk] = deque()
        self._unseen_bytes = 0
        self._ended = False
        self._screen_time = -math.inf
        self.started = time.monotonic()
        self.last_output = self.started
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            _become(command, environment)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
        os.set_blocking(self._terminal, False)

    def __enter__(self) -> "PtySession":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def process(self) -> int:
        """The program's process id."""
        return self._pid

    def type(self, keys: bytes) -> float:
        """Press keys; return when."""
        now = time.monotonic()
        try:
            os.write(self._terminal, keys)
        except OSError as error:
            raise BenchFailed(f"{self.command[0]} ended while it was typed at: {self._last_words()}") from error
        return now

    def freeze(self) -> None:
        """Stop the program as a sleeping laptop does."""
        os.kill(self._pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let the program go on."""
        os.kill(self._pid, signal.SIGCONT)

    def record_until(self, when: float) -> None:
        """Read output, without looking at it, until `when` on the monotonic clock."""
        while (left := when - time.monotonic()) > 0:
            self._read(left)

    def record_until_quiet(self, *, quiet: float, at_most: float) -> None:
        """Read output until none has come for `quiet` seconds, or for `at_most` seconds in all."""
        end = time.monotonic() + at_most
        while time.monotonic() < min(end, self.last_output + quiet):
            self._read(min(end, self.last_output + quiet) - time.monotonic())

    def record_until_written(self, text: bytes, *, timeout: float) -> float:
        """Read output, without looking at a screen, until `text` was in it; return when that was.

        Raises:
            BenchFailed: it did not come in time.
        """
        end, tail = time.monotonic() + timeout, b""
        while not self._ended and time.monotonic() < end:
            recorded = len(self._unseen)
            self._read(end - time.monotonic())
            if len(self._unseen) == recorded:
                continue
            tail = tail[-len(text) :] + self._unseen[-1].data
            if text in tail:
                return self.last_output
        raise BenchFailed(f"{text.decode()!r} was not written within {timeout:.0f} s: {self._last_words()}")

    def watch(self, look: Callable[[float, pyte.Screen], bool], *, timeout: float) -> float | None:
        """Show the screen to `look` as it is and after all output, until it says yes; return the output's time.

        Output is gathered until it pauses before any of it is shown. Returns None where `look` did not say yes within
        `timeout` seconds from now.
        """
        end = time.monotonic() + timeout
        if look(self._screen_time, self.screen):
            return self._screen_time
        while True:
            while self._unseen:
                chunk = self._take_unseen()
                if look(chunk.time, self.screen):
                    return chunk.time
            if self._ended or time.monotonic() >= end:
                return None
            self._read(end - time.monotonic())
            self._gather()

    def watch_for(self, text: str, *, timeout: float) -> float:
        """Return when a row of the screen first held `text`.

        Raises:
            BenchFailed: none did in time; the message has what was shown instead.
        """
        seen = self.watch(lambda _, screen: any(text in row for row in screen.display), timeout=timeout)
        if seen is None:
            raise BenchFailed(f"{text!r} was not shown within {timeout:.0f} s: {self._last_words()}")
        return seen

    def wait_for_end(self, *, timeout: float) -> float | None:
        """Read output until the program has ended; return when that was, None where it was not in time."""
        ended = os.pidfd_open(self._pid)
        try:
            end = time.monotonic() + timeout
            while (left := end - time.monotonic()) > 0:
                ready, _, _ = select.select([ended] if self._ended else [ended, self._terminal], [], [], left)
                if ended in ready:
                    return time.monotonic()
                self._read(0.0)
        finally:
            os.close(ended)
        return None

    def close(self) -> None:
        """End the program, first kindly, and wait for it."""
        if self._pid == 0:
            return
        for end in (None, signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
            if end is not None:
                os.kill(self._pid, end)
            if self._has_ended_within(_PATIENCE):
                break
        os.close(self._terminal)
        self._pid = 0

    def _has_ended_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if os.waitpid(self._pid, os.WNOHANG)[0]:
                return True
            self._read(0.02)
            if self._ended:
                time.sleep(0.005)  # the terminal is closed, the program is just about to be
        return False

    def _read(self, timeout: float) -> None:
        if self._ended:
            time.sleep(max(0.0, min(timeout, 0.05)))
            return
        ready, _, _ = select.select([self._terminal], [], [], max(0.0, timeout))
        if not ready:
            return
        now = time.monotonic()
        try:
            data = os.read(self._terminal, _READ_SIZE)
        except BlockingIOError:
            return
        except OSError:  # the other side of the PTY is closed
            data = b""
        if not data:
            self._ended = True
            return
        self.last_output = now
        self._unseen.append(Chunk(now, data))
        self._unseen_bytes += len(data)

    def _gather(self) -> None:
        """Read on until output pauses; programs that never pause are looked at all the same."""
        end = time.monotonic() + _GATHERED_AT_MOST
        while not self._ended and time.monotonic() < end and select.select([self._terminal], [], [], _GATHERED)[0]:
            self._read(0.0)

    def _take_unseen(self) -> Chunk:
        if self._unseen_bytes > _TOO_MUCH_UNSEEN:
            while self._unseen_bytes > _LATEST_OF_FLOOD:
                self._unseen_bytes -= len(self._unseen.popleft().data)
        chunk = self._unseen.popleft()
        self._unseen_bytes -= len(chunk.data)
        self._screen_time = chunk.time
        try:
            self._stream.feed(_PRIVATE.sub(b"", chunk.data))
        except (TypeError, ValueError, IndexError, AssertionError):  # pyte stumbles over some rare sequences
            self._stream = pyte.ByteStream(self.screen)
        return chunk

    def _answer(self, data: str) -> None:
        """Answer what the program asked its terminal."""
        os.write(self._terminal, data.encode())

    def _last_words(self) -> str:
        rows = [row.strip() for row in self.screen.display if row.strip()]
        return " / ".join(rows[-3:]) or "it showed nothing"


def _become(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Turn the forked child into the command; never returns."""
    try:
        os.execvpe(command[0], list(command), dict(environment))  # noqa: S606
    except OSError as error:
        os.write(2, f"cannot run {command[0]}: {error.strerror}\r\n".encode())
    os._exit(127)
