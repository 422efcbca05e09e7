"""A server's core without a terminal: streams of one client at a time, as the four verbs.

A login that comes later takes the tunnel over, with keys of its own; the streams of the one before are gone with it.
"""

from collections.abc import Callable, Iterator

from rmosh.announce import Announce
from rmosh.channels.channel import AnySide, AttachmentEvent
from rmosh.channels.closing.bare_ends import Left, SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.closing.policy import NEVER
from rmosh.channels.streams.streams import Streams
from rmosh.containment import Containment
from rmosh.session.events import ClientLeft
from rmosh.session.reached_server import ReachedServer
from rmosh.session.server_contact import ServerContact
from rmosh.session.tunnel_channels import TUNNEL_FRAMES, tunnel_at_server


class TunnelContact(ServerContact):
    """One client's end of a tunnel, at the server.

    Attributes:
        name: how it is listed: a user, a host, an address.
    """

    def __init__(
        self,
        announce: Announce,
        *,
        name: str,
        login_host: str,
        walls: Containment,
        entropy: Callable[[int], bytes],
        client_timeout: float,
        now: float,
    ) -> None:
        super().__init__(
            announce.session_id,
            login_host=login_host,
            walls=walls,
            entropy=entropy,
            client_timeout=client_timeout,
            now=now,
        )
        self.name = name
        side = AnySide(speaks_streams=True, walls=walls, note=self._note, want_larger=self._want_larger)
        channels = tunnel_at_server(side, self._events.append)
        self._connect(announce, channels, TUNNEL_FRAMES, entropy=entropy, now=now)


class TunnelServer(ReachedServer[TunnelContact]):
    """One tunnel's server end."""

    # --- its client ------------------------------------------------------------------------------------------

    def attach(self, announce: Announce, *, name: str = "", login_host: str = "", now: float) -> None:
        """Take a client, with keys of its own, instead of the one before, which is told.

        The announce is not kept; the caller forgets its secret.

        Raises:
            UsageError: the one before has one of its connection ids; with another secret it will be let in.
        """
        self._walls.now = now
        contact = TunnelContact(
            announce,
            name=name,
            login_host=login_host,
            walls=self._walls,
            entropy=self._entropy,
            client_timeout=self._client_timeout,
            now=now,
        )
        self._demultiplexer.connect(contact)
        self.detach(message=f"{name or 'another login'} has taken the tunnel over", now=now)
        self._contacts[announce.session_id] = contact
        if self._close is not None:
            contact.say_goodbye(self._close, patience=NEVER, now=now)

    def detach(self, *, message: str = "", now: float) -> None:
        """Send the client away, if there is one: its streams are over at once."""
        contact = self.client
        if contact is not None:
            contact.say_goodbye(Close(CloseKind.DETACHED, 0, message), now=now)
            self._events.append(ClientLeft(contact.session_id))

    @property
    def client(self) -> TunnelContact | None:
        """The client that is here, heard or not; None for nobody."""
        return next((contact for contact in self._contacts.values() if contact.is_present), None)

    def streams(self) -> Iterator[tuple[bytes, Streams]]:
        """Yield the client's id and its streams, where there is one."""
        contact = self.client
        if contact is not None and contact.streams is not None:
            yield contact.session_id, contact.streams

    # --- what it says ----------------------------------------------------------------------------------------

    def _take_event(self, contact: TunnelContact, event: AttachmentEvent, *, now: float) -> None:
        if isinstance(event, Left):
            self._events.append(ClientLeft(contact.session_id))
            if event.wants_the_end:
                self._was_quit = True
                self._events.append(SessionClosed(Close(CloseKind.CLIENT_QUIT)))

    def _forget(self, contact: TunnelContact, *, now: float) -> None:
        super()._forget(contact, now=now)
        if contact.is_present:  # else whoever has to know does
            self._events.append(ClientLeft(contact.session_id))

    # --- the end ---------------------------------------------------------------------------------------------

    def end(self, close: Close, *, now: float) -> None:
        """Tell the client that the tunnel is over; only the first reason counts."""
        self._close = self._close or close
        for contact in self._contacts.values():
            contact.say_goodbye(close, patience=NEVER, now=now)
