"""The parser of every command line of `rmosh`."""

from typing import NoReturn

from rmosh import command_line
from rmosh.errors import BootstrapError, Stage


class Parser(command_line.Parser):
    """Reports mistakes as every other rmosh error."""

    def report(self, message: str, hint: str) -> NoReturn:
        """End with what was wrong and what to do.

        Raises:
            BootstrapError: always.
        """
        raise BootstrapError(Stage.USAGE, message, hint=hint)
