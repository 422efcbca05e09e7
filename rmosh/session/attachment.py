"""One client's end of a session, at the server: its keys, path, acknowledgements, and the channels of its role.

A session has one of these for each client, and none of them knows of another: a slow or dead one holds nobody up.
"""

from collections.abc import Callable

from rmosh.announce import Announce
from rmosh.channels.channel import ServerSide
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
from rmosh.lazy_dataclass import dataclass
from rmosh.session.channels import FRAMES, Role, ends_towards
from rmosh.session.policy import CLIENT_TIMEOUT
from rmosh.session.server_contact import ServerContact
from rmosh.terminal.cells import Frame
from rmosh.traits import Traits
from rmosh.transport.cover_traffic import AnsweringCover


@dataclass(frozen=True, slots=True)
class Guest:
    """Who attaches, and how.

    Attributes:
        rows, columns: the client's window, in cells.
        name: how the others see it: a user, a host, an address.
        read_only: it may look but not type.
        compression: what is deflated for it.
        obscures_typing: answer it so that a listener does not learn when it types.
        login_host: the numeric address that its login came from; "" where nobody knows.
        traits: what its terminal said of itself until the login; None for a client of a version that does not tell.
        streams: it speaks streams of bytes beside the terminal.
    """

    rows: int
    columns: int
    name: str = ""
    read_only: bool = False
    compression: Compression = Compression.LAYOUT
    obscures_typing: bool = False
    login_host: str = ""
    traits: Traits | None = None
    streams: bool = False

    @property
    def role(self) -> Role:
        """What it may do."""
        return Role.READER if self.read_only else Role.TYPIST

    @property
    def speaks_streams(self) -> bool:
        """Whether it may have streams of bytes: it knows them, and may do more than look."""
        return self.streams and not self.read_only


class Attachment(ServerContact):
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
        super().__init__(
            announce.session_id,
            login_host=guest.login_host,
            walls=walls,
            entropy=entropy,
            client_timeout=client_timeout,
            now=now,
        )
        self.guest = guest
        self.typed_at = now
        side = ServerSide(
            rows=guest.rows,
            columns=guest.columns,
            read_only=guest.read_only,
            traits=guest.traits,
            compression=guest.compression,
            speaks_streams=guest.speaks_streams,
            take_screen=take_screen,
            history=history,
            walls=walls,
            tell=self._events.append,
            note=self._note,
            want_larger=self._want_larger,
        )
        channels = ends_towards(guest.role, side)
        self.screen = channels.of(ScreenAtServer)
        self.history = channels.of(HistoryAtServer)
        self._typing = channels.find(InputAtServer)
        self._window = channels.of(WindowAtServer)
        self._people = channels.of(PeopleAtServer)
        cover = AnsweringCover() if guest.obscures_typing else None
        self._connect(announce, channels, FRAMES, cover=cover, entropy=entropy, now=now)
        self.screen.changed(synchronizing=synchronizing, now=now)

    # --- the session's side ----------------------------------------------------------------------------------

    def input_taken(self, input_offset: int, *, now: float) -> None:
        """Take note that everything below an offset of this client's input was written to the PTY."""
        self._note("input_taken", input_offset=input_offset, now=now)
        assert self._typing is not None
        self._typing.given(input_offset, now=now)

    def tell_people(self, people: People) -> None:
        """Tell the client who is here."""
        self._people.tell(people)

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
