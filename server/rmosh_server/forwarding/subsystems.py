"""Where the host has a subsystem, such as sftp: as sshd's configuration says, else in the usual places."""

import glob
import os
import shlex
from collections.abc import Callable, Iterator
from typing import Final

#: sshd's configuration where the system keeps it.
SSHD_CONFIG: Final = "/etc/ssh/sshd_config"

#: The subsystem that sshd may have inside, and that a program does otherwise. Source: sshd_config(5), Subsystem.
_INTERNAL_SFTP: Final = "internal-sftp"

#: Where systems put OpenSSH's sftp-server. Source: the packages of Debian and Ubuntu, Fedora and RHEL, Arch, Alpine and
#: SUSE, FreeBSD and macOS, Gentoo and Void, a build of one's own, Homebrew, NixOS.
SFTP_SERVERS: Final = (
    "/usr/lib/openssh/sftp-server",
    "/usr/libexec/openssh/sftp-server",
    "/usr/lib/ssh/sftp-server",
    "/usr/libexec/sftp-server",
    "/usr/lib64/misc/sftp-server",
    "/usr/lib/misc/sftp-server",
    "/usr/lib/sftp-server",
    "/usr/lib64/ssh/sftp-server",
    "/usr/local/libexec/sftp-server",
    "/opt/homebrew/libexec/sftp-server",
    "/run/current-system/sw/libexec/sftp-server",
)

#: Largest configuration that is read, in bytes, and how deeply others may be included. Source: sshd_config(5) limits
#: neither; OpenSSH's servconf.c allows 16 levels.
_MAX_CONFIG: Final = 1 << 20
_MAX_DEPTH: Final = 16


def subsystem_command(
    name: str, *, config: str = SSHD_CONFIG, exists: Callable[[str], bool] = os.path.exists
) -> str | None:
    """Return what the account's shell is to run for a subsystem; None where the host has none of this name."""
    command = next((words for subsystem, words in _configured(config) if subsystem == name), "")
    program = command.split(maxsplit=1)[0] if command else ""
    if program and program != _INTERNAL_SFTP and exists(program):
        return command
    if name != "sftp":
        return command or None
    found = next(filter(exists, SFTP_SERVERS), None)
    if found is None:
        return None
    options = command.split(maxsplit=1)[1:] if program == _INTERNAL_SFTP else []
    return " ".join([shlex.quote(found), *options])


def _configured(path: str) -> Iterator[tuple[str, str]]:
    """Yield the subsystems of a configuration and their commands, as far as it can be read."""
    for keyword, value in _settings(path, depth=0):
        if keyword == "subsystem":
            name, _, command = value.partition(" ")
            yield name.strip('"'), command.strip()


def _settings(path: str, *, depth: int) -> Iterator[tuple[str, str]]:
    """Yield keywords in lower case and their values, up to the first condition, those of included files in place."""
    try:
        with open(path, encoding="utf-8", errors="replace") as opened:
            text = opened.read(_MAX_CONFIG)
    except OSError:
        return
    for line in text.splitlines():
        keyword, _, value = line.strip().replace("\t", " ").replace("=", " ", 1).partition(" ")
        value = value.strip()
        if keyword.lower() == "match":
            return
        if keyword.lower() == "include" and depth < _MAX_DEPTH:
            for pattern in value.split():
                for included in sorted(glob.glob(os.path.join(os.path.dirname(SSHD_CONFIG), pattern))):
                    yield from _settings(included, depth=depth + 1)
        elif keyword and not keyword.startswith("#"):
            yield keyword.lower(), value
