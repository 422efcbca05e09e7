"""The process that sessions are forked from: it listens for its own user, forks for whoever comes, and hears nothing.

What is asked for is heard by the fork, so that nothing of a session is ever in here. It ends by itself: once no session
of its own has lived for a while, when another version is installed, or when another one has taken its place.
"""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from rmosh_server.fork_server.asking import is_there
from rmosh_server.fork_server.installed import LoadedFiles
from rmosh_server.fork_server.left_behind import remove_left_behind
from rmosh_server.fork_server.shown import show_environment, show_words
from rmosh_server.process.descriptors import close_others, leave_standard_streams
from rmosh_server.process.signals import SignalPipe
from rmosh_server.process.title import show_name
from rmosh_server.sockets.unix_sockets import BACKLOG, FileIdentity, bind, identity_of, remove_socket
from rmosh_server.systems import forbid_looks, peer_user

#: How long it stays without a session, in seconds. Reason: who closes one window opens another; it has as much memory
#: as a session then.
LINGER: Final = 60.0

#: How often it looks whether it is still wanted, in seconds; and when first. Reason: an upgrade frees memory soon
#: enough; of two that began at once one goes at once.
LOOK_INTERVAL: Final = 600.0
FIRST_LOOK: Final = 1.0

#: What `ps` shows.
_SHOWN: Final = ("rmosh-server", "forks", "sessions")


class Files(Protocol):
    """What was loaded; `LoadedFiles` has it."""

    @property
    def are_outdated(self) -> bool: ...


class Signals(Protocol):
    """Where signals come from; `SignalPipe` has it."""

    def fileno(self) -> int: ...
    def take(self) -> set[int]: ...
    def close(self) -> None: ...


class ForkServer:
    """Forks, and minds when it is over.

    Attributes:
        is_over: whether it shall end now.
    """

    def __init__(
        self,
        listener: socket.socket,
        place: str,
        identity: "FileIdentity | None",
        files: "Files",
        signals: "Signals",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listener = listener
        self._place = place
        self._identity = identity
        self._files = files
        self._clock = clock
        self._children: set[int] = set()
        self._ends_at = clock() + LINGER
        self._looks_at = clock() + FIRST_LOOK
        self.is_over = False
        self._signals = signals

    def run(self) -> "socket.socket | None":
        """Fork until it is over; return the connection to who has asked in each fork, None in the server itself.

        Only now is anybody let in: who comes before has a process of his own at once, and waits for nothing.
        """
        self._listener.listen(BACKLOG)
        waiting = select.poll()
        waiting.register(self._listener, select.POLLIN)
        waiting.register(self._signals, select.POLLIN)
        while not self.is_over:
            waiting.poll(1000 * max(0.0, self.next_wakeup - self._clock()))
            connection = self.turn()
            if connection is not None:
                return connection
        remove_socket(self._place, self._identity)
        return None

    @property
    def next_wakeup(self) -> float:
        """When something is to be done though nothing happens, in monotonic seconds."""
        return self._looks_at if self._children else min(self._looks_at, self._ends_at)

    def turn(self) -> "socket.socket | None":
        """Do what is due; return a connection in a fork."""
        numbers = self._signals.take()
        self.is_over = signal.SIGTERM in numbers
        if signal.SIGCHLD in numbers:
            self._reap()
        now = self._clock()
        if now >= self._looks_at:
            self._looks_at = now + LOOK_INTERVAL
            self.is_over |= identity_of(self._place) != self._identity or self._finds_another_version()
            with contextlib.suppress(OSError):
                os.utime(self._place)  # which cleaners of /tmp leave alone then
        self.is_over |= not self._children and now >= self._ends_at
        return None if self.is_over else self._let_in()

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._children.discard(ended[0])
                self._ends_at = self._clock() + LINGER

    def _let_in(self) -> "socket.socket | None":
        """Fork for one who waits outside, if he is of our own user and what was loaded is what he would load."""
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return None
        with contextlib.suppress(OSError):  # no process is left to be had: who has asked does without
            if peer_user(connection) == os.geteuid() and not self._finds_another_version():
                child = os.fork()
                if child == 0:
                    self._become_a_session()
                    return connection
                self._children.add(child)
        connection.close()
        return None

    def _finds_another_version(self) -> bool:
        """Look at what is installed. It is looked at here: what a fork looks at costs each its own memory."""
        outdated = self._files.are_outdated
        self.is_over |= outdated
        return outdated

    def _become_a_session(self) -> None:
        """Have nothing left of the server, in a fork."""
        for number in (*_WATCHED, *_IGNORED):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._listener.close()
        self._signals.close()
        os.setsid()


_WATCHED: Final = (signal.SIGCHLD, signal.SIGTERM)
_IGNORED: Final = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTSTP)


def found(place: str, *, prepare: Callable[[], None], shown: Mapping[str, str]) -> "socket.socket | None":
    """Split off a fork server that listens at a place, unless there is one.

    Args:
        prepare: done there, before the first fork.
        shown: its environment as /proc shows it.

    Returns:
        None here; in each session that is forked from it later, the connection to who has asked.
    """
    files = LoadedFiles()
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        return None
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        server = _standing_alone(place, files)
        if server is not None:
            show_environment(shown)
            prepare()
            show_words(_SHOWN)
        connection = None if server is None else server.run()
    except BaseException:
        os._exit(1)
    if server is None or connection is None:
        os._exit(0)
    return connection


def _standing_alone(place: str, files: Files) -> "ForkServer | None":
    """Let go of all that belongs to the session that this was split from, and listen; None where another does."""
    close_others()
    leave_standard_streams()
    os.chdir("/")
    os.environ.clear()  # a session has its login's
    show_name("rmosh-server")
    forbid_looks()
    directory, name = os.path.split(place)
    if is_there(place):
        return None
    making = f"{name}.{os.getpid()}"
    listener = bind(directory, making)
    os.replace(os.path.join(directory, making), place)  # of two at the same time the later one counts
    remove_left_behind(directory)
    return ForkServer(listener, place, identity_of(place), files, SignalPipe(watched=_WATCHED, ignored=_IGNORED))
