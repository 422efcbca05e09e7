"""The environment a login gives: what sshd passed on, the account's own variables, and what rmosh adds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from .account import Account
from .locales import with_utf8_locale
from .variables import SESSION_VARIABLE

#: Search path where sshd gave none. Source: Debian's login.defs.
DEFAULT_PATH: Final = "/usr/local/bin:/usr/bin:/bin:/usr/games"

#: Variables that tell of the process that ran `rmosh-server` or of a terminal that is not ours.
STALE: Final = ("_", "OLDPWD", "PWD", "SHLVL", "STY", "TMUX", "TMUX_PANE", "COLUMNS", "LINES", "RMOSH_RUNTIME_DIR")


def login_environment(
    inherited: Mapping[str, str],
    account: Account,
    *,
    requested: Sequence[tuple[str, str]],
    term: str,
    terminal_name: str,
    session_id: bytes,
    locale_exists: Callable[[str], bool],
) -> dict[str, str]:
    """Return the shell's environment.

    Args:
        inherited: this process's own environment, as sshd gave it.
        requested: variables the client asked for; they win over inherited ones, not over the terminal's.
        terminal_name: the PTY's device file.
    """
    environment = {name: value for name, value in inherited.items() if name not in STALE}
    environment.update(requested)
    environment = with_utf8_locale(environment, exists=locale_exists)
    environment.setdefault("PATH", DEFAULT_PATH)
    environment.setdefault("MAIL", f"/var/mail/{account.name}")
    environment.update(
        HOME=account.home,
        USER=account.name,
        LOGNAME=account.name,
        SHELL=account.shell,
        TERM=term,
        COLORTERM="truecolor",
    )
    environment[SESSION_VARIABLE] = session_id.hex()
    # Prompts and scripts tell a remote login by SSH_TTY; without an SSH login before us there is none to tell of.
    environment.pop("SSH_TTY", None)
    if "SSH_CONNECTION" in environment:
        environment["SSH_TTY"] = terminal_name
    return environment
