"""What authorized_keys says of the key that let the user in, where sshd tells which that was (ExposeAuthInfo yes)."""

import os
import re
from collections.abc import Iterator, Sequence
from typing import Final

from rmosh_server.forwarding.certificates import SUFFIX_OF_TYPE, certificate_rules
from rmosh_server.forwarding.permissions import Directions, Rules

#: Where keys are listed. Source: sshd_config(5), AuthorizedKeysFile.
FILES: Final = (".ssh/authorized_keys", ".ssh/authorized_keys2")

#: Most bytes read of one file.
_MOST_BYTES: Final = 1 << 20

#: One option of a key, with its value in quotes where it has one. Source: sshd(8), AUTHORIZED_KEYS FILE FORMAT.
_OPTION: Final = re.compile(r'([A-Za-z0-9-]+)(?:="((?:[^"\\]|\\.)*)")?(,|\s+|$)')

_NONE: Final = Directions(outward=False, inward=False)


def key_rules(user_auth: str, home: str, *, files: Sequence[str] = FILES) -> list[Rules]:
    """Return what is said of the keys that a file of SSH_USER_AUTH has: `publickey TYPE KEY` lines."""
    parts = [line.split() for line in user_auth.splitlines()]
    shown = [(words[1], words[2]) for words in parts if len(words) >= 3 and words[0] == "publickey"]
    certified = [certificate_rules(kind, key) for kind, key in shown if kind.endswith(SUFFIX_OF_TYPE)]
    keys = {key for _, key in shown}
    return [*certified, *[rules for name in files if keys for rules in _rules_in(os.path.join(home, name), keys)]]


def _rules_in(path: str, keys: "set[str]") -> Iterator[Rules]:
    try:
        with open(path, encoding="utf-8", errors="replace") as opened:
            lines = opened.read(_MOST_BYTES).splitlines()
    except OSError:
        return
    for number, line in enumerate(lines, start=1):
        if not line.lstrip().startswith("#") and keys & set(line.split()):
            yield rules_of_options(options_of(line), said_by=f"{path} line {number}")


def options_of(line: str) -> list[tuple[str, str]]:
    """Return the options that a line begins with, in small letters, with their values."""
    options, position = [], len(line) - len(line.lstrip())
    while found := _OPTION.match(line, position):
        options.append((found[1].lower(), (found[2] or "").replace('\\"', '"')))
        position = found.end()
        if found[3] != ",":
            return options
    return options


def rules_of_options(options: "Sequence[tuple[str, str]]", *, said_by: str) -> Rules:
    """Return what options say of forwarding; the last of those that contradict each other counts."""
    allowed = {"port-forwarding": True, "agent-forwarding": True, "x11-forwarding": True}
    for name, _ in options:
        if name == "restrict":
            allowed = dict.fromkeys(allowed, False)
        elif name.removeprefix("no-") in allowed:
            allowed[name.removeprefix("no-")] = not name.startswith("no-")
    targets = tuple([value for name, value in options if name == "permitopen"])
    places = [value for name, value in options if name == "permitlisten"]
    return Rules(
        said_by,
        ports=None if allowed["port-forwarding"] else _NONE,
        sockets=None if allowed["port-forwarding"] else _NONE,
        targets=targets or None,
        places=tuple([place if ":" in place else f"*:{place}" for place in places]) or None,
        agent=allowed["agent-forwarding"],
        x11=allowed["x11-forwarding"],
    )
