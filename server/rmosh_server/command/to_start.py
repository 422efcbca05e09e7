"""What a session begins with, whoever starts it."""

from collections.abc import Mapping

from rmosh.lazy_dataclass import dataclass
from rmosh_server.shell.pty import Pty
from rmosh_server.systems.program import Program


@dataclass(frozen=True, slots=True)
class ToStart:
    """A program in a terminal; a tunnel has neither."""

    program: Program
    environment: Mapping[str, str]
    pty: Pty
