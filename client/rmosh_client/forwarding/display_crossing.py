"""An X11 program of the far side at the user's display: let through only with the cookie that its host was given."""

import socket
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE
from typing import Final

from rmosh.errors import Malformed
from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.byte_stream import ResetCode
from rmosh.forwarding.failures import in_words
from rmosh.forwarding.junction import Junction
from rmosh.forwarding.x11 import X11Setup, proves, read_setup, with_cookie
from rmosh.lazy_dataclass import dataclass
from rmosh_client.forwarding.passed_on import DisplayAccess, DisplayAddress
from rmosh_client.forwarding.resources import Resources
from rmosh_client.forwarding.stream_users import CountedStream, accept, refuse

#: How long a program may take to show its cookie, in seconds. Reason: it does so at once; the slowest link takes ten.
_PATIENCE: Final = 60.0

#: Bytes of its first words read at once; they have some 50.
_CHUNK: Final = 1024


@dataclass(frozen=True, slots=True)
class DisplayHere:
    """The display, and who is let through.

    Attributes:
        cookie: what programs at the far side show.
        until: when nobody is let through any more, monotonic seconds; None for never.
    """

    access: DisplayAccess
    cookie: bytes
    until: float | None


class DisplayCrossing:
    """One connection.

    Attributes:
        on_end: called when it is over.
    """

    def __init__(self, resources: Resources, stream: CountedStream, display: DisplayHere) -> None:
        """Take a program's stream."""
        self._resources = resources
        self._stream = stream
        self._display = display
        self._heard = b""
        self._connection: socket.socket | None = None
        self._junction: Junction | None = None
        self.on_end: Callable[[], None] = _nothing

    def begin(self) -> None:
        """Wait for what the program shows."""
        resources, display = self._resources, self._display
        resources.users.use(self._stream, self)
        if display.until is not None and resources.clock() >= display.until:
            self._refuse("ForwardX11Timeout is over: log in again for more windows")
            return
        resources.ready_set.call_at(self, resources.clock() + _PATIENCE, self.close)
        self.stream_changed()

    def stream_changed(self) -> None:
        """Hear what the program shows, or give the display what came."""
        if self._junction is None:
            self._hear()
        else:
            self._junction.send()
            self._settle(self._junction)

    def close(self) -> None:
        """End it."""
        self._resources.ready_set.call_off(self)
        if self._connection is not None:
            self._resources.ready_set.forget(self._connection)
            self._connection.close()
        has_ended = self._junction is not None and self._junction.has_ended
        self._resources.users.part(self._stream, has_ended=has_ended)
        self.on_end()

    def _hear(self) -> None:
        try:
            while (setup := read_setup(self._heard)) is None and (untrusted := self._stream.read(_CHUNK)):
                self._heard += untrusted
        except Malformed as fault:
            self._resources.users.leave(self._stream, ResetCode.MALFORMED, str(fault))
            self.close()
            return
        if setup is not None:
            self._let_through(setup)
        elif self._stream.is_over or self._stream.at_end:
            self.close()

    def _let_through(self, setup: X11Setup) -> None:
        access = self._display.access
        if not proves(setup, cookie=self._display.cookie):
            self._refuse("it shows another cookie than this display's")
            return
        try:
            self._connection = _connected(access.addresses)
            said = with_cookie(setup, kind=access.kind, cookie=access.cookie)
            self._connection.send(said + self._heard[setup.size :])
        except OSError as error:
            self._refuse(f"the display does not answer: {in_words(error)}")
            return
        self._resources.ready_set.call_off(self)
        accept(self._stream)
        self._junction = Junction(self._stream, self._connection)
        self.stream_changed()

    def _refuse(self, reason: str) -> None:
        self._resources.ready_set.call_off(self)
        if self._connection is not None:
            self._connection.close()
        refuse(self._resources.users, self._stream, AnswerStatus.REFUSED, reason)
        self.on_end()

    def _ready(self, events: int) -> None:
        assert self._junction is not None
        if events & EVENT_READ:
            self._junction.receive()
        if events & EVENT_WRITE:
            self._junction.send()
        self._settle(self._junction)

    def _settle(self, junction: Junction) -> None:
        assert self._connection is not None
        if junction.is_over:
            self.close()
            return
        reading = EVENT_READ if junction.wants_to_receive else 0
        writing = EVENT_WRITE if junction.wants_to_send else 0
        self._resources.ready_set.watch(self._connection, reading | writing, self._ready)


#: How long a display at another machine may take to answer, in seconds. Reason: keys wait meanwhile; hardly anybody has
#: one, and then in the same room.
_CONNECT_TIMEOUT: Final = 1.0


def _connected(addresses: tuple[DisplayAddress, ...]) -> socket.socket:
    """Return a connection to the first that answers.

    Raises:
        OSError: none does.
    """
    failure = OSError("it has no address")
    for address in addresses:
        try:
            return _connected_to(address)
        except OSError as error:
            failure = error
    raise failure


def _connected_to(address: DisplayAddress) -> socket.socket:
    if address.port:
        connection = socket.create_connection((address.place, address.port), _CONNECT_TIMEOUT)
    else:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(address.place)
        except OSError:
            connection.close()
            raise
    connection.setblocking(False)
    return connection


def _nothing() -> None:
    """What the end of a connection means where nobody keeps it."""
