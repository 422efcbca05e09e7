"""What a server's core has for all of its clients, with a terminal or without: who they are, and the four verbs.

It tells their datagrams apart by their connection ids, and hands each client's to its contact.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from rmosh.channels.channel import AttachmentEvent, FaultContained
from rmosh.channels.closing.frames import Close
from rmosh.channels.closing.policy import NEVER
from rmosh.containment import Containment
from rmosh.errors import Foreign
from rmosh.moments import earliest
from rmosh.session.demultiplexer import Demultiplexer
from rmosh.session.events import ServerEvent
from rmosh.session.policy import CLIENT_TIMEOUT
from rmosh.session.server_contact import ServerContact
from rmosh.transport.path import Datagram, Path

if TYPE_CHECKING:
    from rmosh.channels.streams.streams import Streams
    from rmosh.transport.trace import Observer

_Contact = TypeVar("_Contact", bound=ServerContact)


class ReachedServer(Generic[_Contact]):
    """A server with any number of clients, each with keys of its own."""

    def __init__(self, *, entropy: Callable[[int], bytes], now: float, client_timeout: float = CLIENT_TIMEOUT) -> None:
        """Begin with nobody.

        Args:
            client_timeout: seconds of silence after which a client is forgotten.
        """
        self._walls = Containment(now=now)
        self._entropy = entropy
        self._client_timeout = client_timeout
        self._events: deque[ServerEvent] = deque()
        self._contacts: dict[bytes, _Contact] = {}
        self._demultiplexer: Demultiplexer[_Contact] = Demultiplexer()
        self._dropped: Counter[str] = Counter()
        self._close: Close | None = None
        self._was_quit = False

    def _take_event(self, contact: _Contact, event: AttachmentEvent, *, now: float) -> None:
        """Do what a client's datagram asks for."""
        raise NotImplementedError

    def _forget(self, contact: _Contact, *, now: float) -> None:
        """Have nothing more to do with a client; heirs tell who has to know."""
        del self._contacts[contact.session_id]
        self._demultiplexer.disconnect(contact)
        self._dropped += contact.dropped

    def streams(self) -> "Iterator[tuple[bytes, Streams]]":
        """Yield each client that has opened streams of bytes, by its id, and them."""
        for client, contact in self._contacts.items():
            if contact.streams is not None:
                yield client, contact.streams

    def observe(self, session_id: bytes, observer: "Observer | None", *, now: float) -> None:
        """Tell an observer what happens with one client from now on; None for nobody. One that is unknown is gone."""
        contact = self._contacts.get(session_id)
        if contact is not None:
            contact.observe(observer, now=now)

    # --- the four verbs --------------------------------------------------------------------------------------

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float, received_at: float | None = None) -> None:
        """Take one datagram from the network; anything wrong with it is counted and dropped."""
        self._walls.now = now
        contact = self._demultiplexer.find(untrusted)
        if contact is None:
            self._dropped[Foreign.__name__] += 1
            return
        contact.receive_datagram(untrusted, source, now=now, received_at=received_at)
        self._demultiplexer.follow(contact)
        while (event := contact.next_event()) is not None:
            self._take_event(contact, event, now=now)

    def datagrams_to_send(self, *, now: float, clock: Callable[[], float] | None = None) -> list[Datagram]:
        """Return what is to be sent now, in order."""
        self._walls.now = now
        datagrams: list[Datagram] = []
        for contact in list(self._contacts.values()):
            datagrams += contact.datagrams_to_send(now=now, clock=clock)
            if contact.is_gone(now=now) and self._close is None:
                self._forget(contact, now=now)
        return datagrams

    def send_failed(self, path: Path, *, too_long: int, now: float) -> None:
        """The local host refused a datagram of so many bytes as too long for its way."""
        for contact in self._contacts.values():
            contact.send_failed(path, too_long=too_long, now=now)

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when `datagrams_to_send` should be called next without another reason, in monotonic seconds."""
        first: float | None = None
        for contact in self._contacts.values():
            first = earliest((first, contact.next_wakeup(now=now)))
        return first

    def next_event(self) -> ServerEvent | None:
        """Return the oldest event not yet returned."""
        if self._events:
            return self._events.popleft()
        told = self._walls.next_told()
        return None if told is None else FaultContained(told)

    # --- paths through SSH -----------------------------------------------------------------------------------

    def add_path(self, client: bytes, path: Path, *, now: float) -> None:
        """Reach a client by a stream as well, from before the first datagram comes by it."""
        contact = self._contacts.get(client)
        if contact is not None:
            contact.add_path(path, now=now)

    def drop_path(self, path: Path, *, now: float) -> None:
        """Forget a stream that was closed, whose client's it ever was."""
        for contact in self._contacts.values():
            contact.drop_path(path, now=now)

    # --- what there is to know -------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether it has ended; its clients may not know yet."""
        return self._close is not None

    @property
    def is_ending(self) -> bool:
        """Whether it is over, or a client has quit it and its programs take their time: nobody is let in any more."""
        return self.is_over or self._was_quit

    @property
    def finished(self) -> bool:
        """Whether every client knows that it is over, and shows the last screen or had the time to.

        A client that ended it itself repeats its goodbye until it is acknowledged: that needs us for a while.
        """
        return self.is_over and all(contact.knows_the_end for contact in self._contacts.values())

    @property
    def connection_ids(self) -> frozenset[bytes]:
        """What datagrams of its clients may begin with now; another set whenever they change."""
        return self._demultiplexer.ids

    @property
    def dropped(self) -> Counter[str]:
        """How many datagrams were dropped, by the name of what was wrong: those of nobody here are `Foreign`."""
        return sum((contact.dropped for contact in self._contacts.values()), self._dropped)

    @property
    def heard_at(self) -> float | None:
        """When a client was last heard, in monotonic seconds; None before the first time, or with no client."""
        newest: float | None = None
        for contact in self._contacts.values():
            heard_at = contact.heard_at
            if heard_at is not None and (newest is None or heard_at > newest):
                newest = heard_at
        return newest

    def unheard(self, client: bytes, *, now: float) -> float:
        """Return for how many seconds a client has been silent; endless for one that is not here."""
        contact = self._contacts.get(client)
        if contact is None or not contact.is_present:
            return NEVER
        return now - (contact.attached_at if contact.heard_at is None else contact.heard_at)
