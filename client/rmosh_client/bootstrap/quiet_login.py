"""Logins that nobody watches: Tab's, those of a session that lost contact, and a script's (BatchMode).

One at a time for a host, but for scripts, and none for a while after a refused one: OpenSSH since 9.8 shuts an address
out for 15 s and more once refusals add up to as much, 5 s each, and then the user's own logins are turned away too
(sshd_config(5), PerSourcePenalties). All processes of a user share a file that says when the last one was refused.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.request import Fate, SessionStatus
from rmosh_client.cache import in_cache

#: Seconds after a refused login until the next. Reason: what it cost, 5 s, is long over by then.
_PAUSE: Final = 60.0

#: What is told where it is not the time.
NOT_NOW: Final = SessionStatus(Fate.UNREACHABLE, reason="another login there has just been refused, or is under way")


def _is_refusal(error: BootstrapError) -> bool:
    """Whether a host counts this against the address that it came from."""
    return error.stage in (Stage.HOST_KEY, Stage.AUTHENTICATION)


class QuietLogin:
    """One login without a user; `way` is all that leads to the host: its name, options, a configuration file.

    `alone` unless others may be under way meanwhile.

    Attributes:
        was_refused: it was, though nothing is raised.
    """

    def __init__(self, *way: str | None, alone: bool = True, directory: Path | None = None) -> None:
        name = sha256(repr(way).encode(errors="surrogateescape")).hexdigest()[:32]
        self._file = (directory or Path(in_cache(os.environ))) / f"refused-{name}"
        self._alone = alone
        self._descriptor = -1
        self.was_refused = False

    @contextlib.contextmanager
    def begun(self) -> Iterator[bool]:
        """Yield whether now is the time, and take note of how the login ends where it is."""
        try:
            yield self.may_begin(now=time.time())
        except BootstrapError as error:
            self.was_refused = self.was_refused or _is_refusal(error)
            raise
        finally:
            self.end(refused=self.was_refused, now=time.time())

    def may_begin(self, *, now: float) -> bool:
        """Return whether now is the time; `end` follows where it is. `now` is in seconds since 1970.

        Where nothing can be remembered it always is.
        """
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._descriptor = os.open(self._file, flags, 0o600)
        except OSError:
            return True
        try:
            if self._alone:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._close()
            return False
        status = os.fstat(self._descriptor)
        if status.st_size and 0 <= now - status.st_mtime < _PAUSE:
            self._close()
            return False
        return True

    def end(self, *, refused: bool, now: float) -> None:
        """Take note of how it ended, if it began."""
        if self._descriptor < 0:
            return
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, int(refused))
            os.utime(self._descriptor, (now, now))
        self._close()

    def _close(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1
