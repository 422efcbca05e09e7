"""The session's process as its login process has it: whoever knows the user's terminal."""

import socket
from typing import Final, TypeVar

from rmosh.errors import Malformed
from rmosh.traits import Traits
from rmosh_client.login.messages import (
    Errand,
    FromLogin,
    LineReader,
    ToLogin,
    TraitsTold,
    TraitsWanted,
    WayMade,
    WayWanted,
    line_of,
    parse_to_login,
)

#: Bytes read at once.
_CHUNK: Final = 65536

_Answer = TypeVar("_Answer", bound=ToLogin)


class ParentGone(Exception):
    """It has ended, or closed its end: there is nobody to log in for."""


class Parent:
    """Asks it and waits for the answer: a login has nothing else to do meanwhile."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._reader = LineReader()

    def fileno(self) -> int:
        """Return what can be read, outside of these calls, only once it is gone."""
        return self._line.fileno()

    def errand(self) -> Errand:
        """Return what this process is for.

        Raises:
            ParentGone: it has ended.
        """
        return self._answer(Errand)

    async def traits(self) -> Traits | None:
        """Return what the terminal has said of itself, as `Asking` says."""
        return self.await_traits()

    def await_traits(self) -> Traits | None:
        """Do the same where nothing else goes on meanwhile."""
        self.tell(TraitsWanted())
        return self._answer(TraitsTold).traits

    def make_way(self) -> None:
        """Have the terminal left to us, as `Asking` says."""
        self.tell(WayWanted())
        self._answer(WayMade)

    def tell(self, message: FromLogin) -> None:
        """Tell it something.

        Raises:
            ParentGone: it has ended.
        """
        try:
            self._line.sendall(line_of(message))
        except OSError:
            raise ParentGone from None

    def _answer(self, wanted: type[_Answer]) -> _Answer:
        lines: list[bytes] = []
        try:
            while not lines:
                data = self._line.recv(_CHUNK)
                if not data:
                    raise ParentGone
                lines = self._reader.feed(data)
            answer = parse_to_login(lines[0])
        except (OSError, Malformed):
            raise ParentGone from None
        if not isinstance(answer, wanted):
            raise ParentGone
        return answer
