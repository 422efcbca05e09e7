"""A user's own terminal with a scrollback that can be looked at: a tmux server of the test's own.

In it runs a local shell, which has said something already when it is given the command; so there is something above
the session, and something under it once it is over. Fit for `Host`, which starts its programs in one.
"""

import contextlib
import os
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.patience import PATIENCE

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (apt install tmux)")

#: What the local shell prints when it waits for a command; nothing else that is shown here begins like it.
NEAR_PROMPT = "near>"

#: What the local shell printed before the command, in lines.
BEFORE = ("before 1", "before 2", "before 3")

#: Lines of scrollback; more than any test prints.
_HISTORY_LIMIT = 300_000

#: Seconds between two looks. Reason: a look costs some 5 ms of a processor that rmosh needs as well.
_BETWEEN_LOOKS = 0.05


class OuterTmux:
    """A terminal in which a local shell has started a command.

    Attributes:
        columns: of the terminal.
        pid: the command's process.
    """

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str], rows: int = 24, columns: int = 80) -> None:
        # A socket's path may have 107 bytes only: pytest's own directories can be longer.
        self._directory = Path(tempfile.mkdtemp(prefix="rmosh-tmux-"))
        self._env = {name: value for name, value in env.items() if not name.startswith("TMUX")}
        self._process: int | None = None
        self.columns = columns
        try:
            self._start_server(rows=rows, columns=columns)
            self._wait(lambda: self.screen == NEAR_PROMPT, "the local shell", timeout=PATIENCE)
            self.type(f"printf '%s\\n' {shlex.join(BEFORE)}\r")
            self._wait(lambda: self.is_at_local_prompt, "the local shell", timeout=PATIENCE)
            self.pid = self._run(command)
            self._process = os.pidfd_open(self.pid)
        except BaseException:
            self.close()
            raise

    def _start_server(self, *, rows: int, columns: int) -> None:
        options = {
            "history-limit": str(_HISTORY_LIMIT),
            "default-terminal": "tmux-256color",
            "status": "off",
            "escape-time": "0",
        }
        settings = [word for name, value in options.items() for word in ("set-option", "-g", name, value, ";")]
        shell = f"exec env PS1='{NEAR_PROMPT} ' HISTFILE= bash --norc --noprofile"
        size = ("-x", str(columns), "-y", str(rows))
        self._tmux("-f", "/dev/null", "start-server", ";", *settings, "new-session", "-d", *size, shell)

    def _run(self, command: Sequence[str]) -> int:
        """Have the local shell run a command; return its process."""
        script, process = self._directory / "far", self._directory / "pid"
        script.write_text(
            f"#!/bin/sh\necho $$ > {process}.new; mv {process}.new {process}\nexec {shlex.join(command)}\n"
        )
        script.chmod(0o755)
        self.type(f"{script}\r")
        self._wait(process.exists, "the command runs", timeout=PATIENCE)
        return int(process.read_text())

    # --- what it shows ---------------------------------------------------------------------------------------

    @property
    def screen(self) -> str:
        """The lines of the screen, trailing blanks cut off."""
        lines = self._tmux("capture-pane", "-p").split("\n")
        return "\n".join(line.rstrip() for line in lines).rstrip("\n")

    @property
    def shows_alternate(self) -> bool:
        """Whether it is in its alternate screen."""
        return self._tmux("display-message", "-p", "#{alternate_on}") == "1\n"

    @property
    def history_size(self) -> int:
        """How many rows are above the screen."""
        return int(self._tmux("display-message", "-p", "#{history_size}"))

    def scrollback(self, *, joined: bool = True, escapes: bool = False) -> list[str]:
        """Return all lines from the first of the scrollback to the last in use on the screen.

        Args:
            joined: rows that go on in the next one are one line.
            escapes: with escape sequences for colours.
        """
        how = [*(["-J"] if joined else []), *(["-e"] if escapes else [])]
        lines = [line.rstrip() for line in self._tmux("capture-pane", "-p", *how, "-S", "-", "-E", "-").split("\n")]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def session(self, *, joined: bool = True) -> list[str]:
        """Return those lines below the one that started the command."""
        lines = self.scrollback(joined=joined)
        [place] = [place for place, line in enumerate(lines) if line == f"{NEAR_PROMPT} {self._directory / 'far'}"]
        return lines[place + 1 :]

    @property
    def is_at_local_prompt(self) -> bool:
        """Whether the local shell waits for a command."""
        return self.screen.endswith(f"\n{NEAR_PROMPT}")

    def wait_for(self, wanted: "str | Callable[[str], bool]", timeout: float = PATIENCE) -> str:
        """Return the screen once it shows a text or satisfies a predicate; fail the test otherwise."""
        last = ""

        def shown() -> bool:
            nonlocal last
            last = self.screen
            return wanted in last if isinstance(wanted, str) else wanted(last)

        self._wait(shown, f"{wanted!r} shown", timeout=timeout)
        return last

    def wait_exit(self, timeout: float = PATIENCE) -> None:
        """Wait until the local shell goes on."""
        self._wait(lambda: self.is_at_local_prompt, "the command has ended", timeout=timeout)

    def _wait(self, condition: Callable[[], bool], what: str, *, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"never: {what}; the screen is:\n{self.screen}")
            self.pump(_BETWEEN_LOOKS)

    def pump(self, seconds: float = 0.0) -> bool:
        """Let time pass: tmux takes by itself what the program writes."""
        select.select([], [], [], max(seconds, _BETWEEN_LOOKS))
        return True

    # --- what is done to it ----------------------------------------------------------------------------------

    def type(self, text: "str | bytes") -> None:
        """Press keys; ASCII only."""
        keys = text.encode("ascii") if isinstance(text, str) else text
        self._tmux("send-keys", "-H", *(f"{key:02x}" for key in keys))

    def resize(self, *, rows: int, columns: int) -> None:
        """Give the window another size."""
        self.columns = columns
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def send_signal(self, number: int) -> None:
        """Send the command a signal, though it may have ended."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, number)

    def close(self) -> None:
        """End the command, the local shell and the server."""
        if not self._directory.exists():
            return
        if self._process is not None:
            self.send_signal(signal.SIGKILL)
            os.close(self._process)
        with contextlib.suppress(subprocess.CalledProcessError):
            self._tmux("kill-server")
        shutil.rmtree(self._directory, ignore_errors=True)

    def _tmux(self, *words: str) -> str:
        command = ["tmux", "-u", "-S", str(self._directory / "socket"), *words]
        done = subprocess.run(command, env=self._env, capture_output=True, timeout=PATIENCE, check=True)
        return done.stdout.decode()
