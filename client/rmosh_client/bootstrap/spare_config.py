"""Evaluates an SSH configuration where no ssh command is. Source: ssh_config(5) of OpenSSH 9.2."""

import glob
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap import algorithms
from rmosh_client.bootstrap.expansion import Expansion, tokens_of
from rmosh_client.bootstrap.option_table import OptionTable
from rmosh_client.bootstrap.patterns import matches
from rmosh_client.bootstrap.spare_lines import Directive, lines

#: What OpenSSH looks for where no IdentityFile is set. Source: ssh_config(5), IdentityFile.
_IDENTITY_FILES: Final = ("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk")

_GLOBAL_KNOWN_HOSTS: Final = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"

#: Keywords whose lines add up; of every other the first counts.
_ADD_UP: Final = frozenset(
    {"certificatefile", "dynamicforward", "identityfile", "localforward", "remoteforward", "sendenv"}
)

#: Keywords whose value is all that follows, quotes and blanks and all.
_WHOLE_LINES: Final = frozenset({"knownhostscommand", "localcommand", "proxycommand", "remotecommand"})

#: Of these two the one that comes first counts.
_INSTEAD_OF: Final = {"proxycommand": "proxyjump", "proxyjump": "proxycommand"}

#: Keywords with several values that `ssh -G` prints one a line.
_ONE_A_LINE: Final = frozenset({"sendenv", "setenv"})

#: How deep one file may include another. Source: OpenSSH 9.2, readconf.c, READCONF_MAX_DEPTH.
_MAX_DEPTH: Final = 16


@dataclass(frozen=True, slots=True)
class Target:
    """What Host and Match are asked about: `user` and `command` are empty where none was given."""

    user: str
    host: str
    local_user: str
    command: Sequence[str]


def read_without_ssh(target: Target, *, options: Sequence[str], files: Sequence[Path], home: Path) -> OptionTable:
    """Return the evaluated options; `options` win over `files`, earlier files over later ones.

    Raises:
        BootstrapError: an option or a file is wrong.
    """
    reading = _Reading(target, home)
    given = [("the command line", "\n".join(options)), *((str(file), _text(file)) for file in files)]
    for is_final in (False, True):
        if is_final and not reading.wants_final:
            break
        if is_final:
            reading.begin_final()
        for name, text in given:
            reading.read(name, text, may_match=True, depth=0)
    return OptionTable(_defaults(home) | reading.values)


