"""What a login shows before the shell's first prompt: the message of the day and when the last login was.

It goes into the screen like the program's own output. Reading it after the shell has started keeps it out of the
way to the first prompt.
"""

import contextlib
import os
import struct
import time
from typing import Final

from rmosh_server.shell.account import Account

#: Where the message of the day is, in the order shown. Source: pam_motd(8) and Debian's /etc/pam.d/sshd.
MOTD_FILES: Final = ("/run/motd.dynamic", "/run/motd", "/etc/motd")
MOTD_DIRECTORIES: Final = ("/etc/motd.d", "/run/motd.d")

#: Its presence in the home directory means that the user wants none of it. Source: login(1).
HUSH_FILE: Final = ".hushlogin"

#: Most bytes shown of one file. Source: pam_motd's own bound.
MOTD_BYTES: Final = 65536

#: The record of last logins: one fixed-size entry per user id. Source: lastlog(5), struct lastlog of glibc.
LASTLOG_FILE: Final = "/var/log/lastlog"
_LASTLOG: Final = struct.Struct("=I32s256s")


def login_greeting(account: Account, user_id: int, *, root: str = "") -> bytes:
    """Return what to show, ready for a terminal; empty where the user or the host wants silence.

    Args:
        root: directory put before every absolute path; tests give one.
    """
    if os.path.exists(os.path.join(root + account.home, HUSH_FILE)):
        return b""
    text = b"".join(_read(path) for path in _motd_paths(root)) + _last_login(root + LASTLOG_FILE, user_id)
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _motd_paths(root: str) -> list[str]:
    paths = [root + path for path in MOTD_FILES]
    for directory in MOTD_DIRECTORIES:
        with contextlib.suppress(OSError):
            paths += sorted(entry.path for entry in os.scandir(root + directory))
    return paths


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as opened:
            return opened.read(MOTD_BYTES)
    except OSError:
        return b""


def _last_login(path: str, user_id: int) -> bytes:
    try:
        with open(path, "rb") as opened:
            opened.seek(user_id * _LASTLOG.size)
            seconds, _, host = _LASTLOG.unpack(opened.read(_LASTLOG.size))
    except (OSError, struct.error):
        return b""
    if seconds == 0:
        return b""
    place = host.rstrip(b"\0")
    return f"Last login: {time.ctime(seconds)}".encode() + (b" from " + place if place else b"") + b"\n"
