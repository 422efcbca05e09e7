"""What this host's sshd allows of forwarding, as far as its files can be read: an administrator's word counts here too.

Nothing keeps a user who has a shell from forwarding by other means, as sshd_config(5) says itself. Whoever wrote these
lines meant them all the same.
"""

import contextlib
import glob
import grp
import os
import pwd
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from rmosh_server.forwarding.permissions import Directions, Rules
from rmosh_server.forwarding.sshd_config import SshdLine, SshdLogin, deciding, lines_for

#: Where sshd's configuration is: the first that is there. Source: sshd_config(5); SUSE keeps its own below /usr/etc.
CONFIGURATIONS: Final = ("/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config")

#: Most bytes read of one file.
_MOST_BYTES: Final = 1 << 20

_ALL: Final = Directions()
_NONE: Final = Directions(outward=False, inward=False)
_DIRECTIONS: Final = {
    "yes": _ALL,
    "all": _ALL,
    "local": Directions(inward=False),
    "remote": Directions(outward=False),
}


def _directions(words: Sequence[str]) -> Directions:
    return _DIRECTIONS.get(words[0].lower() if words else "", _NONE)


def _flag(words: Sequence[str]) -> bool:
    return bool(words) and words[0].lower() == "yes"


def _targets(words: Sequence[str]) -> tuple[str, ...] | None:
    return None if words == ("any",) else tuple([word for word in words if word != "none"])


def _places(words: Sequence[str]) -> tuple[str, ...] | None:
    targets = _targets(words)
    return None if targets is None else tuple([word if ":" in word else f"*:{word}" for word in targets])


def _gateways(words: Sequence[str]) -> str:
    word = words[0].lower() if words else ""
    return word if word in ("yes", "clientspecified") else "no"


def _disabled(words: Sequence[str]) -> dict[str, Any]:
    return {"ports": _NONE, "sockets": _NONE, "agent": False, "x11": False} if _flag(words) else {}


#: Keyword -> what its words say, as fields of Rules. What is unreadable means the narrowest: sshd does not start on it.
_MEANINGS: Final[dict[str, Callable[[Sequence[str]], dict[str, Any]]]] = {
    "disableforwarding": _disabled,
    "allowtcpforwarding": lambda words: {"ports": _directions(words)},
    "allowstreamlocalforwarding": lambda words: {"sockets": _directions(words)},
    "permitopen": lambda words: {"targets": _targets(words)},
    "permitlisten": lambda words: {"places": _places(words)},
    "gatewayports": lambda words: {"gateways": _gateways(words)},
    "allowagentforwarding": lambda words: {"agent": _flag(words)},
    "x11forwarding": lambda words: {"x11": _flag(words)},
}

#: Keyword -> what holds where no line says anything, if that is less than all. Source: sshd_config(5).
_DEFAULTS: Final = {"x11forwarding": ("no",)}

#: How that is told.
_SILENT: Final = "sshd, unless its configuration says X11Forwarding yes"


def sshd_rules(
    environment: Mapping[str, str],
    complain: Callable[[str], None],
    *,
    x11_by_default: bool = False,
    paths: Sequence[str] = CONFIGURATIONS,
) -> list[Rules]:
    """Return what sshd's configuration says for the login whose environment this is; nothing where it is unreadable.

    Args:
        complain: told in a line of each file that cannot be read.
        x11_by_default: X11 is forwarded where no line speaks of it, which sshd would not.
        paths: where the configuration may be.
    """
    path = next((path for path in paths if os.path.lexists(path)), "")
    files = _Files(os.path.dirname(path), complain)
    if not path or files.read(path) is None:
        return []
    lines = lines_for(path, _login(environment), read=files.read, find=files.find)
    return [rules for rules in rules_of(lines) if not (x11_by_default and rules.said_by == _SILENT)]


def rules_of(lines: Sequence[SshdLine]) -> list[Rules]:
    """Return what lines say of forwarding; of several that might count each does."""
    rules = []
    for keyword, meaning in _MEANINGS.items():
        may_decide, is_default = deciding(lines, keyword)
        rules += [Rules(line.shown, **meaning(line.words)) for line in may_decide]
        if is_default and keyword in _DEFAULTS:
            rules.append(Rules(_SILENT, **meaning(_DEFAULTS[keyword])))
    return rules


class _Files:
    """The files that a configuration is made of; each that cannot be read is complained of once."""

    def __init__(self, directory: str, complain: Callable[[str], None]) -> None:
        self._directory = directory
        self._complain = complain
        self._texts: dict[str, str | None] = {}

    def read(self, path: str) -> str | None:
        """Return a file's text."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def find(self, pattern: str) -> list[str]:
        """Return the files that a pattern stands for; it is one of the configuration's own directory."""
        return sorted(glob.glob(os.path.join(self._directory, pattern)))

    def _read(self, path: str) -> str | None:
        try:
            with open(path, encoding="utf-8", errors="replace") as opened:
                return opened.read(_MOST_BYTES)
        except OSError as error:
            self._complain(f"what {path} says of forwarding is not known: {error.strerror}")
            return None


def _login(environment: Mapping[str, str]) -> SshdLogin:
    parts = environment.get("SSH_CONNECTION", "").split()
    address, _, local_address, local_port = parts if len(parts) == 4 else ("", "", "", "")
    name, group = str(os.geteuid()), os.getegid()
    with contextlib.suppress(KeyError):  # a container's user without an entry has a number only
        account = pwd.getpwuid(os.geteuid())
        name, group = account.pw_name, account.pw_gid
    return SshdLogin(name, partial(_groups, name, group), address, local_address, local_port)


def _groups(name: str, own: int) -> list[str]:
    names = []
    for number in os.getgrouplist(name, own):
        with contextlib.suppress(KeyError):
            names.append(grp.getgrgid(number).gr_name)
    return names