class _Reading:
    """One evaluation; `values` are what `ssh -G` would print."""

    def __init__(self, target: Target, home: Path) -> None:
        self.values: dict[str, list[str]] = {"user": [target.user]} if target.user else {}
        self.wants_final = False
        self.is_final = False
        self._target = target
        self._home = home
        self._counts = True
        self._may_match = True

    def begin_final(self) -> None:
        """Begin to read once more, for what follows a `Match final`; the host's name stands by now."""
        self.is_final = True
        self.values.setdefault("hostname", [self._target.host])

    def read(self, name: str, text: str, *, may_match: bool, depth: int) -> None:
        """Read a file; `may_match` unless it is included where nothing counts."""
        before = self._counts, self._may_match
        self._counts = self._may_match = may_match
        for line in lines(text):
            try:
                self._take(line, depth)
            except ValueError as error:
                raise BootstrapError(
                    Stage.USAGE, f"cannot read the SSH configuration: {name} line {line.number}: {error}"
                ) from error
        self._counts, self._may_match = before

    def _take(self, line: Directive, depth: int) -> None:
        if line.keyword == "host":
            self._counts = self._may_match and matches(line.words(), self._target.host)
        elif line.keyword == "match":
            self._counts = self._may_match and self._matches(line.words())
        elif line.keyword == "include":
            self._include(line.words(), depth)
        elif self._counts:
            self._set(line)

    def _include(self, patterns: Sequence[str], depth: int) -> None:
        if depth >= _MAX_DEPTH:
            raise ValueError("too many files include one another")
        expand = self._expansion()
        for pattern in patterns:
            where = os.path.join(self._home / ".ssh", expand.path(pattern))
            for name in sorted(glob.glob(where)):
                self.read(name, _text(Path(name)), may_match=self._counts, depth=depth + 1)

    def _set(self, line: Directive) -> None:
        keyword = line.keyword
        words = [line.rest] if keyword in _WHOLE_LINES else line.words()
        if not any(words):
            raise ValueError(f"{keyword} has no value")
        new = words if keyword in _ONE_A_LINE else [" ".join(words)]
        if keyword == "sendenv":
            unwanted = [word[1:] for word in new if word.startswith("-")]
            kept = [name for name in self.values.get(keyword, []) if not matches(unwanted, name)]
            self.values[keyword] = kept + [word for word in new if not word.startswith("-")]
        elif keyword in _ADD_UP:
            self.values[keyword] = list(dict.fromkeys([*self.values.get(keyword, []), *new]))
        elif keyword not in self.values and _INSTEAD_OF.get(keyword) not in self.values:
            self.values[keyword] = [self._whole(keyword, value) for value in new]

    def _whole(self, keyword: str, value: str) -> str:
        """Return a value that says something by itself: not what is added to a default, or in terms of the host."""
        if keyword == "hostname":
            return value.replace("%%", "\0").replace("%h", self._target.host).replace("\0", "%")
        usual = algorithms.usual(keyword) if value[0] in "+-^" else ()
        return ",".join(_changed(usual, value[0], value[1:].split(","))) if usual else value

    def _matches(self, words: Sequence[str]) -> bool:
        """Whether all of a Match's conditions hold; none is asked after one that does not."""
        waiting = list(words)
        while waiting:
            condition, equals, value = waiting.pop(0).partition("=")
            waiting = [value, *waiting] if equals else waiting
            name = condition.lower().removeprefix("!")
            if name in ("all", "canonical", "final"):
                holds = name == "all" or self.is_final
                self.wants_final = self.wants_final or name == "final"
            elif name not in _CONDITIONS:
                raise ValueError(f"Match {name} cannot be decided without an ssh command")
            elif not waiting:
                raise ValueError(f"Match {name} has no value")
            else:
                holds = _CONDITIONS[name](self, waiting.pop(0))
            if holds == condition.startswith("!"):
                return False
        return True

    def _value(self, keyword: str, default: str) -> str:
        return self.values.get(keyword, [default])[0]

    def _expansion(self) -> Expansion:
        target = self._target
        tokens = tokens_of(
            alias=target.host,
            known_as=self._value("hostkeyalias", target.host),
            host=self._value("hostname", target.host),
            port=int(self._value("port", "22")),
            user=self._value("user", target.local_user),
            local_user=target.local_user,
        )
        return Expansion(tokens, os.environ)

    def _succeeds(self, command: str) -> bool:
        shell = os.environ.get("SHELL", "/bin/sh")
        words = [shell, "-c", self._expansion().tokens_only(command)]
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False).returncode == 0  # noqa: S603 - the user's own configuration

    def _is_named(self, patterns: str) -> bool:
        return matches(patterns.split(","), self._value("hostname", self._target.host))

    def _is_users(self, patterns: str) -> bool:
        return matches(patterns.split(","), self._value("user", self._target.local_user))

    def _is_tagged(self, patterns: str) -> bool:
        return matches(patterns.split(","), self._value("tag", ""))

    def _runs(self, patterns: str) -> bool:
        command = " ".join(self._target.command) or self._value("remotecommand", "")
        return matches(patterns.split(","), command)

    def _is_session(self, patterns: str) -> bool:
        runs = self._target.command or self._value("remotecommand", "none").lower() != "none"
        return matches(patterns.split(","), self._value("sessiontype", "exec" if runs else "shell"))


_CONDITIONS: Final[dict[str, Callable[[_Reading, str], bool]]] = {
    "command": _Reading._runs,
    "exec": _Reading._succeeds,
    "host": _Reading._is_named,
    "localuser": lambda reading, patterns: matches(patterns.split(","), reading._target.local_user),
    "originalhost": lambda reading, patterns: matches(patterns.split(","), reading._target.host),
    "sessiontype": _Reading._is_session,
    "tagged": _Reading._is_tagged,
    "user": _Reading._is_users,
}


def _changed(usual: Sequence[str], how: str, names: Sequence[str]) -> list[str]:
    """Return names of algorithms with others added, left out or put first. Source: ssh_config(5), Ciphers."""
    if how == "-":
        return [name for name in usual if not matches(names, name)]
    first, last = (names, usual) if how == "^" else (usual, names)
    return list(dict.fromkeys([*first, *last]))


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BootstrapError(Stage.USAGE, f"cannot read the SSH configuration: {file}: {error}") from error


def _defaults(home: Path) -> dict[str, list[str]]:
    ssh = home / ".ssh"
    return {
        "identityfile": [str(ssh / name) for name in _IDENTITY_FILES],
        "userknownhostsfile": [f"{ssh / 'known_hosts'} {ssh / 'known_hosts2'}"],
        "globalknownhostsfile": [_GLOBAL_KNOWN_HOSTS],
    }
