"""A connection that a program of this machine made: through a stream to a place that the far side connects to."""

import socket
from selectors import EVENT_READ
from typing import Protocol

from rmosh.errors import Malformed, NoStreams, TooManyStreams
from rmosh.forwarding.answers import AnswerStatus, RequestAnswer
from rmosh_client.forwarding.joint import Joint
from rmosh_client.forwarding.opening import Opening, request_to, why_not
from rmosh_client.forwarding.resources import Resources
from rmosh_client.forwarding.socks import SOCKS_AT_ONCE, SocksServer, reply_for
from rmosh_client.forwarding.specification import Place
from rmosh_client.forwarding.stream_users import CountedStream


class OutgoingOwner(Protocol):
    """The forward that it belongs to."""

    def begun(self, connection: "OutgoingConnection") -> None:
        """It is there."""

    def failed(self, reason: str) -> None:
        """It came to nothing: why, as it stands behind a colon."""

    def closed(self, connection: "OutgoingConnection") -> None:
        """It is over."""


class OutgoingConnection:
    """One of them.

    Attributes:
        stream: None before the program has said where it goes.
    """

    def __init__(
        self, resources: Resources, owner: OutgoingOwner, connection: socket.socket, target: Place | None
    ) -> None:
        """Take it; without a target the program says by SOCKS where it goes."""
        self._resources = resources
        self._owner = owner
        self._connection = connection
        self._socks = SocksServer() if target is None else None
        self._opening: Opening | None = None
        self._joint: Joint | None = None
        self.stream: CountedStream | None = None
        connection.setblocking(False)
        owner.begun(self)
        if target is None:
            resources.ready_set.watch(connection, EVENT_READ, self._hear_socks)
        else:
            self._open(target)

    def stream_changed(self) -> None:
        """See whether the far side has answered, and give the program what came."""
        assert self._opening is not None and self._joint is not None
        answer = self._opening.turn()
        self._joint.may_take = self._opening.is_said
        if answer is not None and not self._joint.may_give:
            if not answer.is_done:
                self._fail(answer)
                return
            self._reply(answer)
            self._joint.may_give = True
        self._joint.turn()

    def close(self) -> None:
        """End it, in order where all was moved."""
        if self._joint is not None:
            self._joint.close()
        else:
            self._resources.ready_set.forget(self._connection)
            self._connection.close()
        self._owner.closed(self)

    def _open(self, target: Place, behind: bytes = b"") -> None:
        try:
            self.stream = self._resources.users.open()
        except (NoStreams, TooManyStreams) as error:
            self._fail(RequestAnswer(AnswerStatus.TOO_MANY, str(error)))
            return
        self._resources.users.use(self.stream, self)
        self._opening = Opening(self.stream, request_to(target), behind)
        self._joint = Joint(self._resources, self._connection, self.stream, self.close)
        self._joint.may_give = False
        self.stream_changed()

    # --- SOCKS -------------------------------------------------------------------------------------------------

    def _hear_socks(self, _events: int) -> None:
        assert self._socks is not None
        try:
            untrusted = self._connection.recv(SOCKS_AT_ONCE)
            self._tell_program(self._socks.feed(untrusted))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            untrusted = b""
        except Malformed as fault:
            self._owner.failed(f"a program speaks no SOCKS here: {fault}")
            untrusted = b""
        if self._socks.refused:
            self._owner.failed(self._socks.refused)
        if self._socks.wanted is not None:
            self._resources.ready_set.forget(self._connection)
            self._open(self._socks.wanted, self._socks.behind)
        elif not untrusted or self._socks.refused:
            self.close()

    def _fail(self, answer: RequestAnswer) -> None:
        wanted = self._socks.wanted if self._socks is not None else None
        self._owner.failed(why_not(answer) if wanted is None else f"{wanted}: {why_not(answer)}")
        self._reply(answer)
        self.close()

    def _reply(self, answer: RequestAnswer) -> None:
        if self._socks is not None:
            self._tell_program(self._socks.reply(reply_for(answer.status)))

    def _tell_program(self, data: bytes) -> None:
        """Say a few bytes of SOCKS, for which a connection has room; one that is gone is found out by reading."""
        if data:
            try:
                self._connection.send(data)
            except OSError:
                return
