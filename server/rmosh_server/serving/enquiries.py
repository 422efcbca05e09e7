"""Where other processes of the user ask for what is served: its socket and its desk."""

import socket
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol, TypeAlias

from rmosh_server.serving.handover import NO_DESCRIPTOR, Handover
from rmosh_server.sockets.control_socket import ControlSocket
from rmosh_server.sockets.passing import PassedDescriptors

#: Ends what is served, for a reason, at a moment.
End: TypeAlias = Callable[[str, float], None]


class Answering(Protocol):
    """A desk."""

    def answer(
        self, question: Mapping[str, Any], passed: PassedDescriptors | None = None, *, now: float
    ) -> dict[str, Any]:
        """Return the answer to one question."""


class Enquiries:
    """Has a desk answer what comes by a socket.

    Attributes:
        on_kill: ends what is served, for a reason, at a moment.
    """

    def __init__(self, control: ControlSocket, desk: Callable[[End], Answering]) -> None:
        """Begin; the desk is given what ends it all."""
        self._control = control
        self.on_kill: Callable[..., None] | None = None
        self._desk = desk(self._kill)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._control.fileno()

    @property
    def next_wakeup(self) -> float:
        """When something is to be done even if nobody says anything, in monotonic seconds."""
        return self._control.next_wakeup

    def answer_questions(self, *, now: float) -> None:
        """Answer what was asked since the last time."""
        self._control.answer_questions(partial(self._desk.answer, now=now), now=now)

    def _kill(self, why: str, now: float) -> None:
        assert self.on_kill is not None
        self.on_kill(why, now=now)


def open_enquiries(session: Handover, desk: Callable[[End], Answering]) -> Enquiries | None:
    """Return where it is asked for; None where it is not known on this host."""
    if session.control == NO_DESCRIPTOR:
        return None
    return Enquiries(ControlSocket(socket.socket(fileno=session.control)), desk)
