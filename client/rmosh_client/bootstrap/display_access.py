"""The way to the user's X11 display: where it is, and the cookie it wants, an untrusted one unless asked otherwise.

Source: OpenSSH 9.2, client_x11_get_proto of clientloop.c and x11_connect_display of channels.c, whose habits these are;
xauth(1), X(7) section DISPLAY NAMES, Xsecurity(7).
"""

import os
import re
import socket
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh_client.forwarding.passed_on import DisplayAccess, DisplayAddress

#: The kind of cookie that everybody knows, and its length in bytes. Source: Xsecurity(7).
_KIND: Final = "MIT-MAGIC-COOKIE-1"
_COOKIE_BYTES: Final = 16

#: Where a display's socket is, and the first port of displays. Source: X(7).
_SOCKETS: Final = "/tmp/.X11-unix/X{}"  # noqa: S108 - not ours: whom to find there is the display's matter
_FIRST_PORT: Final = 6000

#: Highest display that is asked for. Reason: its port is one.
_MAX_DISPLAY: Final = 65535 - _FIRST_PORT

#: How long xauth may take, in seconds. Reason: it waits for the display; one that hangs must not hold the login up.
_XAUTH_TIMEOUT: Final = 10.0

#: How much longer a cookie lives than connections are let through, in seconds. Source: OpenSSH 9.2, X11_TIMEOUT_SLACK.
_SLACK: Final = 60

_DISPLAY: Final = re.compile(r"(?P<host>.*):(?P<number>[0-9]{1,5})(\.[0-9]{1,5})?")
_COOKIE: Final = re.compile(r"([0-9a-fA-F]{2}){1,128}")

#: Runs xauth with these words; returns what it printed, None where it failed.
RunXauth = Callable[[Sequence[str]], "str | None"]


@dataclass(frozen=True, slots=True)
class DisplayWish:
    """What the SSH configuration says of X11.

    Attributes:
        trusted: programs may do all that those of this machine may.
        lasts: seconds for which untrusted ones are let through; 0 for ever.
        xauth: path of that program.
    """

    trusted: bool
    lasts: float
    xauth: str


def open_display(
    wish: DisplayWish, environ: Mapping[str, str], *, say: Callable[[str], None], run: RunXauth | None = None
) -> DisplayAccess | None:
    """Return the way to the display that $DISPLAY names; None where there is none, which is said.

    Blocking: for a thread.
    """
    name = environ.get("DISPLAY", "")
    addresses = find_display(name)
    if not addresses:
        say(f"rmosh: X11 is not forwarded: DISPLAY is {name!r} here, no display" if name else _NO_DISPLAY)
        return None
    run = run or (lambda words: _run([wish.xauth, *words]))
    # A display of this host is filed under unix:, however it is called.
    known_as = name.replace("localhost:", "unix:", 1) if name.startswith("localhost:") else name
    found = _trusted_cookie(run, known_as) if wish.trusted else _untrusted_cookie(run, known_as, wish.lasts)
    lasts = 0.0 if wish.trusted else wish.lasts
    if found is not None:
        return DisplayAccess(addresses, *found, lasts)
    if not wish.trusted:
        say(f"rmosh: X11 is not forwarded: {wish.xauth} makes no untrusted cookie for {name}; -Y forwards it trusted")
        return None
    return DisplayAccess(addresses, _KIND, os.urandom(_COOKIE_BYTES))


_NO_DISPLAY: Final = "rmosh: X11 is not forwarded: DISPLAY is not set here"


def find_display(name: str) -> tuple[DisplayAddress, ...]:
    """Return where a display is; nothing where the name is none, or its host has no address."""
    found = _DISPLAY.fullmatch(name)
    if found is None or (number := int(found["number"])) > _MAX_DISPLAY:
        return ()
    host = found["host"]
    if name.startswith("/"):  # as launchd of macOS names it: the socket has the display's number in its name
        path = f"{host}:{number}"
        return (DisplayAddress(path if os.path.exists(path) else host),)
    if host in ("", "unix"):
        path = _SOCKETS.format(number)
        return (DisplayAddress("\0" + path), DisplayAddress(path))
    try:
        told = socket.getaddrinfo(host.strip("[]"), _FIRST_PORT + number, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(DisplayAddress(str(address[0]), _FIRST_PORT + number) for *_, address in told))


def _trusted_cookie(run: RunXauth, display: str) -> tuple[str, bytes] | None:
    return _listed(run(["list", display]))


def _untrusted_cookie(run: RunXauth, display: str, lasts: float) -> tuple[str, bytes] | None:
    timeout = ["timeout", str(int(lasts) + _SLACK)] if lasts else ["timeout", "0"]
    with tempfile.TemporaryDirectory(prefix="rmosh-xauth-") as directory:
        file = os.path.join(directory, "xauthority")
        if run(["-f", file, "generate", display, _KIND, "untrusted", *timeout]) is None:
            return None
        return _listed(run(["-f", file, "list", display]))


def _listed(told: str | None) -> tuple[str, bytes] | None:
    """Return the kind and the cookie of the first line that `xauth list` prints."""
    words = (told or "").partition("\n")[0].split()[-2:]
    if len(words) != 2 or not words[0].isascii() or _COOKIE.fullmatch(words[1]) is None:
        return None
    return words[0], bytes.fromhex(words[1])


def _run(words: Sequence[str]) -> str | None:
    try:
        ran = subprocess.run(  # noqa: S603 - the user's own configuration names it
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_XAUTH_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.decode(errors="replace") if ran.returncode == 0 else None
