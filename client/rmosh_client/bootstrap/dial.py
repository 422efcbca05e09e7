"""Opens the first hop's byte stream: a TCP connection, or a proxy command's pipe; knows nothing of SSH.

Blocking, so that it can run in a thread while the SSH library is still being imported.
"""

import contextlib
import os
import selectors
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.settings import SshSettings
from rmosh_client.resolving.resolver import ResolvedAddress

#: Seconds until the next address is tried beside the one before. Source: RFC 8305 section 8.
_ATTEMPT_DELAY: Final = 0.25

#: Seconds between tries where nothing answers. Source: ssh_config(5), ConnectionAttempts.
_PAUSE: Final = 1.0


def open_stream(settings: SshSettings, addresses: Sequence[ResolvedAddress]) -> socket.socket:
    """Return a connected, non-blocking stream socket to the host, through its ProxyCommand if it has one.

    Raises:
        BootstrapError: nothing answers.
    """
    if settings.proxy_command:
        stream = _run_proxy(settings.proxy_command)
        if not settings.proxy_passes_socket:
            return stream
        with stream:
            return _passed_through(stream, settings.proxy_command)
    for _ in range(settings.connection_attempts - 1):
        with contextlib.suppress(BootstrapError):
            return _Race(settings, addresses).run()
        time.sleep(_PAUSE)
    return _Race(settings, addresses).run()


def _run_proxy(command: str) -> socket.socket:
    """Start the command as ssh does; it keeps our terminal and stderr, so that it can ask and complain."""
    ours, theirs = socket.socketpair()
    shell = os.environ.get("SHELL", "/bin/sh")
    try:
        proxy = subprocess.Popen(  # noqa: S603 - the user's own configuration
            [shell, "-c", f"exec {command}"], stdin=theirs.fileno(), stdout=theirs.fileno()
        )
    except OSError as error:
        ours.close()
        raise BootstrapError(Stage.CONNECT, f"cannot start the proxy command `{command}`: {error}") from error
    finally:
        theirs.close()
    # It ends when our end of the pair closes; somebody has to take note of that.
    threading.Thread(target=proxy.wait, name="proxy command", daemon=True).start()
    ours.setblocking(False)
    return ours


def _passed_through(stream: socket.socket, command: str) -> socket.socket:
    """Return the connected socket that a command passes on before it ends. Source: ssh_config(5), ProxyUseFdpass."""
    stream.setblocking(True)
    _, descriptors, _, _ = socket.recv_fds(stream, 1, 1)
    if not descriptors:
        raise BootstrapError(
            Stage.CONNECT,
            f"the proxy command `{command}` ended without passing a connection on",
            hint="ProxyUseFdpass is for commands that do so, such as OpenBSD's nc -F",
        )
    passed = socket.socket(fileno=descriptors[0])
    passed.setblocking(False)
    return passed


class _Race:
    """Connects to several addresses, staggered; the first one up wins. Source: RFC 8305."""

    def __init__(self, settings: SshSettings, addresses: Sequence[ResolvedAddress]) -> None:
        self._settings = settings
        self._waiting = list(addresses)
        self._failures: list[str] = []
        self._selector = selectors.DefaultSelector()

    def run(self) -> socket.socket:
        deadline = time.monotonic() + self._settings.connect_timeout
        next_start = 0.0
        winner: socket.socket | None = None
        try:
            while winner is None:
                now = time.monotonic()
                if self._waiting and (now >= next_start or not self._selector.get_map()):
                    self._start(self._waiting.pop(0))
                    next_start = now + _ATTEMPT_DELAY
                if now >= deadline:
                    raise self._failed(f"no answer within {self._settings.connect_timeout:.0f} s")
                if not self._selector.get_map() and not self._waiting:
                    raise self._failed("; ".join(dict.fromkeys(self._failures)))
                winner = self._wait(min(deadline, next_start) if self._waiting else deadline)
        finally:
            self._close_all_but(winner)
        return winner

    def _start(self, address: ResolvedAddress) -> None:
        attempt = socket.socket(address.family, socket.SOCK_STREAM)
        attempt.setblocking(False)
        try:
            if self._settings.bind_address:
                attempt.bind((self._settings.bind_address, 0))
            attempt.connect(address.sockaddr)
        except BlockingIOError:
            pass
        except OSError as error:
            attempt.close()
            self._note(address.host, error)
            return
        self._selector.register(attempt, selectors.EVENT_WRITE, address)

    def _wait(self, until: float) -> socket.socket | None:
        for key, _ in self._selector.select(max(0.0, until - time.monotonic())):
            attempt = key.fileobj
            assert isinstance(attempt, socket.socket)
            error = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error == 0:
                return attempt
            self._selector.unregister(attempt)
            attempt.close()
            self._note(key.data.host, OSError(error, os.strerror(error)))
        return None

    def _note(self, host: str, error: OSError) -> None:
        self._failures.append(f"{host}: {(error.strerror or str(error)).lower()}")

    def _failed(self, reason: str) -> BootstrapError:
        settings = self._settings
        return BootstrapError(
            Stage.CONNECT,
            f"cannot reach {settings.host} port {settings.port}: {reason}",
            hint="check that the host is up, its SSH server listens on this port, and no firewall is in the way",
        )

    def _close_all_but(self, winner: socket.socket | None) -> None:
        for key in list(self._selector.get_map().values()):
            if key.fileobj is not winner and isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()
