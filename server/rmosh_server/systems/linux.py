"""Linux: credentials by SO_PEERCRED, programs started by posix_spawn, command lines in /proc."""

import contextlib
import os
import signal
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rmosh_server.systems.program import ChildStreams, Program

#: process id, user id, group id. Source: unix(7), SO_PEERCRED.
_CREDENTIALS: Final = struct.Struct("3i")

#: prctl(2)'s PR_SET_DUMPABLE. Source: <linux/prctl.h>.
_SET_DUMPABLE: Final = 4


def peer_user(connected: socket.socket) -> int:
    """Return the user id of the process that connected, or of the one that listens.

    Raises:
        OSError: the kernel does not tell.
    """
    credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(credentials)[1])


def peer_process(connected: socket.socket) -> int:
    """Return the id of the process that connected; 0 where the kernel does not tell, or it is in another namespace."""
    try:
        credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return 0
    return int(_CREDENTIALS.unpack(credentials)[0])


def start_on_terminal(program: Program, environment: Mapping[str, str], *, terminal: int) -> int:
    """Start a program as the leader of a new session whose controlling terminal is the one given; return its id.

    Raises:
        OSError: it cannot be executed.
    """
    try:
        return _spawn(program, environment, _on_terminal(os.ttyname(terminal)))
    except (AttributeError, NotImplementedError):  # glibc before 2.26 and old Androids cannot do it
        from rmosh_server.systems.forking import fork_on_terminal

        return fork_on_terminal(program, environment, terminal=terminal)


def start_on_streams(program: Program, environment: Mapping[str, str], streams: ChildStreams) -> int:
    """Start a program as the leader of a new session without a terminal; return its id.

    Raises:
        OSError: it cannot be executed.
    """
    actions = [
        (os.POSIX_SPAWN_DUP2, streams.input, 0),
        (os.POSIX_SPAWN_DUP2, streams.output, 1),
        (os.POSIX_SPAWN_DUP2, streams.errors, 2),
    ]
    try:
        return _spawn(program, environment, actions)
    except (AttributeError, NotImplementedError):
        from rmosh_server.systems.forking import fork_on_streams

        return fork_on_streams(program, environment, streams)


def _on_terminal(terminal: str) -> "list[tuple[Any, ...]]":
    # A session leader's first terminal becomes its controlling one, so the child opens it by name.
    return [
        (os.POSIX_SPAWN_OPEN, 0, terminal, os.O_RDWR, 0),
        (os.POSIX_SPAWN_DUP2, 0, 1),
        (os.POSIX_SPAWN_DUP2, 0, 2),
    ]


def _spawn(program: Program, environment: Mapping[str, str], actions: "list[tuple[Any, ...]]") -> int:
    return os.posix_spawn(
        program.file,
        program.words,
        environment,
        file_actions=actions,
        setsid=True,
        setsigmask=(),
        setsigdef=signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP},
    )


def command_line(process: int, *, limit: int) -> bytes:
    """Return the words of a process's command line, with blanks between them; b"" where they cannot be seen."""
    try:
        with open(f"/proc/{process}/cmdline", "rb") as opened:
            return opened.read(limit).replace(b"\0", b" ")
    except OSError:
        return b""


def own_addresses() -> Iterator[str]:
    """Yield this host's numeric addresses, loopback and all, without those that are about to go.

    Raises:
        OSError: the system does not tell.
    """
    from rmosh_server.systems.netlink import ask_for_addresses  # only a login needs it, not a session

    return ask_for_addresses()


def network_namespace() -> str:
    """Return what tells this process's network from other containers' on the same kernel; "" where nobody tells."""
    try:
        return os.readlink("/proc/self/ns/net")
    except OSError:
        return ""


def forbid_looks() -> None:
    """Let nobody but root attach to this process or read its memory; ends with the next exec.

    Its files in /proc are root's from now on: what writes to one comes before.
    """
    _set_dumpable(0)


def allow_looks() -> None:
    """Let this process be looked into again, and its own files in /proc be its own."""
    _set_dumpable(1)


def _set_dumpable(value: int) -> None:
    from rmosh_server.c_library import as_long, c_library  # 0.2 MB, and no other way

    with contextlib.suppress(OSError, AttributeError):
        c_library().prctl(_SET_DUMPABLE, *map(as_long, (value, 0, 0, 0)))
