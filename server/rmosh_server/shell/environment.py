"""The environment a login gives: what sshd passed on, the account's own variables, and what rmosh adds."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rmosh.session_name import SESSION_VARIABLE
from rmosh_server.shell.account import Account
from rmosh_server.shell.locales import with_utf8_locale

#: Search path where sshd gave none. Source: Debian's login.defs.
DEFAULT_PATH: Final = "/usr/local/bin:/usr/bin:/bin:/usr/games"

#: Variables that tell of the process that ran `rmosh-server` or of a terminal that is not ours.
STALE: Final = (
    "_",
    "OLDPWD",
    "PWD",
    "SHLVL",
    "STY",
    "TMUX",
    "TMUX_PANE",
    "COLUMNS",
    "LINES",
    "RMOSH_RUNTIME_DIR",
    "COLORTERM",
)

#: Variables that lead to what the login's sshd made and takes away with it: the forwarded agent, the forwarded display
#: and a file about the login. Reason: afterwards anybody on the host may make that socket, port or file anew, and would
#: be given the keys or the keystrokes meant for it. Source: sshd's session.c, ssh(1) section ENVIRONMENT.
ENDING_WITH_THE_LOGIN: Final = ("SSH_AUTH_SOCK", "SSH_AGENT_PID", "DISPLAY", "XAUTHORITY", "SSH_USER_AUTH")

#: Variables that tell of a terminal and of the session that is shown on it.
OF_A_TERMINAL: Final = ("TERM", "SSH_TTY", SESSION_VARIABLE)

#: What Python itself sets LC_CTYPE to where its login has no locale. Source: PEP 538.
PYTHONS_OWN: Final = ("C.UTF-8", "C.utf8", "UTF-8")

#: Names, and beginnings of names, that a client may not set: with them the loader, the C library, a shell or an
#: interpreter runs or reads something else before the user's own first command. Source: ld.so(8), section
#: "Secure-execution mode"; the manuals of the shells and interpreters; "env_delete" of sudoers(5) has most of them.
UNSETTABLE: Final = {
    "PATH", "IFS", "ENV", "CDPATH", "FPATH", "ZDOTDIR", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND", "NULLCMD",
    "READNULLCMD", "TMPPREFIX", "GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN",
    "LOCPATH", "NIS_PATH", "NLSPATH", "PATH_LOCALE", "RESOLV_HOST_CONF", "RES_OPTIONS", "TZDIR", "TMPDIR", "TERMINFO",
    "TERMINFO_DIRS", "TERMCAP", "TERMPATH", "SHLIB_PATH", "LIBPATH", "AUTHSTATE", "KRB5_CONFIG", "KRB5_KTNAME",
    "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH",
}  # fmt: skip
UNSETTABLE_BEGINNINGS: Final = (
    "LD_", "_RLD", "LDR_", "DYLD_", "MALLOC_", "BASH_", "PYTHON", "PERL", "RUBY", "NODE_", "LUA_", "TCLLIB", "_JAVA_",
    "SSH_", "SUDO_", "XDG_", "RMOSH_",
)  # fmt: skip

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def may_be_set(name: str) -> bool:
    """Tell whether a client may set a variable of the session's shell."""
    return _NAME.fullmatch(name) is not None and name not in UNSETTABLE and not name.startswith(UNSETTABLE_BEGINNINGS)


def login_environment(
    inherited: Mapping[str, str],
    account: Account,
    *,
    requested: Sequence[tuple[str, str]],
    term: str,
    terminal_name: str,
    session_id: bytes,
    direct_colour: bool,
    locale_exists: Callable[[str], bool],
    ways_to_client: Mapping[str, str],
) -> dict[str, str]:
    """Return the shell's environment.

    Args:
        inherited: this process's own environment, as sshd gave it.
        requested: variables the client asked for and may set; they win over inherited ones, not over the terminal's.
        direct_colour: the user's terminal is known to show 24-bit colours.
        terminal_name: the PTY's device file.
        ways_to_client: variables that tell where the session's own ways to the client's agent and display begin.
    """
    environment = with_utf8_locale(_passed_on(inherited, requested), exists=locale_exists)
    environment.update(_of_account(account, inherited), TERM=term)
    if direct_colour:
        environment["COLORTERM"] = "truecolor"
    environment.update(ways_to_client)
    environment[SESSION_VARIABLE] = session_id.hex()
    # Prompts and scripts tell a remote login by SSH_TTY; without an SSH login before us there is none to tell of.
    environment.pop("SSH_TTY", None)
    if "SSH_CONNECTION" in environment:
        environment["SSH_TTY"] = terminal_name
    return environment


def program_environment(
    inherited: Mapping[str, str], account: Account, *, requested: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """Return the environment of a program without a terminal, as sshd gives it: nothing in it tells of one.

    Args:
        inherited, requested: as for a login; the locale stays as it was given, since no screen needs another.
    """
    environment = _passed_on(inherited, requested)
    environment.update(_of_account(account, inherited))
    for name in OF_A_TERMINAL:
        environment.pop(name, None)
    if environment.get("LC_CTYPE") in PYTHONS_OWN and not {"LC_ALL", "LANG"} & environment.keys():
        del environment["LC_CTYPE"]
    return environment


def _passed_on(inherited: Mapping[str, str], requested: Sequence[tuple[str, str]]) -> dict[str, str]:
    left_out = (*STALE, *ENDING_WITH_THE_LOGIN)
    environment = {name: value for name, value in inherited.items() if name not in left_out}
    environment.update(requested)
    return environment


def _of_account(account: Account, inherited: Mapping[str, str]) -> dict[str, str]:
    # sshd's SetEnv and PAM may send a login to another home; who came without sshd may have one of somebody else.
    given = inherited.get("HOME") if "SSH_CONNECTION" in inherited else None
    return {
        "PATH": inherited.get("PATH", DEFAULT_PATH),
        "MAIL": inherited.get("MAIL", f"/var/mail/{account.name}"),
        "HOME": given or account.home,
        "USER": account.name,
        "LOGNAME": account.name,
        "SHELL": account.shell,
    }
