"""The demo's far side as its client has it: a process of its own, spoken with over two pipes."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_client.demo.session import BadLink
from rmosh_client.demo.words import BLACK_OUT, READY, WORSEN, stop_servers

#: Seconds the far side gets to stop its servers at the end.
_PARTING_TIMEOUT: Final = 5.0

#: Most moves heard of at once.
_MOVES_AT_ONCE: Final = 4096


class DemoHost:
    """A host on this machine behind a link of its own, perfect at first.

    Attributes:
        directory: what it leaves for its client and its session; thrown away at the end.
    """

    def __init__(self, directory: Path, link: BadLink) -> None:
        """Start it; it is not ready yet.

        Raises:
            BootstrapError: this Python cannot be started again.
        """
        self.directory = directory
        words = [sys.executable, "-m", "rmosh_client.demo.ssh_server", os.fspath(directory)]
        words += [str(link.delay), str(link.loss), str(link.roam)]
        try:
            with open(directory / "log", "wb") as log:
                self._process = subprocess.Popen(  # noqa: S603 - our own module
                    words,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    bufsize=0,
                    start_new_session=True,
                )
        except OSError as error:
            raise BootstrapError(
                Stage.SERVER_FAILED,
                f"the demo's own SSH server could not be started: {error.strerror}: {sys.executable}",
                hint="is this user allowed to run that Python?",
            ) from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._commands, self._news = self._process.stdin, self._process.stdout

    def await_ready(self) -> str:
        """Wait until it listens, and return the configuration that leads to it.

        Raises:
            BootstrapError: it did not start.
        """
        if self._news.readline() != READY:
            reason = (self.directory / "log").read_text(errors="replace").strip().rpartition("\n")[2]
            raise BootstrapError(
                Stage.SERVER_FAILED,
                f"the demo's own SSH server did not start: {reason or 'it said nothing'}",
                hint="can programs listen on 127.0.0.1 on this machine?",
            )
        os.set_blocking(self._news.fileno(), False)
        return os.fspath(self.directory / "config")

    def worsen(self) -> None:
        """Let the link be as bad as was asked for from now on, and the client move."""
        self._say(WORSEN)

    def black_out(self, seconds: float) -> None:
        """Let nothing through for some seconds from now."""
        self._say(b"%s %g\n" % (BLACK_OUT, seconds))

    def new_moves(self) -> int:
        """Return how often the client has moved since this was asked last."""
        with contextlib.suppress(OSError):
            return len(self._news.read(_MOVES_AT_ONCE) or b"")
        return 0

    def _say(self, command: bytes) -> None:
        with contextlib.suppress(OSError):  # it is gone, and the session's silence tells of it
            self._commands.write(command)

    def end(self) -> None:
        """Let it stop its servers and end."""
        self._commands.close()
        try:
            self._process.wait(_PARTING_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._news.close()
        stop_servers(self.directory)  # should it have been killed


@contextmanager
def demo_host(link: BadLink) -> Iterator[DemoHost]:
    """Run the far side; it ends, and leaves nothing, whatever ends its client."""
    with tempfile.TemporaryDirectory(prefix="rmosh-demo-") as name:
        host = DemoHost(Path(name), link)
        try:
            yield host
        finally:
            host.end()
