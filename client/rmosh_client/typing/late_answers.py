"""Before the terminal is given back: answers on their way are waited for, or a shell would take them for keys."""

import select

from rmosh_client.link.clocks import monotonic
from rmosh_client.typing.interview import Interview
from rmosh_client.typing.local_terminal import HungUp, LocalTerminal


def await_answers(terminal: LocalTerminal, interview: Interview) -> None:
    """Take what the terminal still answers, for as long as that is worth waiting for; keys typed meanwhile are lost."""
    try:
        while (due_by := interview.due_by) is not None and (left := due_by - monotonic()) > 0:
            readable, _, _ = select.select([terminal.fileno()], [], [], left)
            if readable:
                interview.sift(terminal.read())
    except (HungUp, OSError, ValueError):
        return
