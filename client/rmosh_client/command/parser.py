"""The parser of every command line of `rmosh`."""

from typing import NoReturn

from rmosh import command_line
from rmosh.errors import BootstrapError, Stage


class Parser(command_line.Parser):
    """Reports mistakes as every other rmosh error."""

    def refuse(self, message: str, hint: str) -> NoReturn:
        """Report a mistake.

        Raises:
            BootstrapError: always.
        """
        raise BootstrapError(Stage.USAGE, message, hint=hint)
