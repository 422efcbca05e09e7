"""The process that started a session, executed anew as one that serves it.

Starting needs the command line, locales and the account; serving needs the emulator and the seals. A fresh interpreter
without `site` has only the latter in memory, which saves a third of what a session costs for as long as it lives. It
starts after the announce line, so nobody waits for it. Where modules are in memory alone, whoever loads them from there
hands them over as well.
"""

import os
import sys
from collections.abc import Sequence
from typing import Final

from rmosh.errors import Malformed
from rmosh.lazy_dataclass import replace
from rmosh_server.process.memory import forbid_core_dumps
from rmosh_server.serving.handover import (
    FORK_SERVER_VARIABLE,
    MAX_SIZE,
    PYTHON_VARIABLES,
    Handover,
    format_handover,
    parse_handover,
)

#: What `ps` shows of a serving process; what runs it, the pipe's descriptor and the port follow.
_SHOWN: Final = "rmosh-server"
_INSTALLED: Final = ("-S", "-m", "rmosh_server.serving")

#: What is run anew for another session.
_PROGRAM: Final = "rmosh_server"

#: Where modules are not looked for: `-m` looks in the working directory first, and that was the user's home.
_NO_MODULES_HERE: Final = "/"


def hand_over(session: Handover, *, fork_server: str = "") -> None:
    """Serve a session in a fresh interpreter, or in this one where there is none to be had.

    Args:
        fork_server: where that shall have a fork server listen; "" for nowhere.
    """
    try:
        message = message_of(session)
        parse_handover(message, secret=session.announce.secret)  # nobody can be told any more of what is refused there
        reading = _pipe_with(bytes(session.announce.secret) + message)
        running, modules = _serving_words()
        for descriptor in (*session.descriptors, *modules, reading):
            os.set_inheritable(descriptor, True)
        os.chdir(_NO_MODULES_HERE)
        words = [_SHOWN, *running, str(reading), "port", str(session.announce.port)]
        os.execve(sys.executable, words, _environment_of_serving(fork_server))  # noqa: S606 - ourselves
    except (OSError, ValueError, Malformed):
        from rmosh_server.serving.kinds import serve

        forbid_core_dumps()
        serve(session)


def message_of(session: Handover) -> bytes:
    """Return what is told of a session, the secret left out."""
    return format_handover(replace(session, program=_own_program(), python_variables=_python_variables()))


def is_in_memory() -> bool:
    """Whether our modules come from no files."""
    return hasattr(__spec__.loader, "serving_words")


def _own_program() -> tuple[str, ...]:
    """Return the words that run this server anew; none where it is in memory alone."""
    if not sys.executable:
        return ()
    isolated = ["-I"] if sys.flags.isolated else []
    if not is_in_memory():
        return (sys.executable, *isolated, "-m", _PROGRAM)
    kept = getattr(getattr(sys.modules["__main__"], "__loader__", None), "archive", "")  # a zip's, which Python runs
    return (sys.executable, *isolated, os.path.realpath(kept)) if kept else ()


def _python_variables() -> tuple[str, ...]:
    """Return what of our environment the serving interpreter has otherwise."""
    return tuple(f"{name}={os.environ[name]}" for name in PYTHON_VARIABLES if name in os.environ)


def _serving_words() -> tuple[Sequence[str], Sequence[int]]:
    """Return what an interpreter is told so that it serves, and descriptors that it needs for that.

    Raises:
        OSError: modules are in memory, and this system has no way to hand them over.
    """
    in_memory = getattr(__spec__.loader, "serving_words", None)
    if in_memory is None:
        return _INSTALLED, ()
    words, descriptor = in_memory()
    return words, (descriptor,)


def _pipe_with(message: bytes) -> int:
    """Return the end to read of a pipe that holds a message.

    Raises:
        OSError: it takes less than that: a user who has very many pipes gets small ones. Source: pipe(7).
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    written = 0 if len(message) > MAX_SIZE else os.write(writing, message)
    os.close(writing)
    if written < len(message):
        os.close(reading)
        raise OSError(f"a pipe takes {written} of {len(message)} bytes")
    return reading


def _environment_of_serving(fork_server: str) -> dict[str, str]:
    """Return the environment in which an interpreter of another name finds what this one has found.

    It is not told what this one was told to pass over (`python -I`).
    """
    passed_over = "PYTHON" if sys.flags.ignore_environment else "\0"
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(passed_over)},
        "PYTHONHOME": os.pathsep.join((sys.base_prefix, sys.base_exec_prefix)),
        # The empty entry stands for the working directory.
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        **({FORK_SERVER_VARIABLE: fork_server} if fork_server else {}),
    }
