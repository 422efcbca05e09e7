"""The user whose login this is, and what a login starts: which program, with which words."""

import os
import pwd
from collections.abc import Sequence
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass
from rmosh_server.systems.program import Program

#: The shell of an account whose passwd entry names none. Source: passwd(5).
DEFAULT_SHELL: Final = "/bin/sh"


@dataclass(frozen=True, slots=True)
class Account:
    """One line of the passwd database."""

    name: str
    home: str
    shell: str


def own_account() -> Account:
    """Return the account this process runs as.

    Raises:
        BootstrapError: the user id has no entry.
    """
    user_id = os.getuid()
    try:
        entry = pwd.getpwuid(user_id)
    except KeyError:
        raise BootstrapError(
            Stage.SERVER_FAILED,
            f"user id {user_id} has no passwd entry on this host, so it has no login shell",
            hint="ask the host's administrator; `getent passwd` shows the accounts",
        ) from None
    return Account(entry.pw_name, entry.pw_dir, entry.pw_shell or DEFAULT_SHELL)


def login_program(account: Account, command: Sequence[str]) -> Program:
    """Return the login shell, or the command run through it.

    A login shell's own name begins with a dash; a command's words are joined with spaces and given to the
    shell's -c, so that quoting works as it does with ssh. Source: sshd's do_child().
    """
    name = os.path.basename(account.shell)
    if not command:
        return Program(account.shell, (f"-{name}",))
    return Program(account.shell, (name, "-c", " ".join(command)))


def go_home(account: Account) -> str:
    """Enter the home directory, or / where that fails; return what to tell the user about it."""
    try:
        os.chdir(account.home)
    except OSError as error:
        os.chdir("/")
        return f"Could not chdir to home directory {account.home}: {error.strerror}\r\n"
    return ""
