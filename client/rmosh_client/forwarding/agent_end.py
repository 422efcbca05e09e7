"""A connection to the user's agent as a junction has it: what goes there is looked at on the way."""

import socket
from collections.abc import Callable
from typing import Final

from rmosh.errors import Malformed
from rmosh.forwarding.agent_proxy import AgentProxy, SignQuestion

#: Bytes read at once. Reason: an agent's answers have some kB.
_CHUNK: Final = 16384


class AgentEnd:
    """Never waits: raises BlockingIOError instead, and OSError where either side speaks no agent's protocol.

    Attributes:
        is_broken: one of them does not.
    """

    def __init__(self, connection: socket.socket, proxy: AgentProxy) -> None:
        """Take over a connection that does not block.

        Raises:
            OSError: the agent has closed it again.
        """
        self._connection = connection
        self._proxy = proxy
        self._is_finished = False
        self._has_shut = False
        self.is_broken = False
        self.flush()

    @property
    def question(self) -> SignQuestion | None:
        """What the user is to be asked now; None for nothing."""
        return self._proxy.question

    @property
    def has_unsent(self) -> bool:
        """Whether to `flush` once the agent takes more."""
        return bool(self._proxy.to_agent)

    @property
    def has_answers(self) -> bool:
        """Whether `recv` has something though the agent says nothing."""
        return bool(self._proxy.to_program)

    def decide(self, *, allowed: bool) -> None:
        """Hear what the user said to the question."""
        self._checked(lambda: self._proxy.decide(allowed=allowed))

    def recv(self, limit: int, /) -> bytes:
        """Return what is answered to the program; b"" once the agent has closed the connection."""
        if not self.has_answers:
            untrusted = self._connection.recv(_CHUNK)
            if not untrusted:
                return b""
            self._checked(lambda: self._proxy.from_agent(untrusted))
        if not self.has_answers:
            raise BlockingIOError
        answer = bytes(self._proxy.to_program[:limit])
        del self._proxy.to_program[:limit]
        self._shut_when_idle()
        return answer

    def send(self, data: memoryview, /) -> int:
        """Take what the program asks, if there is room for it."""
        if not self._proxy.wants_requests:
            raise BlockingIOError
        untrusted = bytes(data)
        self._checked(lambda: self._proxy.from_program(untrusted))
        return len(untrusted)

    def shutdown(self, _how: int, /) -> None:
        """The program asks nothing more: the agent is told once it has answered all."""
        self._is_finished = True
        self._shut_when_idle()

    def flush(self) -> None:
        """Give the agent what it takes now."""
        waiting = self._proxy.to_agent
        while waiting:
            try:
                sent = self._connection.send(waiting)
            except BlockingIOError:
                return
            del waiting[:sent]
        self._shut_when_idle()

    def _checked(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Malformed as fault:
            self.is_broken = True
            raise ConnectionAbortedError(str(fault)) from fault
        self.flush()

    def _shut_when_idle(self) -> None:
        if self._is_finished and self._proxy.is_idle and not self._has_shut:
            self._has_shut = True
            self._connection.shutdown(socket.SHUT_WR)
