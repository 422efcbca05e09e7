"""The user's own shell with a mark before its prompt, each shell in its own way."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..errors import BadRequest

#: Runs the user's file for interactive shells, then marks what prompt that has set.
_BASH_STARTUP: Final = """\
[ -r ~/.bashrc ] && . ~/.bashrc
PS1="{mark}$PS1"
"""

_FISH_STARTUP: Final = (
    "functions -c fish_prompt unmarked_prompt; function fish_prompt; printf %s '{mark}'; unmarked_prompt; end"
)


def users_shell() -> str:
    """Return the program of $SHELL, /bin/sh without one.

    Raises:
        BadRequest: there is no such program.
    """
    wanted = os.environ.get("SHELL") or "/bin/sh"
    found = shutil.which(wanted)
    if found is None:
        raise BadRequest(f"there is no shell {wanted}: set SHELL to one that is there")
    return found


@contextlib.contextmanager
def marked_shell(mark: str) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Yield the command line of the user's shell and what to add to its environment.

    bash and fish are marked whatever their own files set; others where those files leave PS1 alone.

    Raises:
        BadRequest: there is no such program.
    """
    shell = users_shell()
    if Path(shell).name == "fish":
        yield [shell, "-C", _FISH_STARTUP.format(mark=mark)], {}
    elif Path(shell).name == "bash":
        with tempfile.NamedTemporaryFile("w", prefix="rmosh-netem-", suffix=".bashrc") as startup:
            startup.write(_BASH_STARTUP.format(mark=mark))
            startup.flush()
            yield [shell, "--rcfile", startup.name], {}
    else:
        yield [shell], {"PS1": f"{mark}$ "}
