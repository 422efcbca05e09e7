"""A server's contact with one client, with a terminal or without: its keys, path, patience, and how it is left.

Which channels there are its heirs say. None of them knows of another: a slow or dead client holds nobody up.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from rmosh.announce import Announce
from rmosh.channels.channel import AttachmentEvent, Ends
from rmosh.channels.closing.bare_ends import BareCloseAtServer
from rmosh.channels.closing.frames import Close
from rmosh.channels.closing.policy import GOODBYE_PATIENCE
from rmosh.channels.streams.ends import StreamsAtServer
from rmosh.containment import Containment
from rmosh.moments import earliest
from rmosh.session.contact import Contact
from rmosh.session.policy import CONNECTION_LEFT_OFF_FOR, FIRST_CONTACT_TIMEOUT
from rmosh.transport.channel import Reception
from rmosh.transport.cover_traffic import AnsweringCover
from rmosh.transport.endpoint import Endpoint
from rmosh.transport.frame_table import FrameTable
from rmosh.transport.packet_protection import PacketProtection
from rmosh.transport.path import Datagram, Path
from rmosh.transport.policy import SMALLEST_TO_CLIENT
from rmosh.transport.routes import FollowingRoutes

if TYPE_CHECKING:
    from rmosh.channels.streams.streams import Streams


class ServerContact(Contact):
    """The four verbs for one client.

    Attributes:
        channels: the ends that its role has.
    """

    channels: Ends
    _closing: BareCloseAtServer

    def __init__(
        self,
        session_id: bytes,
        *,
        login_host: str,
        walls: Containment,
        entropy: Callable[[int], bytes],
        client_timeout: float,
        now: float,
    ) -> None:
        """Begin, without channels: they are told of this."""
        self.session_id = session_id
        self.attached_at = now
        self._client_timeout = client_timeout
        self._events: deque[AttachmentEvent] = deque()
        self._connecting = walls.part("a client's connection", left_off_for=CONNECTION_LEFT_OFF_FOR)
        self._routes = FollowingRoutes(entropy, login_host=login_host)

    def _connect(
        self,
        announce: Announce,
        channels: Ends,
        frames: FrameTable,
        *,
        cover: AnsweringCover | None = None,
        entropy: Callable[[int], bytes],
        now: float,
    ) -> None:
        """Speak by these channels from now on."""
        self.channels = channels
        self._closing = channels.of(BareCloseAtServer)
        self._streams_end = channels.find(StreamsAtServer)
        reception = Reception(channels.by_name.values())
        self._endpoint = Endpoint(
            protection=PacketProtection.of_server(announce, entropy, now=now),
            routes=self._routes,
            frames=frames,
            channels=channels.by_name,
            deliver=lambda frames, moment: self._connecting.take(reception.take, frames, now=moment),
            answers_follow=True,
            smallest=SMALLEST_TO_CLIENT,
            cover=cover,
        )

    def _want_larger(self, now: float) -> None:
        self._endpoint.recovery.mtu.want_larger(now=now)

    # --- the four verbs --------------------------------------------------------------------------------------

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float, received_at: float | None = None) -> None:
        """Take one datagram of this client's; anything wrong with it is counted and dropped."""
        self._connecting.run(None, self._endpoint.receive_datagram, untrusted, source, now=now, received_at=received_at)

    def datagrams_to_send(self, *, now: float, clock: Callable[[], float] | None = None) -> list[Datagram]:
        """Return what is to be sent now, in order."""
        for end in self.channels.timed:
            end.turn(now=now)
        return self._connecting.run([], self._endpoint.datagrams_to_send, now=now, clock=clock)

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when something is due without another reason, in monotonic seconds."""
        wakeup = self._connecting.run(None, self._endpoint.next_wakeup, now=now)
        moments = [self._connecting.left_off_until or wakeup, self._given_up_at, self._expires_at]
        for end in self.channels.timed:
            moments.append(end.next_wakeup(now=now))
        return earliest(moments)

    def next_event(self) -> AttachmentEvent | None:
        """Return the oldest event not yet returned."""
        return self._events.popleft() if self._events else None

    def send_failed(self, path: Path, *, too_long: int, now: float) -> None:
        """The local host refused a datagram of so many bytes as too long for a way, which may be this client's."""
        if path == self._routes.active:
            self._endpoint.send_failed(too_long, too_long=True, now=now)

    def add_path(self, path: Path, *, now: float) -> None:
        """Reach the client by a stream as well: whoever is at its other end proved itself to SSH."""
        self._note("path_added", socket=path.socket, now=now)
        self._routes.prove_all()
        self._endpoint.add_stream(path, now=now)

    def drop_path(self, path: Path, *, now: float) -> None:
        """Forget a stream that was closed."""
        self._note("path_dropped", socket=path.socket, now=now)
        self._endpoint.drop_stream(path, now=now)

    # --- its end ---------------------------------------------------------------------------------------------

    def say_goodbye(self, close: Close, *, patience: float = GOODBYE_PATIENCE, now: float) -> None:
        """Tell the client that it is over for it, after the last screen; only the first reason counts.

        Args:
            patience: seconds after which it is given up, whether or not it heard.
        """
        self._closing.say(close, patience=patience, now=now)

    @property
    def streams(self) -> "Streams | None":
        """The client's streams; None before it opened one, and for a client that has none."""
        return None if self._streams_end is None else self._streams_end.begun

    @property
    def connection_ids(self) -> frozenset[bytes]:
        """What the client's datagrams may begin with now; another set whenever they change."""
        return self._endpoint.protection.opener.ids.all

    @property
    def dropped(self) -> Counter[str]:
        """How many of its datagrams were dropped, by the name of what was wrong."""
        return self._endpoint.dropped

    @property
    def heard_at(self) -> float | None:
        """When the client was last heard, in monotonic seconds; None before the first time."""
        return self._endpoint.heard_at

    @property
    def path(self) -> Path | None:
        """Where its datagrams come from and go to; None before one is proven."""
        return self._endpoint.ways.active

    # --- the end ---------------------------------------------------------------------------------------------

    @property
    def is_present(self) -> bool:
        """Whether neither side has said that it is over for this client."""
        return self._closing.goodbye_at is None

    @property
    def knows_the_end(self) -> bool:
        """Whether the client knows that it is over, and shows the last screen or had the time to."""
        return self._closing.knows_the_end

    def is_gone(self, *, now: float) -> bool:
        """Tell whether nothing is left to be done for this client: it heard our goodbye, never came, or time is up."""
        closing, heard_at = self._closing, self._endpoint.heard_at
        if closing.goodbye_at is None and heard_at is not None:
            return now >= heard_at + self._client_timeout
        told = closing.goodbye_at is not None and not closing.has_left and closing.knows_the_end
        late = earliest((self._given_up_at, self._expires_at))
        return told or (late is not None and now >= late)

    @property
    def _given_up_at(self) -> float | None:
        """When it is no longer waited for that it comes, or hears that it is over; None while it is here."""
        if self._closing.goodbye_at is not None:
            return self._closing.given_up_at
        return self.attached_at + FIRST_CONTACT_TIMEOUT if self.heard_at is None else None

    @property
    def _expires_at(self) -> float | None:
        """When its keys are forgotten for its silence; None before it was heard, which has a time of its own."""
        return None if self.heard_at is None else self.heard_at + self._client_timeout
