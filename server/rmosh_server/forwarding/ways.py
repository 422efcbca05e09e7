"""What a session has of its clients' machines: their agent at one path, their display at one number, while it lives."""

import socket
from collections.abc import Mapping, Sequence
from typing import Final

from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.requests import AgentConnection, Request, X11Connection
from rmosh_server.desk.places import Unusable
from rmosh_server.forwarding.agent_socket import open_agent_socket
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.offers import ClientOffers
from rmosh_server.forwarding.opened_ways import OpenedWays
from rmosh_server.forwarding.permissions import Permissions
from rmosh_server.forwarding.waiting import Waiting
from rmosh_server.plain_text import plain
from rmosh_server.sockets.unix_sockets import may_be_trusted
from rmosh_server.systems import command_line, peer_process, peer_user

#: How much is told of who asks, in characters. Reason: `ssh git@example.org ...` shows whom it signs on to.
_LONGEST_WORDS: Final = 100


class ClientsMachines:
    """Made with a session; what its shell was not told of at its start is made when a client first asks."""

    def __init__(
        self,
        opened: OpenedWays,
        directories: Sequence[str],
        session_id: bytes,
        environment: Mapping[str, str],
        home: str,
    ) -> None:
        """Take over what is there.

        Args:
            directories: where an agent's socket may be, the best first.
            environment: of this process.
        """
        self._opened = opened
        self._directories = directories
        self._session_id = session_id
        self._environment = environment
        self._home = home
        self._agent: ClientOffers | None = None
        self._display: ClientOffers | None = None

    def take_agent(self, conversation: Conversation, permissions: Permissions, waiting: Waiting) -> None:
        """Take a client's agent; the answer tells where it is, if no program was told before."""
        told = ""
        if refusal := permissions.to_forward_agent():
            conversation.refuse(AnswerStatus.NOT_ALLOWED, refusal)
            return
        try:
            if self._opened.agent is None:
                self._opened.agent = open_agent_socket(self._directories, self._session_id)
                told = self._opened.agent.path
        except Unusable as problem:
            conversation.refuse(AnswerStatus.FAILED, str(problem))
            return
        if self._agent is None:
            self._agent = ClientOffers((self._opened.agent.listener,), _who_wants_an_agent, waiting)
        conversation.done(told)
        self._agent.add(conversation)

    def take_display(self, conversation: Conversation, permissions: Permissions, waiting: Waiting) -> None:
        """Take a client's display; the answer tells its cookie, and its name if no program was told before."""
        if refusal := permissions.to_forward_x11():
            conversation.refuse(AnswerStatus.NOT_ALLOWED, refusal)
            return
        told = ""
        try:
            if self._opened.display is None:
                told = " " + self._opened.open_display(self._environment, self._home, waits=False).name
        except Unusable as problem:
            conversation.refuse(AnswerStatus.FAILED, str(problem))
            return
        display = self._opened.display
        assert display is not None
        if self._display is None:
            self._display = ClientOffers(display.listeners, _who_wants_a_display, waiting)
        conversation.done(display.cookie + told)
        self._display.add(conversation)

    def environment(self) -> dict[str, str]:
        """Return what a program's environment tells of them."""
        return self._opened.environment()

    def close(self) -> None:
        """Take all of it away."""
        for offers in (self._agent, self._display):
            if offers is not None:
                offers.close()
        self._opened.close(self._environment, self._home)


def _who_wants_an_agent(connected: socket.socket) -> "Request | None":
    """Return who asks, as people know it; None for another user, who should not come as far as this."""
    try:
        is_trusted = may_be_trusted(peer_user(connected))
    except OSError:
        return None
    return AgentConnection(_program_name(peer_process(connected))) if is_trusted else None


def _who_wants_a_display(connected: socket.socket) -> "Request | None":
    try:
        address, port, *_ = connected.getpeername()
    except OSError:  # it has left again
        return None
    return X11Connection(f"{address} port {port}")


def _program_name(process: int) -> str:
    """Return a process's words and number; its words are its own, so they may be anything that can be printed."""
    if not process:
        return "a program"
    words = plain(command_line(process, limit=_LONGEST_WORDS).decode("utf-8", "replace").strip(), limit=_LONGEST_WORDS)
    return f"{words} (process {process})" if words else f"process {process}"
