"""The process that read the command line, executed anew as the one that runs the session.

Reading it needs a parser, the preferences and what Python's `site` loads; a session needs none of that, and would keep
it in memory for as long as it lives: 1 MB of CPython 3.11. It stays one process, so the shell that waits for it, the
terminal and the login that was forked from it notice nothing.
"""

import contextlib
import marshal
import os
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from rmosh_client.bootstrap.login_log import log_login
from rmosh_client.command.outcome import end_with, status_of
from rmosh_client.command.session import SessionOptions, run_in_terminal
from rmosh_client.login.birth import Newborn
from rmosh_client.login.messages import Errand, line_of, parse_to_login
from rmosh_client.login.process import LoginProcess

#: Bytes that are handed over at most: what a pipe takes at once. Source: pipe(7).
MAX_HANDED_OVER: Final = 65536

#: What the interpreter runs: modules come from where ours came from, and from nowhere else. What it is given is in a
#: pipe, whose descriptor follows; the words of the command line, which nothing reads, leave room for those
#: that `ps` shows.
_PROGRAM: Final = (
    "import marshal, posix, sys;"  # parts of the interpreter, which no file stands in for
    f" given = posix.read(int(sys.argv[1]), {MAX_HANDED_OVER}); posix.close(int(sys.argv[1]));"
    " sys.path[:], sys.pycache_prefix, sys.dont_write_bytecode, *given = marshal.loads(given);"
    " from rmosh.lean_typing import stand_in_for_typing; stand_in_for_typing();"  # before anything imports it
    " from rmosh_client.command.fresh_interpreter import go_on; go_on(*given)"
)

#: Where Linux keeps the name of a process, which an exec changes to the interpreter's. Source: proc(5).
_NAME: Final = "/proc/self/comm"

#: Where Linux tells of a process; which fields of that, counted from 1, say from where to where in its memory the words
#: are that it was executed with; and that memory. Source: proc(5).
_FIELDS: Final = "/proc/self/stat"
_WORDS_BEGIN_AND_END: Final = (48, 49)
_MEMORY: Final = "/proc/self/mem"

#: What the words shown begin with.
_SHOWN: Final = "rmosh"


def hand_over(login: LoginProcess, options: SessionOptions, words: Sequence[str]) -> None:
    """Run the session that a login starts in a fresh interpreter; returns only where there is none to be had.

    Args:
        words: of the command line.
    """
    newborn = login.newborn
    descriptors = newborn.line.fileno(), newborn.datagrams.fileno()
    found_by = sys.path, sys.pycache_prefix, sys.dont_write_bytecode
    given = _name_of_process(), tuple(words), line_of(login.errand), (newborn.pid, *descriptors), options.values()
    try:
        reading = _pipe_with(marshal.dumps((*found_by, *given)))
        for descriptor in (*descriptors, reading):
            os.set_inheritable(descriptor, True)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until `go_on`: Python would print a traceback
        running = [sys.executable, *_passing_over(), "-S", "-c", _PROGRAM, str(reading), *words]
        os.execv(sys.executable, running)  # noqa: S606 - ourselves
    except (OSError, ValueError):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)


def go_on(
    name: str, words: Sequence[str], errand: bytes, login: tuple[int, int, int], options: dict[str, Any]
) -> NoReturn:
    """Run the session in the interpreter that was handed these, and end it."""
    if name:
        with contextlib.suppress(OSError), open(_NAME, "w", encoding="utf-8", errors="surrogateescape") as own:
            own.write(name)
    with contextlib.suppress(OSError, ValueError, IndexError):
        _show_words(words)

    def run(_words: Sequence[str]) -> int:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        wanted = parse_to_login(errand.rstrip())
        assert isinstance(wanted, Errand)
        log_login(wanted.verbosity, wanted.log_file)
        return run_in_terminal(LoginProcess(wanted, newborn=_held(*login)), SessionOptions(**options))

    end_with(status_of(run, words))


def _held(pid: int, *descriptors: int) -> Newborn:
    """Return a login process that this one has from before."""
    line, datagrams = (socket.socket(fileno=descriptor) for descriptor in descriptors)
    for end in (line, datagrams):
        end.set_inheritable(False)
    return Newborn(pid, line, datagrams)


def _passing_over() -> Sequence[str]:
    """Return what has an interpreter pass over what this one was told to pass over."""
    if sys.flags.isolated:
        return ("-I",)
    return ("-E",) if sys.flags.ignore_environment else ()


def _name_of_process() -> str:
    """Return what `ps` and `pkill` know this process by; "" where the system does not say."""
    with contextlib.suppress(OSError), open(_NAME, encoding="utf-8", errors="surrogateescape") as told:
        return told.read().rstrip("\n")
    return ""


def _show_words(words: Sequence[str]) -> None:
    """Have `ps` and `pgrep -f` show what the user typed, not how the interpreter was told to go on.

    Raises:
        OSError, ValueError, IndexError: this system does not say where its words are, or lets no process write there.
    """
    with open(_FIELDS, "rb") as told:
        fields = told.read().rpartition(b")")[2].split()  # from the third on: a name may hold blanks
    begin, end = (int(fields[number - 3]) for number in _WORDS_BEGIN_AND_END)
    shown = b"".join(os.fsencode(word) + b"\0" for word in (_SHOWN, *words))
    if len(shown) <= end - begin:
        with open(_MEMORY, "r+b", buffering=0) as own:
            own.seek(begin)
            own.write(shown.ljust(end - begin, b"\0"))


def _pipe_with(data: bytes) -> int:
    """Return the end to read of a pipe that holds this.

    Raises:
        OSError: it does not take that much. Source: pipe(7).
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    written = 0 if len(data) > MAX_HANDED_OVER else os.write(writing, data)
    os.close(writing)
    if written < len(data):
        os.close(reading)
        raise OSError(f"a pipe takes {written} of {len(data)} bytes")
    return reading
