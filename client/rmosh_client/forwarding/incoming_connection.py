"""A connection that somebody at the far side made: through a stream to a place of this machine, or that it reaches."""

import socket
from typing import Protocol

from rmosh.errors import Malformed
from rmosh.forwarding.failures import in_words
from rmosh_client.forwarding.dialling import Dial
from rmosh_client.forwarding.failures import dialled_status
from rmosh_client.forwarding.joint import Joint
from rmosh_client.forwarding.permission import is_permitted
from rmosh_client.forwarding.resources import Resources
from rmosh_client.forwarding.socks import SOCKS_AT_ONCE, SocksReply, SocksServer, reply_for
from rmosh_client.forwarding.specification import Place, Tcp
from rmosh_client.forwarding.stream_users import CountedStream, accept, refuse


class IncomingOwner(Protocol):
    """The forward that it belongs to."""

    def begun(self, connection: "IncomingConnection") -> None:
        """It is there."""

    def failed(self, reason: str) -> None:
        """It came to nothing: why, as it stands behind a colon."""

    def closed(self, connection: "IncomingConnection") -> None:
        """It is over."""


class IncomingConnection:
    """One of them; it is answered there once there is one here."""

    def __init__(self, resources: Resources, owner: IncomingOwner, stream: CountedStream, target: Place | None) -> None:
        """Connect to the target; without one, who came says by SOCKS where it goes."""
        self._resources = resources
        self._owner = owner
        self._socks = SocksServer() if target is None else None
        self._dial: Dial | None = None
        self._joint: Joint | None = None
        self.stream: CountedStream = stream
        resources.users.use(stream, self)
        owner.begun(self)
        if target is None:
            accept(stream)
            self.stream_changed()
        else:
            self._connect(target)

    def stream_changed(self) -> None:
        """Hear where it wants to go, or give the target what came."""
        if self._joint is not None:
            self._joint.turn()
        elif self.stream.was_reset is not None:
            self.close()
        elif self._socks is not None and self._dial is None:
            self._hear_socks(self._socks)

    def close(self) -> None:
        """End it, in order where all was moved."""
        if self._dial is not None:
            self._dial.stop()
        if self._joint is not None:
            self._joint.close()
        else:
            self._resources.users.leave(self.stream)
        self._owner.closed(self)

    def _connect(self, target: Place) -> None:
        resources = self._resources
        self._dial = Dial(target, resources.ready_set, resources.lookups, self._connected, clock=resources.clock)

    def _connected(self, outcome: socket.socket | OSError) -> None:
        if isinstance(outcome, OSError):
            self._not_connected(outcome)
            return
        if self._socks is None:
            accept(self.stream)
        else:
            self.stream.write(self._socks.reply(SocksReply.DONE))
            outcome.send(self._socks.behind)
        self._joint = Joint(self._resources, outcome, self.stream, self.close)
        self._joint.turn()

    def _not_connected(self, error: OSError) -> None:
        if self._socks is None:
            self._owner.failed(in_words(error))
            refuse(self._resources.users, self.stream, dialled_status(error), in_words(error))
            self._owner.closed(self)
        else:
            self._end_refused(
                self._socks.reply(reply_for(dialled_status(error))), f"{self._socks.wanted}: {in_words(error)}"
            )

    # --- SOCKS -------------------------------------------------------------------------------------------------

    def _hear_socks(self, socks: SocksServer) -> None:
        try:
            while socks.wanted is None and not socks.refused and (untrusted := self.stream.read(SOCKS_AT_ONCE)):
                self.stream.write(socks.feed(untrusted))
        except Malformed as fault:
            self._owner.failed(f"a program there speaks no SOCKS: {fault}")
            self.close()
            return
        if socks.wanted is not None:
            self._go_to(socks, socks.wanted)
        elif socks.refused:
            self._end_refused(b"", socks.refused)
        elif self.stream.at_end:
            self.close()

    def _go_to(self, socks: SocksServer, wanted: Tcp) -> None:
        if is_permitted(wanted, self._resources.settings.permitted):
            self._connect(wanted)
        else:
            self._end_refused(socks.reply(SocksReply.NOT_ALLOWED), f"PermitRemoteOpen does not allow {wanted}")

    def _end_refused(self, reply: bytes, reason: str) -> None:
        """End in order, so that the reply arrives."""
        self._owner.failed(reason)
        self.stream.write(reply)
        self.stream.finish()
        self._resources.users.let_end(self.stream)
        self._owner.closed(self)
