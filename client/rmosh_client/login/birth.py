"""How a login process comes into being: by fork(2) where that is safe, so that nothing is loaded twice, else by exec.

A fork is for the first login only, when this process has loaded little and runs no thread; a session that is under way
is nothing to be copied.
"""

import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh_client.systems import FORK_IS_SAFE

#: What a fresh Python runs: modules come from where ours came from, and from nowhere else.
_PROGRAM: Final = (
    "import sys; sys.path[:], sys.pycache_prefix, *ends = __import__('json').loads(sys.argv[1]);"
    " from rmosh_client.login.child import live_anew; live_anew(*ends)"
)


#: What a child ends with that came to nothing, as a shell's does that finds no program.
_NEVER_LIVED: Final = 127


@dataclass(frozen=True, slots=True)
class Newborn:
    """A login process, and this process's ends of what leads to it.

    Attributes:
        line: a stream of lines.
        datagrams: a sealed datagram each.
    """

    pid: int
    line: socket.socket
    datagrams: socket.socket


def give_birth(*, by_fork: bool) -> Newborn:
    """Start a login process.

    Raises:
        OSError: the system lets nobody start one.
    """
    line, childs_line = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    datagrams, childs_datagrams = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours, theirs = (line, datagrams), (childs_line, childs_datagrams)
    forks = (by_fork and FORK_IS_SAFE and not _has_threads()) or not sys.executable
    try:
        pid = _fork(ours, theirs) if forks else _spawn(theirs)
    except BaseException:
        for end in ours:
            end.close()
        raise
    finally:
        for end in theirs:
            end.close()
    return Newborn(pid, line, datagrams)


def _has_threads() -> bool:
    """Tell whether any was started; what starts them is 0.15 MB that a session does without."""
    threading = sys.modules.get("threading")
    return threading is not None and threading.active_count() > 1


def _fork(ours: tuple[socket.socket, ...], theirs: tuple[socket.socket, socket.socket]) -> int:
    def be_born() -> None:
        for end in ours:
            end.close()
        from rmosh_client.login.child import live

        live(*theirs)

    return _fork_and(be_born)


def _spawn(theirs: tuple[socket.socket, socket.socket]) -> int:
    descriptors = [end.fileno() for end in theirs]
    start = json.dumps([sys.path, sys.pycache_prefix, *descriptors])
    words = [sys.executable, "-c", _PROGRAM, start]
    for descriptor in descriptors:
        os.set_inheritable(descriptor, True)
    if hasattr(os, "posix_spawn"):
        return os.posix_spawn(sys.executable, words, os.environ)
    return _fork_and(lambda: os.execv(sys.executable, words))  # noqa: S606 - Android has no posix_spawn


def _fork_and(live: Callable[[], object]) -> int:
    """Return the child's process id; the child never returns, whatever befalls it: our stack is not its own."""
    pid = os.fork()
    if pid:
        return pid
    try:
        live()
    except Exception:
        import traceback  # which only a fault needs

        traceback.print_exc()
    finally:
        os._exit(_NEVER_LIVED)
