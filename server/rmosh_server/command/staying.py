"""What sshd waits for while datagrams go through its channel: next to nothing, until the serving process lets it go.

The command that SSH ran must live that long: where it ends, sshd reads nothing more from the client for us.
"""

import contextlib
import os
from typing import Final

from rmosh.hello import Hello
from rmosh_server.process.descriptors import FIRST_OTHER, STANDARD_INPUT, STANDARD_OUTPUT, point_at_null
from rmosh_server.sockets.ssh_channel import may_carry

#: Shells by their places, of which one is executed. Reason: it has a tenth of this interpreter's memory.
_SHELLS: Final = ("/bin/sh", "/system/bin/sh")

#: Waits for the end of its input; the last word is for `ps`.
_WORDS: Final = ("sh", "-c", "read _; exit 0", "rmosh-server: a path through SSH")


def can_go_on(hello: Hello) -> bool:
    """Tell whether datagrams may follow where this hello was said."""
    return hello.stream and may_carry(STANDARD_INPUT) and may_carry(STANDARD_OUTPUT)


def stay_until_closed(lifeline: int) -> None:
    """Hold the channel's command alive until all other ends of a pipe are closed; returns then, or never."""
    os.dup2(lifeline, STANDARD_INPUT)
    for descriptor in range(STANDARD_OUTPUT, FIRST_OTHER):
        point_at_null(descriptor)
    for shell in _SHELLS:
        with contextlib.suppress(OSError):
            os.execve(shell, _WORDS, {})  # noqa: S606 - fixed words
    os.read(STANDARD_INPUT, 1)
