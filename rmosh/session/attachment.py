"""One client's end of a session, at the server: its keys, path, acknowledgements, and the channels of its role.

A session has one of these for each client, and none of them knows of another: a slow or dead one holds nobody up.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rmosh.announce import Announce
from rmosh.channels.channel import AttachmentEvent, ServerSide
from rmosh.channels.closing.ends import CloseAtServer
from rmosh.channels.closing.frames import Close
from rmosh.channels.closing.policy import GOODBYE_PATIENCE, NEVER
from rmosh.channels.history.ends import HistoryAtServer
from rmosh.channels.input.ends import InputAtServer
from rmosh.channels.newest.ends import ColoursAtServer, PeopleAtServer, TerminalAtServer, WindowAtServer
from rmosh.channels.newest.frames import People
from rmosh.channels.screen.ends import ScreenAtServer
from rmosh.compression import Compression
from rmosh.containment import Containment
from rmosh.history.archive import Archive
from rmosh.history.cleared_lines import ClearedLines
from rmosh.history.recent_rows import RecentRows
from rmosh.session.channels import FRAMES, Role, ends_towards
from rmosh.session.policy import CLIENT_TIMEOUT, CONNECTION_LEFT_OFF_FOR, FIRST_CONTACT_TIMEOUT
from rmosh.terminal.cells import Frame
from rmosh.traits import Traits
from rmosh.transport.channel import Reception
from rmosh.transport.cover_traffic import AnsweringCover
from rmosh.transport.endpoint import Endpoint
from rmosh.transport.packet_protection import PacketProtection
from rmosh.transport.path import Datagram, Path
from rmosh.transport.policy import SMALLEST_TO_CLIENT
from rmosh.transport.routes import FollowingRoutes

if TYPE_CHECKING:
    from rmosh.transport.trace import Observer


@dataclass(frozen=True, slots=True)
class Guest:
    """Who attaches, and how.

    Attributes:
        rows, columns: the client's window, in cells.
        name: how the others see it: a user, a host, an address.
        read_only: it may look but not type.
        compression: what is deflated for it.
        obscures_typing: answer it so that a listener does not learn when it types.
        traits: what its terminal said of itself until the login; None for a client of a version that does not tell.
        login_host: the numeric address that its login came from; "" where nobody knows.
    """

    rows: int
    columns: int
    name: str = ""
    read_only: bool = False
    compression: Compression = Compression.LAYOUT
    obscures_typing: bool = False
    login_host: str = ""
    traits: Traits | None = None

    @property
    def role(self) -> Role:
        """What it may do."""
        return Role.READER if self.read_only else Role.TYPIST


class Attachment:
    """The four verbs for one client.

    Attributes:
        channels: the ends that its role has.
        screen: what the client is shown.
        history: what it is sent of the lines that scrolled off.
        typed_at: when the client last typed, or came; in monotonic seconds.
    """

    def __init__(
        self,
        announce: Announce,
        guest: Guest,
        *,
        take_screen: Callable[[], Frame],
        history: tuple[Archive, RecentRows, ClearedLines],
        walls: Containment,
        entropy: Callable[[int], bytes],
        synchronizing: bool,
        now: float,
        client_timeout: float = CLIENT_TIMEOUT,
    ) -> None:
        self.session_id = announce.session_id
        self.guest = guest
        self.attached_at = self.typed_at = now
        self._client_timeout = client_timeout
        self._events: deque[AttachmentEvent] = deque()
        self._connecting = walls.part("a client's connection", left_off_for=CONNECTION_LEFT_OFF_FOR)
        side = ServerSide(
            rows=guest.rows,
            columns=guest.columns,
            read_only=guest.read_only,
            traits=guest.traits,
            compression=guest.compression,
            take_screen=take_screen,
            history=history,
            walls=walls,
            tell=self._events.append,
            note=self._note,
            want_larger=lambda moment: self._endpoint.recovery.mtu.want_larger(now=moment),
        )
        self.channels = ends_towards(guest.role, side)
        self.screen = self.channels.of(ScreenAtServer)
        self.history = self.channels.of(HistoryAtServer)
        self._window = self.channels.of(WindowAtServer)
        self._people = self.channels.of(PeopleAtServer)
        self._closing = self.channels.of(CloseAtServer)
        reception = Reception(self.channels.by_name.values())
        self._routes = FollowingRoutes(entropy, login_host=guest.login_host)
        self._endpoint = Endpoint(
            protection=PacketProtection.of_server(announce, entropy, now=now),
            routes=self._routes,
            frames=FRAMES,
            channels=self.channels.by_name,
            deliver=lambda frames, moment: self._connecting.take(reception.take, frames, now=moment),
            answers_follow=True,
            smallest=SMALLEST_TO_CLIENT,
            cover=AnsweringCover() if guest.obscures_typing else None,
        )
        self.screen.changed(synchronizing=synchronizing, now=now)

    # --- the four verbs --------------------------------------------------------------------------------------

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None:
        """Take one datagram of this client's; anything wrong with it is counted and dropped."""
        self._connecting.run(None, self._endpoint.receive_datagram, untrusted, source, now=now)

    def datagrams_to_send(self, *, now: float) -> list[Datagram]:
        """Return what is to be sent now, in order."""
        for end in self.channels.timed:
            end.turn(now=now)
        return self._connecting.run([], self._endpoint.datagrams_to_send, now=now)

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when something is due without another reason, in monotonic seconds."""
        wakeup = self._connecting.run(None, self._endpoint.next_wakeup, now=now)
        moments = [self._connecting.left_off_until or wakeup, self._given_up_at, self._expires_at]
        moments += [end.next_wakeup(now=now) for end in self.channels.timed]
        return min((moment for moment in moments if moment is not None), default=None)

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

    # --- the session's side ----------------------------------------------------------------------------------

    def input_taken(self, input_offset: int, *, now: float) -> None:
        """Take note that everything below an offset of this client's input was written to the PTY."""
        self._note("input_taken", input_offset=input_offset, now=now)
        self.channels.of(InputAtServer).given(input_offset, now=now)

    def tell_people(self, people: People) -> None:
        """Tell the client who is here."""
        self._people.tell(people)

    def say_goodbye(self, close: Close, *, patience: float = GOODBYE_PATIENCE, now: float) -> None:
        """Tell the client that it is over for it, after the last screen; only the first reason counts.

        Args:
            patience: seconds after which it is given up, whether or not it heard.
        """
        self._closing.say(close, patience=patience, now=now)

    @property
    def window(self) -> tuple[int, int]:
        """The client's window, rows x columns."""
        return self._window.size

    @property
    def traits(self) -> Traits | None:
        """What the client's terminal said of itself, None where nobody tells."""
        told = self.channels.find(TerminalAtServer)
        return self.guest.traits if told is None else told.traits

    @property
    def colours(self) -> tuple[tuple[int, int], ...]:
        """Of the client's terminal, as `rmosh.channels.newest.frames.Colours` has them; none before it told."""
        told = self.channels.find(ColoursAtServer)
        return () if told is None else told.colours

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

    # --- being observed --------------------------------------------------------------------------------------

    def observe(self, observer: "Observer | None", *, now: float) -> None:
        """Tell an observer what happens from now on, instead of the one before; None for nobody."""
        self._endpoint.observe(observer, now=now)

    def _note(self, name: str, *, now: float, **figures: int | float) -> None:
        if self._endpoint.trace is not None:
            self._endpoint.trace.note(name, figures, now=now)

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
        closing = self._closing
        told = closing.goodbye_at is not None and not closing.has_left and closing.knows_the_end
        late = [moment for moment in (self._given_up_at, self._expires_at) if moment is not None]
        return told or now >= min(late, default=NEVER)

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
