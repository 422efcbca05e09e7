"""The display at which a session's programs find the user's: loopback ports, and a cookie in their xauth file.

Its habits are sshd's. Source: OpenSSH 9.2, x11_create_display_inet of channels.c and do_rc_files of session.c.
"""

import contextlib
import errno
import os
import socket
import subprocess
from collections.abc import Mapping
from typing import Final

from rmosh.forwarding.x11 import COOKIE_BYTES, COOKIE_KIND
from rmosh_server.desk.places import Unusable

#: The first display that is tried, and how many are. Source: sshd_config(5), X11DisplayOffset; MAX_DISPLAYS of
#: channels.c.
FIRST_DISPLAY: Final = 10
_DISPLAYS: Final = 1000

#: Port of display 0. Source: X(7).
_FIRST_PORT: Final = 6000

#: Programs that may wait to be let in. Source: OpenSSH 9.2, SSH_LISTEN_BACKLOG.
_BACKLOG: Final = 128

#: How long the login waits for xauth, in seconds. Reason: it takes milliseconds, unless another one holds the file.
_XAUTH_TIMEOUT: Final = 5.0

#: Where xauth may be beside $PATH. Source: where Linux, the BSDs, MacPorts and XQuartz put it.
_XAUTH_PLACES: Final = (
    "/usr/bin",
    "/usr/local/bin",
    "/usr/X11R7/bin",
    "/usr/X11R6/bin",
    "/opt/X11/bin",
    "/opt/local/bin",
)

_NO_XAUTH: Final = "there is no xauth on this host; its package is called xauth, or xorg-x11-xauth"


class ForwardedDisplay:
    """It listens.

    Attributes:
        listeners: take connections, one a family of addresses.
        number: of the display.
        cookie: what programs show, in hexadecimal digits.
    """

    def __init__(self, listeners: "tuple[socket.socket, ...]", number: int, cookie: str) -> None:
        """Take over what listens."""
        self.listeners = listeners
        self.number = number
        self.cookie = cookie

    @property
    def name(self) -> str:
        """What DISPLAY says."""
        return f"localhost:{self.number}.0"

    def close(self) -> None:
        """Listen no longer."""
        for listener in self.listeners:
            listener.close()


def open_display(*, first: int = FIRST_DISPLAY) -> ForwardedDisplay:
    """Take the first display that is free for both families of addresses, with a fresh cookie that nobody knows yet.

    Raises:
        Unusable: none is free, or this host has no loopback.
    """
    for number in range(first, first + _DISPLAYS):
        listeners = _listen(_FIRST_PORT + number)
        if listeners:
            return ForwardedDisplay(listeners, number, os.urandom(COOKIE_BYTES).hex())
    raise Unusable(f"no display from {first} to {first + _DISPLAYS - 1} is free")


def _listen(port: int) -> "tuple[socket.socket, ...]":
    """Return what listens; nothing where the port is taken for one family: whoever has it would be shown the cookie."""
    opened = []
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            opened.append(_listener(family, address, port))
        except OSError as error:
            if error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                continue
            for listener in opened:
                listener.close()
            return ()
    return tuple(opened)


def _listener(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class Xauth:
    """The program that keeps cookies, in the account's own file; cookies go through its standard input."""

    def __init__(self, environment: Mapping[str, str], home: str) -> None:
        """Look for it.

        Raises:
            Unusable: there is none.
        """
        import shutil  # which brings compressors along

        places = os.pathsep.join((environment.get("PATH", ""), *_XAUTH_PLACES))
        program = shutil.which("xauth", path=places)
        if program is None:
            raise Unusable(_NO_XAUTH)
        self._words = [program, "-q", "-"]
        # The file that a login's sshd names goes with the login.
        kept = {name: value for name, value in environment.items() if name != "XAUTHORITY"}
        self._environment = {**kept, "HOME": home}
        self._running: subprocess.Popen[bytes] | None = None

    def enter(self, display: ForwardedDisplay, *, waits: bool) -> None:
        """Enter a display's cookie, and wait until it is there where that is wanted.

        Raises:
            Unusable: it did not work.
        """
        self._running = self._tell(f"{_removing(display)}add unix:{display.number}.0 {COOKIE_KIND} {display.cookie}\n")
        if waits:
            self._await(self._running)

    def forget(self, display: ForwardedDisplay) -> None:
        """Have a display's cookie removed.

        Raises:
            Unusable: it did not work.
        """
        if self._running is not None:
            self._await(self._running)
        self._await(self._tell(_removing(display)))

    def _await(self, process: "subprocess.Popen[bytes]") -> None:
        try:
            status = process.wait(_XAUTH_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Unusable(f"{self._words[0]} did not end within {_XAUTH_TIMEOUT:.0f} s; is its file locked?") from None
        if status:
            raise Unusable(f"{self._words[0]} failed with status {status}; can its file be written?")

    def _tell(self, lines: str) -> "subprocess.Popen[bytes]":
        try:
            process = subprocess.Popen(  # noqa: S603 - found on the user's own path
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,
            )
        except OSError as error:
            raise Unusable(f"{self._words[0]} cannot be run: {error.strerror}") from error
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as told:  # its status tells why it did not read
            told.write(lines.encode("ascii"))
        return process


def _removing(display: ForwardedDisplay) -> str:
    return f"remove unix:{display.number}.0\n"
