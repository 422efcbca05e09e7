"""A channel as a line of the table, and what its ends may know of the session they are in."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias, TypeVar

from rmosh.compression import Compression
from rmosh.containment import Containment
from rmosh.lazy_dataclass import dataclass, field
from rmosh.traits import Traits
from rmosh.transport.channel import ChannelEnd
from rmosh.transport.frame_type import FrameType

if TYPE_CHECKING:  # a tunnel's ends do without a terminal
    from rmosh.history.archive import Archive
    from rmosh.history.cleared_lines import ClearedLines
    from rmosh.history.recent_rows import RecentRows
    from rmosh.terminal.cells import Frame

_End = TypeVar("_End", bound=ChannelEnd)


class Ends:
    """The ends of one side's channels.

    Attributes:
        by_name: in the order of the table.
        timed: those with something to do at moments of their own; the others are not asked at every turn.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, ChannelEnd] = {}
        self.timed: list[ChannelEnd] = []

    def add(self, name: str, end: ChannelEnd) -> None:
        """Take one more."""
        self.by_name[name] = end
        if type(end).turn is not ChannelEnd.turn:
            self.timed.append(end)

    def find(self, kind: type[_End]) -> _End | None:
        """Return the end of a kind, or None where this side has none."""
        return next((end for end in self.by_name.values() if isinstance(end, kind)), None)

    def of(self, kind: type[_End]) -> _End:
        """Return the end of a kind, which this side is known to have."""
        end = self.find(kind)
        assert end is not None, f"no {kind.__name__} among {', '.join(self.by_name)}"
        return end


class ClientEvent:
    """What a client's driver is told; of each kind only the newest counts.

    Attributes:
        comes_first: it is told before what was said with it.
    """

    __slots__ = ()
    comes_first: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class FaultContained(ClientEvent):
    """Either side: a part failed on a fault of our own; what was done about it, in one line for people."""

    line: str


class AttachmentEvent:
    """What a session is told of one of its clients."""

    __slots__ = ()


#: Tells an observer, where there is one: what happened (str), now (keyword) and figures (keywords; numbers). Never what
#: was typed or shown.
Note: TypeAlias = Callable[..., None]


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class AnySide:
    """What the ends at either side may know and do, with a terminal or without.

    Attributes:
        speaks_streams: the other side knows streams, and they were offered.
        walls: where faults of ours stop.
        note: tells an observer, where there is one.
        want_larger: told the moment when larger datagrams would be filled.
        flowed: told of bytes that came of what may go on without anything being said here, and when.
        ends: those of the channels above in the table, while a channel's end is made; later all.
    """

    speaks_streams: bool
    walls: Containment
    note: Note
    want_larger: Callable[[float], None]
    flowed: Callable[[int, float], None] = lambda _size, _moment: None
    ends: Ends = field(default_factory=Ends)


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class ClientSide(AnySide):
    """What the ends at a client may know and do.

    Attributes:
        rows, columns: of the client's window, in cells.
        history_depth: how many of the lines that scrolled off before are wanted.
        tell: takes what the driver shall hear.
        active: told the moment when somebody did or saw something.
        refused: counts a datagram whose content showed to be malformed only later.
    """

    rows: int
    columns: int
    history_depth: int
    tell: Callable[[ClientEvent], None]
    active: Callable[[float], None]
    refused: Callable[[], None]


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class ServerSide(AnySide):
    """What the ends at a server may know and do, towards one client.

    Attributes:
        rows, columns: of the client's window when it came, in cells.
        read_only: it was let in to look only.
        traits: what its terminal said of itself until the login; None where nobody tells.
        compression: what is deflated for it.
        take_screen: returns the session's screen.
        history: the lines that scrolled off, which of them a screen showed lately, and which were cleared.
        tell: takes what the session shall hear.
    """

    rows: int
    columns: int
    read_only: bool
    traits: Traits | None
    compression: Compression
    take_screen: "Callable[[], Frame]"
    history: "tuple[Archive, RecentRows, ClearedLines]"
    tell: Callable[[AttachmentEvent], None]


class AtClient(ChannelEnd):
    """The end of a channel at a client."""

    def __init__(self, side: ClientSide) -> None:
        """Begin; `side` is all that it may know of its session."""


class AtServer(ChannelEnd):
    """The end of a channel at a server, towards one client."""

    def __init__(self, side: ServerSide) -> None:
        """Begin; `side` is all that it may know of its session."""


class Unheard(ChannelEnd):
    """Stands for a channel that a client does not have: what it says of it is acknowledged, and changes nothing."""

    def __init__(self, takes: Sequence[FrameType]) -> None:
        self.takes = takes


class Channel(NamedTuple):
    """One line of the table.

    Attributes:
        name: as observers are told.
        client, typist: the end at a client, and the end at a server towards one that may type.
        reader: the same towards one that only looks on; None where it has no such channel.
    """

    name: str
    client: type[AtClient]
    typist: type[AtServer]
    reader: type[AtServer] | None
