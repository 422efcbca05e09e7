"""A login that the user wants for a path inside SSH: it has the terminal meanwhile."""

from collections.abc import Callable

from rmosh.errors import BootstrapError
from rmosh.traits import Traits
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.reaching.login_watch import LoginWatch
from rmosh_client.reaching.ssh_path import SshPath
from rmosh_client.typing.local_terminal import LocalTerminal


class _TerminalGivenBack:
    """The terminal is as a shell has it, and nothing is asked of it any more."""

    def __init__(self, terminal: LocalTerminal) -> None:
        self._terminal = terminal

    def begin(self, loop: EventLoop) -> None:
        pass

    def tell(self, login: Callable[[Traits | None], None]) -> None:
        login(None)

    def make_way(self) -> None:
        self._terminal.lend()

    def take_back(self) -> None:
        self._terminal.take_back()

    def finish(self) -> None:
        pass


def log_in_for_path(ssh_path: SshPath, terminal: LocalTerminal) -> str:
    """Let the user log in for a path inside SSH; return in words why there is none, "" where there is one now."""
    try:
        login = ssh_path.begin_for_user()
    except OSError as error:
        ssh_path.failed_for_user()
        return f"no process can be started for it: {error.strerror}"
    if login is None:
        return "the server, or --path, has none"
    try:
        LoginWatch(login, _TerminalGivenBack(terminal)).run()
    except BootstrapError as error:
        failure = str(error)
    except KeyboardInterrupt:
        failure = "the login was given up"
    else:
        ssh_path.take_over(login)
        return ""
    login.close()
    ssh_path.failed_for_user()
    return failure
