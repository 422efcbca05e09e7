"""How the command line calls hosts and users: `[user@]host`, lists of jumps, and what no name may hold.

A name ends up in commands that a shell runs, by %h, %n and %r in ProxyCommand and `Match exec`, and it may come from
elsewhere: a link that was clicked on, a submodule's address. Source: OpenSSH 9.6, ssh.c (CVE-2023-51385).
"""

import re
from collections.abc import Sequence
from typing import Final

from rmosh.errors import BootstrapError, Stage

#: What a host's name may not hold: blanks, control characters and whatever means something to a shell.
_NO_HOST: Final = re.compile(r"""^-|['"`$\\;&<>|(){}\s\x00-\x1f\x7f]""")

#: What a user's name may not hold; blanks and backslashes do occur in names that come from Windows.
_NO_USER: Final = re.compile(r"""^-|['"`;&<>|(){}\x00-\x1f\x7f]|\s-|\\$""")


def check_names(destination: str, options: Sequence[str]) -> None:
    """Check `[user@]host`, and the user and the jumps that `options` (`Keyword=value`) name.

    Raises:
        BootstrapError: one of them is no name.
    """
    _check(destination)
    for option in options:
        keyword, _, value = option.partition("=")
        if keyword.strip().lower() == "user":
            _check_user(value)
        if keyword.strip().lower() == "proxyjump" and value.lower() != "none":
            for jump in value.split(","):
                _check(jump_destination(jump)[0])


def jump_destination(jump: str) -> tuple[str, tuple[str, ...]]:
    """Read `[user@]host[:port]` or `ssh://[user@]host[:port]`. Source: ssh_config(5), ProxyJump."""
    text = jump.strip().removeprefix("ssh://")
    user, at, place = text.rpartition("@")
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = place.partition(":")
    return f"{user}{at}{host}", (f"Port={port}",) if port else ()


def _check(destination: str) -> None:
    user, at, host = destination.rpartition("@")
    if not host or _NO_HOST.search(host) or (at and not user):
        raise BootstrapError(Stage.USAGE, f"{destination!r} is not a host", hint="write [user@]host")
    if user:
        _check_user(user)


def _check_user(user: str) -> None:
    if _NO_USER.search(user):
        raise BootstrapError(
            Stage.USAGE,
            f"{user!r} is not a user: it holds what a shell could take for a command",
            hint="a name like this can be set by User in the SSH configuration",
        )
