"""Expands `~`, `%x` and `${NAME}` in the values of an SSH configuration.

Source: ssh_config(5), TOKENS and ENVIRONMENT VARIABLES.
"""

import os
import pwd
import re
import socket
from collections.abc import Mapping, Sequence
from hashlib import sha1
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.names import jump_destination
from rmosh_client.bootstrap.option_table import OptionTable

#: Option by which `ssh -G` is made to tell what it takes `%C` for: since 9.6 the jump host counts too.
CONNECTION_HASH_OPTION: Final = "ControlPath=/%C"

_TOKEN: Final = re.compile("%(.)")
_TOKEN_OR_VARIABLE: Final = re.compile(r"%(.)|\$\{([^}]*)\}")


class Expansion:
    """Expands each value once: what a table says is expanded stays as it is."""

    def __init__(self, tokens: Mapping[str, str], environ: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._environ = environ

    def tokens_only(self, value: str) -> str:
        return _TOKEN.sub(self._token, value)

    def all_but(self, later: frozenset[str], value: str) -> str:
        """Expand what is known now; `later` tokens, and `%%` with them, stay as they are."""
        return _TOKEN.sub(lambda found: found[0] if found[1] in later else self._token(found).replace("%", "%%"), value)

    def value(self, table: OptionTable, keyword: str) -> str:
        value = table.text(keyword)
        return value if keyword in table.expanded else self.tokens_only(value)

    def listed(self, table: OptionTable, keyword: str) -> tuple[str, ...]:
        files = table.files(keyword)
        return files if keyword in table.expanded else self.all(files)

    def path(self, value: str) -> str:
        return _TOKEN_OR_VARIABLE.sub(self._token_or_variable, self.from_home(value))

    def from_home(self, value: str) -> str:
        """Expand a `~` in front, and nothing else."""
        if not value.startswith("~"):
            return value
        user, slash, rest = value[1:].partition("/")
        return self._home_of(user) + slash + rest

    def all(self, values: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.path(value) for value in values)

    def _home_of(self, user: str) -> str:
        try:
            return pwd.getpwnam(user).pw_dir if user else self._tokens["d"]
        except KeyError:
            raise BootstrapError(
                Stage.USAGE, f"the SSH configuration names the home of {user!r}, who is not a user here"
            ) from None

    def _token_or_variable(self, found: re.Match[str]) -> str:
        if found[1]:
            return self._token(found)
        try:
            return self._environ[found[2]]
        except KeyError:
            raise BootstrapError(
                Stage.USAGE, f"the SSH configuration uses {found[0]}, which is not set", hint=f"export {found[2]}=..."
            ) from None

    def _token(self, found: re.Match[str]) -> str:
        try:
            return self._tokens[found[1]]
        except KeyError:
            raise BootstrapError(
                Stage.USAGE, f"the SSH configuration uses the token {found[0]}, which is not known here"
            ) from None


def tokens_of(*, alias: str, known_as: str, host: str, port: int, user: str, local_user: str) -> dict[str, str]:
    """Return what each token stands for, `%j` and `%C` left out."""
    here = socket.gethostname()
    return {
        "%": "%",
        "d": pwd.getpwuid(os.getuid()).pw_dir,
        "h": host,
        "i": str(os.getuid()),
        "k": known_as,
        "L": here.partition(".")[0],
        "l": here,
        "n": alias,
        "p": str(port),
        "r": user,
        "u": local_user,
    }


def last_jump(jumps: str) -> str:
    """Return the host that stands last in a list of jumps, next to the target: `%j`."""
    return jump_destination(jumps.rpartition(",")[2])[0].rpartition("@")[2] if jumps else ""


def connection_hash(table: OptionTable, tokens: Mapping[str, str], jump: str) -> str:
    """Return `%C`, from ssh itself where it has told. Source: ssh_config(5) of OpenSSH 9.6."""
    if "controlpath" in table.expanded:
        return table.text("controlpath").removeprefix("/")
    connection = "".join(tokens[token] for token in "lhpr") + jump
    return sha1(connection.encode(), usedforsecurity=False).hexdigest()
