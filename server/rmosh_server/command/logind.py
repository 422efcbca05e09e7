"""Moving the session out of the login's reach, on hosts where systemd-logind ends a user's processes at logout.

Runs in the short-lived process that SSH started, after the announce line, so that neither the prompt nor the
server's memory pays for it.
"""

import os
import subprocess
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

#: Longest that one question to systemd may take, in seconds. Reason: it answers in 10 ms or is in trouble, and
#: SSH's channel stays open meanwhile.
COMMAND_TIMEOUT: Final = 1.0

#: Runs a command and returns what it printed; None where it failed.
RunCommand: TypeAlias = Callable[[Sequence[str]], "str | None"]

_LOGIN_MANAGER: Final = "org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager"
_SERVICE_MANAGER: Final = "org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager"


def run_command(words: Sequence[str]) -> str | None:
    """Run a command without input, within COMMAND_TIMEOUT."""
    try:
        finished = subprocess.run(  # noqa: S603 - fixed words, found by PATH as a login's own commands are
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return finished.stdout


def in_login_session(cgroups: str) -> bool:
    """Tell from /proc/self/cgroup whether logind counts this process to a login."""
    return any(line.endswith(".scope") and "/session-" in line for line in cgroups.splitlines())


def outlive_login(processes: Sequence[int], name: str, *, run: RunCommand = run_command) -> str:
    """Move processes into a scope of the user's own service manager where logind would end them at logout.

    Returns:
        a warning for the user; empty when nothing threatens the session.
    """
    if run(["busctl", "get-property", *_LOGIN_MANAGER.split(), "KillUserProcesses"]) != "b true\n":
        return ""
    user_id = os.getuid()
    if user_id == 0:
        return ""  # logind spares root's processes unless told otherwise
    properties = ["2", "Description", "s", "rmosh session", "PIDs", "au", str(len(processes)), *map(str, processes)]
    unit = [f"rmosh-{name}.scope", "fail", *properties, "0"]
    call = ["busctl", "--user", "call", *_SERVICE_MANAGER.split(), "StartTransientUnit", "ssa(sv)a(sa(sv))", *unit]
    if run(call) is None:
        return "this host ends a user's processes at logout, and systemd would not take the session out of that"
    if run(["loginctl", "show-user", str(user_id), "--property=Linger", "--value"]) != "yes\n":
        return "this host ends a user's processes at the last logout; `loginctl enable-linger` spares the session"
    return ""
