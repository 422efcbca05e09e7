"""Serving a session that was announced, until it is over: where the session core meets the process."""

import gc
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from rmosh.announce import Announce
from rmosh.session.server import ServerSession
from rmosh.transport.frames import Close, CloseKind

from .account import Account
from .complaints import print_warning
from .driver import Driver
from .greeting import login_greeting
from .login_record import add_login_record, remove_login_record
from .pty import Pty
from .registry import Entry, Registry, Unusable, usual_directory
from .signals import SignalPipe
from .udp import UdpSocket


@dataclass(frozen=True, slots=True)
class Started:
    """A session whose shell runs and whose client knows where to find it.

    Attributes:
        shell: process id of the shell or command.
        notice: what to show on the screen before anything else.
        is_login: a login shell runs, not a command.
    """

    announce: Announce
    udp: UdpSocket
    pty: Pty
    shell: int
    account: Account
    notice: bytes
    is_login: bool


class HostPresence:
    """The session in `rmosh-server status` and in `who`."""

    def __init__(self, entry: Entry | None, pty: Pty) -> None:
        self._entry = entry
        self._pty = pty

    def join(self, place: str) -> None:
        """Show up in `who`."""
        add_login_record(self._pty.fileno(), place)

    def refresh(self) -> None:
        """Keep the session's file from growing old."""
        if self._entry is not None:
            self._entry.refresh()

    def leave(self) -> None:
        """Vanish from `who`, while the PTY is still open to name it by."""
        remove_login_record(self._pty.fileno())

    def end(self, close: Close, details: str) -> None:
        """Leave a record of the end, its first line for `rmosh-server status`, the details for people."""
        if self._entry is not None:
            self._entry.end(f"ended {close.kind.name.lower()} {close.value}\n{details}")


def serve(started: Started, *, rows: int, columns: int, detach: Callable[[], None]) -> None:
    """Serve until the session is over.

    Args:
        detach: lets go of the login that started us; called when all is ready and nothing can be printed after.
    """
    presence = HostPresence(_enter_registry(started.announce), started.pty)
    signals = SignalPipe(
        watched=(signal.SIGCHLD, signal.SIGTERM),
        ignored=(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTSTP),
    )
    driver = _build_driver(started, signals, presence, rows=rows, columns=columns)
    detach()
    if started.is_login:
        presence.join(_place())
    gc.collect()
    gc.freeze()
    close, details = _run(driver)
    presence.end(close, details)


def _enter_registry(announce: Announce) -> Entry | None:
    try:
        return Registry(usual_directory(os.environ)).enter(announce.session_id)
    except Unusable as problem:
        print_warning(f"`rmosh-server status` will not know this session: {problem}")
        return None


def _build_driver(started: Started, signals: SignalPipe, presence: HostPresence, *, rows: int, columns: int) -> Driver:
    from time import monotonic

    session = ServerSession(started.announce, rows=rows, columns=columns, entropy=os.urandom, now=monotonic())
    greeting = started.notice
    if started.is_login:
        greeting += login_greeting(started.account, os.getuid())
    if greeting:
        session.output(greeting, now=monotonic())
    return Driver(session, started.udp, started.pty, signals, shell=started.shell, presence=presence)


def _run(driver: Driver) -> tuple[Close, str]:
    try:
        return driver.run(), ""
    except Exception as error:  # a bug of ours must reach the client as an end, not as silence
        details = traceback.format_exc()
        close = Close(CloseKind.FAILED, 0, f"the server failed on a bug of its own: {type(error).__name__}")
        _abandon(driver, close)
        return close, details


def _abandon(driver: Driver, close: Close) -> None:
    try:
        driver.abandon(close)
    except Exception:
        return  # the session core itself is what broke: the client learns it from `rmosh-server status`


def _place() -> str:
    """Return where the login came from, as `who` shows it."""
    client = os.environ.get("SSH_CONNECTION", "").partition(" ")[0]
    return f"{client} via rmosh [{os.getpid()}]".strip()
