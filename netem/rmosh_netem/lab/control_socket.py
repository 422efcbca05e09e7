"""A laboratory's control socket: one line each way for each connection, for other terminals of this machine."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from ..errors import BadRequest, NetemError
from .namespaces import Owner, all_owners, require_root

#: Bytes of the longest line taken; settings are far shorter.
_MAX_LINE: Final = 4096

#: Seconds each side waits for the other.
_PATIENCE: Final = 15.0


@contextlib.contextmanager
def control_socket(owner: Owner, obey: Callable[[str], str]) -> Iterator[None]:
    """Answer lines with `obey` in a thread until the block ends."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        _bind(listener, owner)
        try:
            listener.listen()
            threading.Thread(target=_serve, args=(listener, obey), name="rmosh-netem control", daemon=True).start()
            yield
        finally:
            owner.socket.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread


def ask(line: str, *, pid: int | None = None) -> str:
    """Say a line to the one laboratory that runs, or to the one of process `pid`; return its answer.

    Raises:
        NetemError: there is none, or it cannot be done.
    """
    require_root()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(_PATIENCE)
        try:
            sock.connect(str(_socket_of(pid)))
            sock.sendall(line.encode() + b"\n")
            answer = json.loads(b"".join(iter(lambda: sock.recv(_MAX_LINE), b"")))
        except (OSError, ValueError) as error:
            raise BadRequest(f"the laboratory does not answer ({error}): is it ending? Try again") from error
    if "error" in answer:
        raise BadRequest(str(answer["error"]))
    return str(answer["answer"])


def running_lab(pid: int | None) -> Owner:
    """Return the owner of the one laboratory that listens, or of the one of process `pid`.

    Raises:
        BadRequest: there is none, or several to choose from.
    """
    listening = (owner for owner in all_owners() if owner.is_alive and owner.socket.exists())
    alive = sorted(listening, key=lambda owner: owner.pid)
    chosen = [owner for owner in alive if pid in (None, owner.pid)]
    if not chosen:
        which = "" if pid is None else f" as {pid}"
        raise BadRequest(f"no laboratory is running{which}: start one with rmosh-netem shell PROFILE")
    if len(chosen) > 1:
        raise BadRequest(
            f"{len(chosen)} laboratories are running: choose with --lab {' or '.join(str(o.pid) for o in chosen)}"
        )
    return chosen[0]


def _socket_of(pid: int | None) -> Path:
    return running_lab(pid).socket


def _bind(listener: socket.socket, owner: Owner) -> None:
    while True:
        owner.make_traces()
        try:
            listener.bind(str(owner.socket))
            return
        except FileNotFoundError:  # a laboratory that ended just now took the empty folder away
            continue


def _serve(listener: socket.socket, obey: Callable[[str], str]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # the block has ended
            return
        with connection, contextlib.suppress(OSError):
            connection.settimeout(_PATIENCE)
            line = connection.makefile("rb").readline(_MAX_LINE).decode(errors="replace")
            connection.sendall(json.dumps(_answer(line, obey)).encode())


def _answer(line: str, obey: Callable[[str], str]) -> dict[str, str]:
    try:
        return {"answer": obey(line)}
    except NetemError as error:
        return {"error": str(error)}
